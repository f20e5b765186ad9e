"""Requests that change connectors or send dead letters: what is wrong with one is said in a sentence, with 400."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from starlette.applications import Starlette

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console import connectors_view, dead_letters_view, proofs_view
from sluice.console.json_request import MAX_BYTES
from sluice.console.json_response import respond_with_problem
from sluice.console.pipeline_picture import Rates
from sluice.console.pipeline_watch import PipelineSample, pipeline_samples
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.unfinished_work import UnfinishedWork
from sluice.dead_letters.letter_reader import LetterFilter
from sluice.sink_wait import SinkWait
from sluice.view.connector_status import ConnectorStatus, ConnectStatus, TaskStatus
from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_status import PipelineStatus
from sluice.view.sink_lag import SinkLag
from tests.unit.sluice.console.ask_application import ask
from tests.unit.sluice.console.test_pipeline_picture import SINK, WELL
from tests.unit.sluice.view.fake_connect import serving

CHANGE, COUNT, SEND = "/api/connectors/change", "/api/dead-letters/count", "/api/dead-letters/send"
STOP, START, CANCEL = "/api/dead-letters/stop", "/api/proofs/start", "/api/proofs/cancel"
VALID: list[tuple[str, dict[str, Any]]] = [
    (CHANGE, {"name": "a", "change": "pause"}),
    (COUNT, {"letters": ["a:0:1"], "again": False}),
    (COUNT, {"connector": "a", "group": "b"}),
    (SEND, {"job": "x"}),
    (STOP, {"job": "x"}),
    (START, {"source": "a.csv", "wait": 5, "expect": "all"}),
    (CANCEL, {"id": "x"}),
]
"""Requests whose fields have the right types."""
ANY: list[Any] = [None, True, 1, -1.5, "", "x", [], {}, [[]], [{}], [None], {"a": 1}]


class Pipeline:
    """A pipeline whose endpoints are those of a test."""

    def __init__(self, **endpoints: Any) -> None:
        self.endpoints = type("FakeEndpoints", (), endpoints)()


def application(**endpoints: Any) -> Starlette:
    pipeline = cast("ShownPipeline", Pipeline(**endpoints))
    return Starlette(
        routes=[
            *connectors_view.routes(pipeline, pipeline_samples(pipeline)),
            *dead_letters_view.routes(pipeline, UnfinishedWork()),
            *proofs_view.routes(pipeline),
        ],
        exception_handlers={SluiceError: respond_with_problem, UnavailableError: respond_with_problem},
    )


@pytest.mark.parametrize("path", [CHANGE, COUNT, SEND, STOP, START, CANCEL])
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "is not JSON"),
        (b"name=redis-sink", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 50_000, "is not JSON"),
        (b"[]", "is no JSON object"),
        (b"null", "is no JSON object"),
        (b'"' + b"x" * MAX_BYTES + b'"', "is longer than"),
    ],
)
def test_a_body_that_is_no_object_is_refused(path: str, body: bytes, sentence: str) -> None:
    status, answer = ask(application(), "POST", path, body)
    assert status == 400
    assert sentence in answer["problem"]


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        (CHANGE, {"change": "pause"}, "field name must be a text"),
        (CHANGE, {"name": 3, "change": "pause"}, "field name must be a text"),
        (CHANGE, {"name": "\ud800", "change": "pause"}, "field name is no Unicode text"),
        (CHANGE, {"name": "a", "change": "delete"}, "by pause, resume, restart only"),
        (CHANGE, {"name": "a", "change": ["pause"]}, "field change must be a text"),
        (COUNT, {"letters": "a:0:1"}, "must be a list of addresses"),
        (COUNT, {"letters": []}, "must be a list of addresses"),
        (COUNT, {"letters": [1]}, "must be a list of addresses"),
        (COUNT, {"letters": ["a"]}, "'a' is no dead letter's address"),
        (COUNT, {"connector": 1}, "field connector must be a text"),
        (COUNT, {"group": None}, "field group must be a text"),
        (COUNT, {"again": 1}, "field again must be true or false"),
        (COUNT, {"reason": "x"}, "unknown field: 'reason'"),
        (SEND, {}, "field job must be a text"),
        (SEND, {"job": "x"}, "begin again"),
    ],
)
def test_a_wrong_field_is_named(path: str, body: dict[str, Any], sentence: str) -> None:
    status, answer = ask(application(), "POST", path, body)
    assert status == 400
    assert sentence in answer["problem"]


def is_of_kind(value: Any, example: Any) -> bool:
    """Return whether a value has the type of a valid one, empty ones aside; a list, that of its parts too."""
    if isinstance(example, list):
        return isinstance(value, list) and bool(value) and all(is_of_kind(one, example[0]) for one in value)
    return type(value) is type(example) and value != ""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (path, body | {field: value})
        for path, body in VALID
        for field, example in body.items()
        for value in ANY
        if not is_of_kind(value, example)
    ],
)
def test_a_field_of_another_type_is_a_mistake_of_the_request(path: str, body: dict[str, Any]) -> None:
    status, answer = ask(application(), "POST", path, body)
    assert status == 400
    assert answer["problem"]


@pytest.mark.parametrize("path", [CHANGE, COUNT, SEND, STOP, START, CANCEL])
def test_nothing_is_changed_by_get(path: str) -> None:
    with pytest.raises(ValueError, match="Expecting value"):  # no JSON, but Starlette's text
        ask(application(), "GET", path)


def test_an_unknown_connector_is_a_mistake_and_a_silent_worker_is_not() -> None:
    with serving({}) as endpoint:
        silent = application(connect=[endpoint])
        assert ask(silent, "POST", CHANGE, {"name": "x/y", "change": "restart"}) == (
            400,
            {"problem": "there is no connector x/y: not found"},
        )
        assert ask(silent, "GET", "/api/connectors/details")[0] == 400
    status, answer = ask(silent, "POST", CHANGE, {"name": "x", "change": "restart"})
    assert status == 503
    assert "does not answer" in answer["problem"]


@pytest.mark.parametrize("address", ["", "a", "a:b:c", "a:0:99999999999999999999"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    status, answer = ask(application(), "GET", f"/api/dead-letters/letter?address={address}")
    assert status == 400
    assert "is no dead letter's address" in answer["problem"]


class FakeJob:
    """ResendJob that counts and sends nothing."""

    def __init__(self, endpoints: object, letter_filter: LetterFilter, *, again: bool) -> None:
        del endpoints, again
        self.identity, self.state = letter_filter.connector or "", "counted"

    def count(self) -> None:
        """Nothing."""

    def confirm(self) -> None:
        """Refuse."""
        raise SluiceError("it is sent already", status=Exit.USAGE)

    def stop(self) -> None:
        """Nothing."""

    def as_object(self) -> dict[str, Any]:
        return {"job": self.identity}


def test_only_what_was_counted_last_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters_view, "ResendJob", FakeJob)
    app = application()
    for name in ("one", "two"):
        assert ask(app, "POST", COUNT, {"connector": name}) == (200, {"job": name})
    assert "begin again" in ask(app, "POST", SEND, {"job": "one"})[1]["problem"]
    assert ask(app, "POST", SEND, {"job": "two"}) == (400, {"problem": "it is sent already"})
    assert ask(app, "GET", "/api/dead-letters/job") == (200, {"job": "two"})


def test_a_connector_has_what_it_waits_for_why_it_failed_and_what_to_do() -> None:
    tasks = (
        TaskStatus(number=0, state="FAILED", worker="w", error="a.B: x", cause="c.D: Access denied for user 'connect'"),
        TaskStatus(number=1, state="RUNNING", worker="w", error=None),
        TaskStatus(number=2, state="FAILED", worker="w", error="a.B: x", cause="c.D: Access denied for user 'connect'"),
        TaskStatus(number=3, state="FAILED", worker="w", error="odd", cause=None),
    )
    connector = ConnectorStatus(
        name="s",
        kind="sink",
        class_name="c",
        version=None,
        state="RUNNING",
        worker="p.h.gps.svc:8083",
        error=None,
        tasks=tasks,
        needs=("mysql",),
    )
    now = datetime.now(UTC)
    other = SinkWait(since=now, reason="another", refused=False)
    down = UnavailableError("down")
    status = PipelineStatus(
        asked_at=now,
        processes=None,
        kafka=down,
        connect=ConnectStatus(version="4", connectors=(connector,)),
        lags=(
            SinkLag(connector="s", records=5, wait=SinkWait(since=now, reason="no right", refused=True)),
            SinkLag(connector="s 2", records=7, wait=other),
        ),
        registry=down,
        mysql=down,
        redis=0,
        recent_failures=("s has just been restarted: password=hunter2", "s2 has just been restarted"),
    )
    shown = connectors_view.connectors_object(seen(status))
    assert shown["problem"] == "down", "Kafka does not answer, and the lags are not known"
    (found,) = shown["connectors"]
    assert [failure["tasks"] for failure in found["failures"]] == [[0, 2], [3]]
    assert "A privilege in the database is missing" in found["failures"][0]["advice"]
    assert "restart the failed tasks" in found["failures"][1]["advice"]
    assert [" is refused since" in sentence for sentence in found["waits"]] == [True]
    assert found["recent"] == ["s has just been restarted: password=(hidden)"]
    assert found["lag"] is None  # Kafka does not say which topics there are
    assert found["strimzi"]["pause"].startswith("kubectl --namespace gps ")


def seen(status: PipelineStatus, known: PipelineStatus | None = None) -> PipelineSample:
    return PipelineSample(status=status, known=known or status, rates=Rates(), letters={})


def test_connectors_known_last_are_shown_as_such_while_connect_is_away() -> None:
    gone = replace(WELL, connect=UnavailableError("Connect is away"), lags=())
    shown = connectors_view.connectors_object(seen(gone, WELL))
    assert (shown["problem"], shown["last_known"]) == ("Connect is away", True)
    assert [one["name"] for one in shown["connectors"]] == ["mysql-sink", "mysql-source"]
    assert [one["lag"] for one in shown["connectors"]] == [None, None]
    assert connectors_view.connectors_object(seen(gone))["connectors"] is None, "none are known, which is not: none"
    well = connectors_view.connectors_object(seen(WELL))
    assert (well["problem"], well["last_known"]) == (None, False)
    assert well["connectors"][0]["lag"] == 12


def test_the_lag_of_a_sink_by_a_pattern_is_of_the_topics_that_are_there() -> None:
    by_pattern = replace(SINK, topics=("gone", "gps-fixes"), topics_pattern="g.*")
    for sink, lag in ((by_pattern, 12), (replace(by_pattern, topics_pattern=None), None)):
        status = replace(WELL, connect=ConnectStatus(version="4", connectors=(sink,)))
        (found,) = connectors_view.connectors_object(seen(status))["connectors"]
        assert found["lag"] == lag
