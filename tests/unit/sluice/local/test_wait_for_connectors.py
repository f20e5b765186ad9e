"""`sluice up` waits until each connector has done work or failed."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.pipeline_spec import Connector
from sluice.local.wait_for_connectors import wait_for_connectors

SINK = Connector(name="sink", config={})


class Connect(BaseHTTPRequestHandler):
    """Connect's REST interface: answers with `parts`; a restart makes them RUNNING where `restart_helps`."""

    parts: ClassVar[list[dict[str, Any]]]
    restarts: ClassVar[int]
    restart_helps: ClassVar[bool]
    late: ClassVar[int]
    """Number of answers with the old state before `parts` is RUNNING by itself."""
    refusals: ClassVar[int]
    """Number of restarts that are refused first, as during a rebalance."""

    def do_GET(self) -> None:
        if self.late:
            type(self).late -= 1
            if not self.late:
                type(self).parts = [{"state": "RUNNING"}, {"id": 0, "state": "RUNNING"}]
        self._answer({"connector": self.parts[0], "tasks": self.parts[1:]})

    def do_POST(self) -> None:
        if self.refusals:
            type(self).refusals -= 1
            self._answer({}, status=409)
            return
        type(self).restarts += 1
        if self.restart_helps:
            type(self).parts = [{"state": "RUNNING"}, {"id": 0, "state": "RUNNING"}]
        self._answer({})

    def _answer(self, body: object, *, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
        pass


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[RestEndpoint, type[Connect]]]:
    monkeypatch.setattr("sluice.local.wait_for_connectors._RESTART_SECONDS", 0.0)
    monkeypatch.setattr("sluice.local.wait_for_connectors._STALE_SECONDS", 0.0)
    monkeypatch.setattr("sluice.local.wait_for_connectors._POLL_SECONDS", 0.001)

    class Own(Connect):
        parts: ClassVar[list[dict[str, Any]]] = [{"state": "RUNNING"}, {"id": 0, "state": "RUNNING"}]
        restarts = 0
        restart_helps = False
        late = 0
        refusals = 0

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield RestEndpoint(url=f"http://127.0.0.1:{server.server_port}"), Own
    server.shutdown()
    thread.join()
    server.server_close()


class Steps:
    """A Progress with these pending steps, one for each call."""

    def __init__(self, *steps: str) -> None:
        self.left = list(steps)

    def pending_step(self) -> str | None:
        return self.left.pop(0) if self.left else None


def run(
    endpoint: RestEndpoint, connector: Connector = SINK, progress: Any = None, *, seconds: float = 30
) -> tuple[Any, list[str]]:
    said: list[str] = []
    problems = wait_for_connectors(
        endpoint, [(connector, progress)], seconds=seconds, cancelled=threading.Event(), say=said.append
    )
    return problems, said


def test_running_tasks_are_not_enough(connect: tuple[RestEndpoint, type[Connect]]) -> None:
    endpoint, _ = connect
    steps = Steps("read", "read", "read")
    assert run(endpoint, progress=steps) == ([], ["connector sink runs"])
    assert steps.left == []


def test_a_connector_that_keeps_failing_is_reported_with_its_cause(connect: tuple[RestEndpoint, type[Connect]]) -> None:
    endpoint, server = connect
    trace = "org.apache.kafka.connect.errors.ConnectException: Exiting\nCaused by: a.b.SomeException: the reason\n"
    server.parts = [{"state": "RUNNING"}, {"id": 3, "state": "FAILED", "trace": trace}]
    ((problem,), said) = run(endpoint)
    assert problem.text.startswith("task 3 of connector sink has FAILED: the reason. ")
    assert problem.status is Exit.FAILED
    assert server.restarts == 3
    assert said == ["connector sink does not run"]


def test_a_failed_connector_is_restarted(connect: tuple[RestEndpoint, type[Connect]]) -> None:
    endpoint, server = connect
    server.parts = [{"state": "RUNNING"}, {"id": 0, "state": "FAILED"}]
    server.restart_helps = True
    assert run(endpoint) == ([], ["connector sink runs"])


def test_a_failure_of_before_the_start_is_not_counted_and_not_restarted(
    connect: tuple[RestEndpoint, type[Connect]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluice.local.wait_for_connectors._STALE_SECONDS", 30.0)
    endpoint, server = connect
    server.parts = [{"state": "RUNNING"}, {"id": 0, "state": "FAILED"}]
    server.late = 50
    assert run(endpoint) == ([], ["connector sink runs"])
    assert server.restarts == 0


def test_a_refused_restart_is_requested_again_and_not_counted(connect: tuple[RestEndpoint, type[Connect]]) -> None:
    endpoint, server = connect
    server.parts = [{"state": "RUNNING"}, {"id": 0, "state": "FAILED"}]
    server.restart_helps, server.refusals = True, 5
    assert run(endpoint) == ([], ["connector sink runs"])


def test_a_failed_connector_is_reported_where_connect_refuses_each_restart(
    connect: tuple[RestEndpoint, type[Connect]],
) -> None:
    endpoint, server = connect
    server.parts = [{"state": "RUNNING"}, {"id": 0, "state": "FAILED", "trace": "a.b.SomeException: the reason"}]
    server.refusals = 1_000_000
    ((problem,), _) = run(endpoint, seconds=0.1)
    assert problem.text.startswith("task 0 of connector sink has FAILED: the reason. ")
    assert problem.status is Exit.FAILED


def test_a_connector_that_waits_has_not_failed_and_is_reported(
    connect: tuple[RestEndpoint, type[Connect]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluice.local.wait_for_connectors._REPORT_SECONDS", 0.0)
    endpoint, _ = connect
    ((problem,), said) = run(endpoint, progress=Steps(*["read the log"] * 10_000), seconds=0.3)
    assert problem.status is Exit.UNAVAILABLE
    assert "was not seen to read the log within" in problem.text
    assert said == ["waiting for sink to read the log …"]


@pytest.mark.parametrize("state", ["paused", "stopped"])
def test_a_paused_or_stopped_connector_need_not_run(connect: tuple[RestEndpoint, type[Connect]], state: str) -> None:
    endpoint, server = connect
    server.parts = [{"state": state.upper()}]
    never = Steps(*["read"] * 10_000)
    found = run(endpoint, Connector(name="sink", config={}, state=state), never)
    assert found == ([], [f"connector sink is {state}, as k8s/ says"])


def test_ctrl_c_ends_the_wait(connect: tuple[RestEndpoint, type[Connect]]) -> None:
    endpoint, _ = connect
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(SluiceError) as caught:
        wait_for_connectors(endpoint, [(SINK, Steps("x", "x"))], seconds=30, cancelled=cancelled, say=lambda _: None)
    assert caught.value.status is Exit.INTERRUPTED
