"""Connectors are created, changed, paused and removed as k8s/ says, and each change is reported."""

from collections.abc import Callable
from typing import Any

import pytest

from producer.runtime.exit_status import SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.connectors import reconcile_connectors
from sluice.local.pipeline_spec import Connector

Asked = list[tuple[str, str]]
CONNECT = RestEndpoint(url="http://connect")


class FakeConnect:
    """Connect's REST interface, as far as it is used: connectors with a state and a configuration."""

    def __init__(self, **connectors: tuple[str, dict[str, str]]) -> None:
        self.connectors = connectors
        self.asked: Asked = []
        self.busy = 0

    def __call__(self, method: str, connect: RestEndpoint, path: str, body: Any = None) -> tuple[int, Any]:
        assert connect == CONNECT
        if method != "GET":
            self.asked.append((method, path))
            if self.busy:
                self.busy -= 1
                return 409, {"message": "a rebalance is in progress"}
        if path.endswith("/status"):
            state, _ = self.connectors[path.split("/")[2]]
            return 200, {"connector": {"state": state}, "tasks": []}
        if path.startswith("/connectors?"):
            found = self.connectors.items()
            return 200, {name: {"info": {"config": {**config, "name": name}}} for name, (_, config) in found}
        if "refused" in str(body):
            return 400, {"message": "it is refused"}
        return 200, None


@pytest.fixture
def apply(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[str], Asked]]:
    def run(connect: FakeConnect, *connectors: Connector) -> tuple[list[str], Asked]:
        monkeypatch.setattr("sluice.local.connectors.request", connect)
        monkeypatch.setattr("sluice.local.connectors._POLL_SECONDS", 0.0)
        return [drift.text for drift in reconcile_connectors(CONNECT, connectors)], connect.asked

    return run


CONFIG = {"connector.class": "a.Sink", "topics": "fixes"}
SINK = Connector(name="sink", config=CONFIG)


def test_a_connector_without_drift_stays(apply: Callable[..., Any]) -> None:
    assert apply(FakeConnect(sink=("RUNNING", CONFIG)), SINK) == ([], [])


def test_an_unknown_connector_is_removed_before_another_is_created(apply: Callable[..., Any]) -> None:
    said, asked = apply(FakeConnect(old=("RUNNING", CONFIG)), SINK)
    assert said == ["connector old is not in k8s/ and is removed", "connector sink was missing and is created"]
    assert asked == [("DELETE", "/connectors/old"), ("POST", "/connectors")]


def test_a_removed_setting_is_reported_and_a_secret_is_masked(apply: Callable[..., Any]) -> None:
    before = {**CONFIG, "topics": "other", "more": "1", "some.password": "hunter2"}
    said, asked = apply(FakeConnect(sink=("RUNNING", before)), SINK)
    assert said[:2] == [
        "connector sink: more is the default again (was 1)",
        "connector sink: some.password is the default again (was a secret)",
    ]
    assert said[2] == "connector sink: topics is now fixes (was other)"
    assert asked == [("PUT", "/connectors/sink/config")]


@pytest.mark.parametrize(
    ("was", "state", "asked"),
    [
        ("RUNNING", "paused", "pause"),
        ("RUNNING", "stopped", "stop"),
        ("PAUSED", "running", "resume"),
        ("STOPPED", "running", "resume"),
        ("FAILED", "paused", "pause"),
    ],
)
def test_the_state_is_reconciled(apply: Callable[..., Any], was: str, state: str, asked: str) -> None:
    connector = Connector(name="sink", config=CONFIG, state=state)
    said, done = apply(FakeConnect(sink=(was, CONFIG)), connector)
    assert done == [("PUT", f"/connectors/sink/{asked}")]
    assert said[0].startswith(f"connector sink is now {state} (was ")


def test_a_request_is_repeated_while_the_workers_rebalance(apply: Callable[..., Any]) -> None:
    connect = FakeConnect()
    connect.busy = 2
    said, asked = apply(connect, SINK)
    assert said == ["connector sink was missing and is created"]
    assert asked == [("POST", "/connectors")] * 3


def test_what_connect_refuses_is_reported_with_its_reason(apply: Callable[..., Any]) -> None:
    with pytest.raises(SluiceError, match=r"Connect refuses the connector sink \(HTTP 400\): it is refused"):
        apply(FakeConnect(), Connector(name="sink", config={**CONFIG, "x": "refused"}))
