"""Restarts of failed connectors: which ones, when, and how often."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from producer.runtime.exit_status import SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.auto_restart import AutoRestarter, RestartPlan, run
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import AutoRestart, Connector, PipelineSpec

NEVER_ENDING = AutoRestart(max_restarts=None)
NOBODY = RestEndpoint(url="http://127.0.0.1:1")


def restarted_at(restarts: RestartPlan, *, seconds: int) -> list[int]:
    """Return the times of the restarts of a connector that fails again at once, s."""
    at: list[int] = []
    for now in range(seconds):
        if restarts.due(float(now), failed=True):
            restarts.count(float(now))
            at.append(now)
    return at


def test_the_first_restart_is_at_once_then_pauses_double_up_to_a_minute() -> None:
    at = restarted_at(RestartPlan(policy=NEVER_ENDING), seconds=4000)
    assert at[:7] == [0, 2, 6, 14, 30, 62, 122]
    assert {later - sooner for sooner, later in pairwise(at[5:])} == {60}
    assert at[-1] > 3900


def test_max_restarts_limits_the_restarts() -> None:
    assert restarted_at(RestartPlan(policy=AutoRestart(max_restarts=2)), seconds=1000) == [0, 2]


def test_the_count_starts_again_after_a_long_run() -> None:
    restarts = RestartPlan(policy=AutoRestart(max_restarts=3))
    assert restarted_at(restarts, seconds=10) == [0, 2, 6]
    assert not restarts.due(40, failed=False)
    assert not restarts.due(41, failed=True), "it has run for too short a time"
    assert not restarts.due(200, failed=False)
    assert restarts.due(201, failed=True)


def test_a_restarted_connector_counts_as_failed_recently_for_15_seconds() -> None:
    restarts = RestartPlan(policy=NEVER_ENDING)
    assert not restarts.failed_recently(0)
    assert restarted_at(restarts, seconds=3) == [0, 2]
    assert restarts.failed_recently(4)
    assert restarts.failed_recently(16)
    assert not restarts.failed_recently(18)


@contextmanager
def fake_connect(answer: Any, *, restart: int = 202) -> Generator[tuple[RestEndpoint, list[str]]]:
    """A worker whose connectors have these statuses; yields its URL and the restarts requested of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, answer)

        def do_POST(self) -> None:
            asked.append(self.path)
            self._answer(restart, {})

        def _answer(self, status: int, body: Any) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name of the base class
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield RestEndpoint(url=f"http://127.0.0.1:{server.server_port}"), asked
        finally:
            server.shutdown()
            thread.join()


def status(connector: str, *tasks: str) -> dict[str, Any]:
    parts = [{"id": number, "state": state, "trace": "why\n\tat"} for number, state in enumerate(tasks)]
    return {"status": {"connector": {"state": connector}, "tasks": parts}}


def spec_of(*connectors: Connector) -> PipelineSpec:
    return replace(PipelineSpec.read(), connectors=connectors)


def connector(name: str, auto_restart: AutoRestart | None = NEVER_ENDING) -> Connector:
    return Connector(name=name, config={}, auto_restart=auto_restart)


def test_only_failed_connectors_with_autorestart_are_restarted() -> None:
    ours = [connector(name) for name in ("sink", "well", "paused", "gone", "broken")]
    statuses = {
        "sink": status("RUNNING", "RUNNING", "FAILED"),
        "well": status("RUNNING", "RUNNING"),
        "paused": status("PAUSED", "PAUSED"),
        "broken": status("FAILED"),
        "not-enabled": status("FAILED", "FAILED"),
        "not-in-k8s": status("FAILED", "FAILED"),
    }
    with fake_connect(statuses) as (worker, asked):
        restarter = AutoRestarter(spec_of(*ours, connector("not-enabled", None)), [NOBODY, worker])
        assert restarter.poll()
        assert restarter.poll(), "too early for a second time"
        assert restarter.recent_failures().keys() == {"sink", "broken"}
    assert asked == [f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true" for name in ("sink", "broken")]


def test_a_restart_that_connect_refuses_is_tried_again_and_not_counted() -> None:
    with fake_connect({"sink": status("RUNNING", "FAILED")}, restart=409) as (worker, asked):
        restarter = AutoRestarter(spec_of(connector("sink", AutoRestart(max_restarts=1))), [worker])
        for _ in range(3):
            restarter.poll()
    assert len(asked) == 3


def test_connect_that_does_not_answer_is_no_failure() -> None:
    assert not AutoRestarter(spec_of(connector("sink")), [NOBODY]).poll()


def test_a_full_disk_or_a_wrong_answer_does_not_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance.make(tmp_path, port_base=None, workers=1)
    tries: list[str] = []

    def failing(self: AutoRestarter) -> bool:
        tries.append("again")
        raise (OSError(28, "No space left on device"), KeyError("status"), SluiceError("no"))[len(tries) % 3]

    def sleep(seconds: float) -> None:
        if len(tries) > 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(AutoRestarter, "poll", failing)
    monkeypatch.setattr("sluice.local.auto_restart.time.sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        run(instance)
    assert len(tries) == 5
