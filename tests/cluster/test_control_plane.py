"""Start and end of the local control plane: no process is left, errors have their reasons."""

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from _pytest.outcomes import Failed, Skipped

from producer.runtime.exit_status import SluiceError
from tests.cluster.conftest import skip_or_fail
from tests.cluster.control_plane import control_plane
from tests.cluster.deployment import Cluster
from tests.cluster.go_builds import MissingPrerequisite, programs
from tests.run_sluice import wait_for

ROOT = Path(__file__).resolve().parents[2]
HARNESS = """
import os, signal, sys
sys.path.insert(0, ".")
from pathlib import Path
from tests.cluster.go_builds import programs
from tests.cluster.control_plane import control_plane

with control_plane(programs(env=os.environ, say=print), state=Path(sys.argv[1])):
    print("up", flush=True)
    signal.pause()
"""


def processes_in(state: Path) -> list[psutil.Process]:
    """Return the processes that have a path in this folder among their arguments."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if any(str(state) in word for word in process.cmdline()[1:]) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@contextmanager
def harness(state: Path) -> Generator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", HARNESS, str(state)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_no_server_outlives_the_killed_tests(cluster: Cluster, tmp_path: Path) -> None:
    with harness(tmp_path / "state") as process:
        assert process.stdout
        assert "up\n" in iter(process.stdout.readline, "")
        assert len(processes_in(tmp_path / "state")) == 4  # the three servers and the program that started them
        process.kill()
        wait_for(lambda: not processes_in(tmp_path / "state"), seconds=20)


def test_no_server_outlives_an_interrupted_start(cluster: Cluster, tmp_path: Path) -> None:
    with harness(tmp_path / "state") as process:
        wait_for(lambda: len(processes_in(tmp_path / "state")) == 2)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        assert processes_in(tmp_path / "state") == []


def test_a_server_that_ends_at_once_is_reported_with_its_log(cluster: Cluster, tmp_path: Path) -> None:
    broken = type(cluster.programs)(
        etcd=Path("/bin/false"),
        apiserver=cluster.programs.apiserver,
        controller_manager=cluster.programs.controller_manager,
        pulumi=cluster.programs.pulumi,
    )
    with pytest.raises(SluiceError, match="etcd ended with status 1"), control_plane(broken, state=tmp_path / "state"):
        pytest.fail("it came up")


def test_without_go_the_reason_is_reported(tmp_path: Path) -> None:
    with pytest.raises(MissingPrerequisite, match="go is not on the PATH"):
        programs(env={"PATH": str(tmp_path)}, say=print)


def test_a_missing_prerequisite_skips_on_a_developer_s_machine_and_fails_in_ci() -> None:
    with pytest.raises(Skipped, match="no go"):
        skip_or_fail("no go", env={})
    with pytest.raises(Failed, match="no go"):
        skip_or_fail("no go", env={"CI": "true"})
