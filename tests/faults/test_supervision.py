"""A failed, interrupted or killed `sluice up` leaves no process, at the latest after the next `sluice up`."""

import os
import signal
import socket
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from sluice.local.instance import Instance
from sluice.local.processes import free_port_base, running_processes, stop_all
from tests.run_sluice import SLUICE, Sluice, run_sluice, wait_for


@pytest.fixture
def other(tmp_path: Path) -> Generator[Instance]:
    """An instance for one test, beside the one that the tests share."""
    instance = Instance.make(tmp_path / "other", port_base=free_port_base(), workers=1)
    yield instance
    stop_all(instance, seconds=10, say=lambda _: None)


def start_up(instance: Instance) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [SLUICE, "--state", str(instance.state), "up", "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        start_new_session=True,
    )


def is_running(instance: Instance, name: str) -> bool:
    return any(entry.name == name for entry in running_processes(instance))


def test_ctrl_c_during_up_leaves_no_process(other: Instance) -> None:
    command = start_up(other)
    wait_for(lambda: is_running(other, "kafka"))
    os.killpg(command.pid, signal.SIGINT)
    _, errors = command.communicate(timeout=60)
    assert command.returncode == Exit.INTERRUPTED, errors
    assert running_processes(other) == []


def test_a_server_that_dies_is_reported_at_once_with_its_log_and_leaves_no_process(other: Instance) -> None:
    command = start_up(other)
    wait_for(lambda: is_running(other, "kafka"))
    next(entry for entry in running_processes(other) if entry.name == "kafka").process.kill()
    _, errors = command.communicate(timeout=60)
    assert command.returncode == Exit.FAILED
    assert "kafka ended with status -9" in errors
    assert str(other.state / "logs/kafka.log") in errors
    assert running_processes(other) == []


def test_next_up_cleans_up_after_a_killed_one_beside_another_instance(
    other: Instance, instance: Instance, sluice: Sluice
) -> None:
    command = start_up(other)
    wait_for(lambda: is_running(other, "kafka"))
    command.kill()
    command.communicate(timeout=60)
    left = {entry.pid for entry in running_processes(other)}
    assert left, "a kill -9 of `sluice up` is expected to leave its children"

    done = run_sluice("--state", str(other.state), "up", "--workers", "1", env=os.environ)
    assert done.returncode == Exit.OK, done.stderr
    now = running_processes(other)
    assert sorted(entry.name for entry in now) == sorted(other.process_names)
    assert not left & {entry.pid for entry in now}
    assert sluice("status").returncode == Exit.OK, "the other instance is not affected"
    down = run_sluice("--state", str(other.state), "down", "--purge", env=os.environ)
    assert down.returncode == Exit.OK, down.stderr
    assert running_processes(other) == []
    assert not other.state.exists()
    assert {entry.name for entry in running_processes(instance)} >= {"kafka", "mysql", "redis"}


def test_port_that_is_taken_is_named(other: Instance) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", other.port("registry")))
        taken.listen()
        command = start_up(other)
        _, errors = command.communicate(timeout=60)
    assert command.returncode == Exit.UNAVAILABLE
    assert f"{other.port('registry')} (registry)" in errors
    assert "--port-base" in errors
    assert running_processes(other) == []
