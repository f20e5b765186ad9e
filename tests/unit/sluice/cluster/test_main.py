"""Tests of `python -m sluice.cluster --follow`: problems are reported as they come up."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sluice.cluster.__main__ import follow
from sluice.cluster.toolbox_pod import Toolbox
from tests.unit.sluice.cluster.cluster_objects import PODS, pod_object, waiting, write_objects
from tests.unit.sluice.cluster.conftest import Pod

ROOT = Path(__file__).resolve().parents[4]
FOLLOW = """
import sluice.cluster.__main__, sys
from producer.runtime import run_program
sluice.cluster.__main__.POLL_SECONDS = 0.01
run_program.run("cluster", lambda: sluice.cluster.__main__.main(sys.argv[1:]))
"""


def test_problem_found_twice_in_a_row_is_reported_once(pod: Pod, there: Path) -> None:
    pod("")
    polls = 0
    lines: list[str] = []

    def look(_seconds: float) -> None:
        nonlocal polls
        polls += 1
        if polls == 1:
            write_objects(there, PODS, pod_object("stays", containerStatuses=[waiting("ErrImagePull")]))
        if polls == 5:
            raise KeyboardInterrupt

    write_objects(
        there,
        PODS,
        pod_object("stays", containerStatuses=[waiting("ImagePullBackOff")]),
        pod_object("passes", containerStatuses=[waiting("ErrImagePull")]),
    )
    with pytest.raises(KeyboardInterrupt):
        follow(Toolbox(context="kind-sluice", namespace="here").kubectl, say=lines.append, wait=look)
    assert lines == ["problem in the cluster: Pod stays: container main: ErrImagePull"]


def test_sigterm_ends_it_at_once_without_output(pod: Pod, there: Path) -> None:
    pod("")
    write_objects(there, PODS, pod_object("stays", containerStatuses=[waiting("ErrImagePull")]))
    arguments = ["--context", "kind-sluice", "--namespace", "here", "--follow"]
    with subprocess.Popen(
        [sys.executable, "-c", FOLLOW, *arguments], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=-1, stderr=-1
    ) as process:
        assert process.stdout
        assert b"Pod stays" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM
        assert process.communicate() == (b"", b"")
