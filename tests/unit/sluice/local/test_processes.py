"""Child processes: readiness, failure, and finding them again."""

import socket
import sys
import threading
from pathlib import Path

import pytest

from producer.runtime.exit_status import SluiceError
from sluice.local.instance import PORT_SPAN, Instance
from sluice.local.processes import (
    Server,
    StartedServer,
    check_ports_free,
    free_port_base,
    is_port_free,
    running_processes,
    stop_all,
)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance.make(tmp_path, port_base=None, workers=1)


def server(instance: Instance, script: str, *, name: str = "kafka", ready: bool = True) -> Server:
    started = instance.state / "started"
    return Server(
        name=name,
        command=["sh", "-c", f"touch {started}; {script}"],
        folder=instance.state,
        ready=lambda: ready and started.exists(),
    )


def test_child_that_dies_is_reported_at_once_with_its_last_lines(instance: Instance) -> None:
    starting = StartedServer(server(instance, "echo no such thing; exit 3", ready=False), instance=instance)
    with pytest.raises(SluiceError, match=r"kafka ended with status 3(?s:.*)no such thing"):
        starting.wait(seconds=60, cancelled=threading.Event())


def test_lines_of_an_earlier_run_are_not_shown_as_the_reason(instance: Instance) -> None:
    instance.log("kafka").write_text("an old error\n")
    starting = StartedServer(server(instance, "exit 1", ready=False), instance=instance)
    with pytest.raises(SluiceError) as caught:
        starting.wait(seconds=60, cancelled=threading.Event())
    assert "an old error" not in str(caught.value)


def test_child_that_is_never_ready_is_reported(instance: Instance) -> None:
    starting = StartedServer(server(instance, "sleep 60", ready=False), instance=instance)
    with pytest.raises(SluiceError, match="kafka was not ready after 0 s"):
        starting.wait(seconds=0.1, cancelled=threading.Event())
    stop_all(instance, seconds=5, say=lambda _: None)
    assert running_processes(instance) == []


def test_children_are_found_by_their_instance_and_their_own_children_with_them(instance: Instance) -> None:
    StartedServer(server(instance, "sleep 60 & wait"), instance=instance).wait(seconds=10, cancelled=threading.Event())
    other = Instance.make(instance.state / "other", port_base=None, workers=1)
    assert {entry.name for entry in running_processes(instance)} == {"kafka"}
    assert running_processes(other) == []
    stop_all(instance, seconds=5, say=lambda _: None)
    assert running_processes(instance) == []


def test_a_process_that_ignores_sigterm_is_killed(instance: Instance) -> None:
    stubborn = server(instance, "trap '' TERM; touch trapped; while :; do sleep 0.1; done")
    trapped = instance.state / "trapped"
    StartedServer(
        Server(name="kafka", command=stubborn.command, folder=instance.state, ready=trapped.exists), instance=instance
    ).wait(seconds=10, cancelled=threading.Event())
    stop_all(instance, seconds=0.3, say=lambda _: None)
    assert running_processes(instance) == []


def test_a_taken_port_is_named_with_the_option_to_change_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SluiceError, match=rf"{port} \(registry\).*--port-base"):
            check_ports_free({"registry": port, "kafka": free_port_base()})


def test_ports_that_were_given_away_are_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port_base()
    chosen = iter((first, first + PORT_SPAN + 1, first))
    monkeypatch.setattr("sluice.local.processes.random.randrange", lambda *_: next(chosen))
    assert free_port_base() != first
    # Nor to another process.
    assert not is_port_free(first + PORT_SPAN)


def test_a_server_is_sent_no_password_while_another_process_has_its_port(instance: Instance) -> None:
    asked: list[bool] = []

    def ready() -> bool:
        asked.append(True)
        return True

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        false = Server(name="redis", command=["sleep", "60"], folder=instance.state, ready=ready, port=port)
        with pytest.raises(SluiceError, match="redis was not ready"):
            StartedServer(false, instance=instance).wait(seconds=0.3, cancelled=threading.Event())
    assert asked == []
    stop_all(instance, seconds=5, say=lambda _: None)
    script = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
    own = Server(name="redis", command=[sys.executable, "-c", script], folder=instance.state, ready=ready, port=port)
    StartedServer(own, instance=instance).wait(seconds=20, cancelled=threading.Event())
    assert asked == [True]
    stop_all(instance, seconds=5, say=lambda _: None)
