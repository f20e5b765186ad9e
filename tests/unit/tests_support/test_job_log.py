"""Tests of a Job's log: shown complete and once also when the stream breaks, with a stand-in for kubectl."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from tests.job_log import follow
from tests.kubectl import Kubectl
from tests.run_sluice import write_program

KUBECTL = """import json, sys
folder, arguments = {folder!r}, sys.argv[1:]
def next_of(name):
    with open(f"{{folder}}/{{name}}.json") as file:
        steps = json.load(file)
    if len(steps) > 1:
        with open(f"{{folder}}/{{name}}.json", "w") as file:
            json.dump(steps[1:], file)
    return steps[0]
with open(f"{{folder}}/calls", "a") as file:
    file.write(" ".join(arguments[4:]) + "\\n")
if "logs" in arguments:
    step = next_of("logs")
    since = [word.partition("=")[2] for word in arguments if word.startswith("--since-time")]
    # The API server truncates the time to whole seconds, and so sends some lines again.
    sys.stdout.write("".join(line for line in step["lines"] if not since or line[:19] >= since[0][:19]))
    sys.stderr.write(step.get("error", ""))
    sys.exit(1 if "error" in step else 0)
state = next_of("states")
if "error" in state:
    sys.stderr.write(state["error"])
    sys.exit(1)
statuses = [{{"state": state}}] if state else []
print(json.dumps({{"items": [{{"status": {{"containerStatuses": statuses}}}}]}}))
"""
CREATING = {"waiting": {"reason": "ContainerCreating"}}
RUNNING = {"running": {"startedAt": "2026-11-26T10:00:00Z"}}
LINES = [
    "2026-11-26T10:00:01.1Z one\n",
    "2026-11-26T10:00:01.15Z two\n",
    "2026-11-26T10:00:01.150000001Z three\n",
    "2026-11-26T10:00:02Z \n",
    "2026-11-26T10:00:03.000001Z five of 2 words\n",
]
SHOWN = "one\ntwo\nthree\n\nfive of 2 words\n"


def ended(status: int) -> dict[str, Any]:
    return {"terminated": {"exitCode": status}}


class Cluster:
    """Sets the answers of kubectl, one for each call; the last one is repeated."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *, states: list[dict[str, Any]], logs: list[dict[str, Any]], seconds: float = 60) -> tuple[int, str]:
        (self.folder / "states.json").write_text(json.dumps(states))
        (self.folder / "logs.json").write_text(json.dumps(logs))
        shown = io.StringIO()
        kubectl = Kubectl(context="kind-sluice", namespace="sluice")
        status = follow(kubectl, "tests", start_seconds=seconds, end_seconds=seconds, to=shown, pause=0)
        return status, shown.getvalue()


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    program = tmp_path / "kubectl"
    write_program(program, KUBECTL.format(folder=str(tmp_path)), "-S")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return Cluster(tmp_path)


def test_waits_until_the_container_runs(cluster: Cluster) -> None:
    states = [{}, CREATING, CREATING, RUNNING, ended(0)]
    assert cluster.run(states=states, logs=[{"lines": LINES}]) == (0, SHOWN)
    calls = (cluster.folder / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls[:5]] == ["get", "get", "get", "get", "logs"]


def test_returns_the_exit_status_of_the_container(cluster: Cluster) -> None:
    assert cluster.run(states=[ended(1)], logs=[{"lines": LINES}]) == (1, SHOWN)


@pytest.mark.parametrize("cut", range(len(LINES) + 1))
def test_broken_stream_is_resumed_after_the_last_line(cluster: Cluster, cut: int) -> None:
    logs = [{"lines": LINES[:cut], "error": "error: unexpected EOF"}, {"lines": [], "error": "x"}, {"lines": LINES}]
    states = [RUNNING, {"error": "connection refused"}, RUNNING, ended(2)]
    assert cluster.run(states=states, logs=logs) == (2, SHOWN)


def test_lines_written_after_the_stream_broke_are_shown(cluster: Cluster) -> None:
    logs = [{"lines": LINES[:3], "error": "error: unexpected EOF"}, {"lines": LINES}]
    assert cluster.run(states=[RUNNING, ended(0)], logs=logs) == (0, SHOWN)


def test_container_that_does_not_start_is_an_error_with_the_reason(cluster: Cluster) -> None:
    states = [{"waiting": {"reason": "ErrImageNeverPull", "message": "Container image is not present"}}]
    with pytest.raises(SluiceError, match="ErrImageNeverPull: Container image is not present") as caught:
        cluster.run(states=states, logs=[], seconds=0.3)
    assert caught.value.status is Exit.UNAVAILABLE


def test_container_that_does_not_end_is_an_error_after_the_jobs_deadline(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.job_log._GRACE_SECONDS", 0)
    with pytest.raises(SluiceError, match="was not at its end after 0 s"):
        cluster.run(states=[RUNNING], logs=[{"lines": LINES}], seconds=0.3)
