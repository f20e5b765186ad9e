"""A connector is paused, resumed and restarted; what Connect answers becomes a sentence."""

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.view import connect_requests
from sluice.view.connector_changes import Change, change_connector, strimzi_command
from sluice.view.http_client import UnavailableError
from tests.unit.sluice.view.fake_connect import serving, serving_requests

LOCAL, STRIMZI = "127.0.0.1:8083", "sluice-connect-0.sluice-connect.gps.svc:8083"
NAME, QUOTED = "ä/b ?#%&'", "%C3%A4%2Fb%20%3F%23%25%26%27"
NOBODY = RestEndpoint(url="http://127.0.0.1:1")


def status(worker: str, name: str = QUOTED) -> dict[str, object]:
    return {f"/connectors/{name}/status": {"connector": {"state": "RUNNING", "worker_id": worker}, "tasks": []}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_requests, "_POLL_SECONDS", 0)


@pytest.mark.parametrize(
    ("change", "request_"),
    [
        (Change.PAUSE, f"PUT /connectors/{QUOTED}/pause"),
        (Change.RESUME, f"PUT /connectors/{QUOTED}/resume"),
        (Change.RESTART, f"POST /connectors/{QUOTED}/restart?includeTasks=true&onlyFailed=true"),
    ],
)
def test_a_name_may_hold_any_character(change: Change, request_: str) -> None:
    with serving_requests(status(LOCAL), changes={request_: [(202, b"")]}) as (endpoint, asked):
        change_connector([NOBODY, endpoint], NAME, change)
    assert asked[-1] == request_


def test_strimzi_would_undo_a_pause_but_no_restart() -> None:
    with serving_requests(status(STRIMZI, "a"), changes={"PUT /connectors/a/pause": [(202, b"")]}) as (endpoint, asked):
        with pytest.raises(
            SluiceError, match=r"would undo this within minutes.*kubectl --namespace gps patch"
        ) as caught:
            change_connector([endpoint], "a", Change.PAUSE)
        assert asked == ["GET /connectors/a/status"]
        with pytest.raises(SluiceError, match="not found"):
            change_connector([endpoint], "a", Change.RESTART)  # it is asked for
    assert caught.value.status == Exit.USAGE


def test_the_command_for_a_cluster_is_quoted() -> None:
    assert strimzi_command(STRIMZI, "my sink", Change.RESUME) == (
        "kubectl --namespace gps patch kafkaconnector 'my sink' --type merge --patch "
        """'{"spec":{"state":"running"}}'"""
    )
    assert strimzi_command(LOCAL, "my sink", Change.RESUME) is None
    assert strimzi_command("", "my sink", Change.PAUSE) is None


def test_an_unknown_connector_is_a_mistake_of_the_request() -> None:
    with serving({}) as endpoint, pytest.raises(SluiceError, match="there is no connector nope: not found") as caught:
        change_connector([endpoint], "nope", Change.RESUME)
    assert caught.value.status == Exit.USAGE


def test_a_refusal_is_told_without_secrets() -> None:
    restart = "POST /connectors/a/restart?includeTasks=true&onlyFailed=true"
    answer = (500, {"message": "no login with password=hunter2"})
    with serving({}, changes={restart: [answer]}) as endpoint, pytest.raises(SluiceError, match=r"=\(hidden\)$"):
        change_connector([endpoint], "a", Change.RESTART)


def test_a_rebalance_is_waited_for_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    restart = "POST /connectors/a/restart?includeTasks=true&onlyFailed=true"
    busy = (409, {"message": "rebalance"})
    with serving_requests({}, changes={restart: [busy, busy, (202, b"")]}) as (endpoint, asked):
        change_connector([endpoint], "a", Change.RESTART)
    assert len(asked) == 3
    monkeypatch.setattr(connect_requests, "_REBALANCE_SECONDS", -1)
    with serving({}, changes={restart: [busy]}) as endpoint, pytest.raises(SluiceError, match="are rebalancing"):
        change_connector([endpoint], "a", Change.RESTART)


def test_workers_that_do_not_answer_are_named() -> None:
    with pytest.raises(UnavailableError, match=r"Kafka Connect at http://127.0.0.1:1 does not answer: .*refused"):
        change_connector([NOBODY], "a", Change.RESTART)
