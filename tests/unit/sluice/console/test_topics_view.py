"""Tests of the requests of view Topics: whatever is in a path or a query is answered with a sentence."""

from contextlib import contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette

from producer.runtime.exit_status import SluiceError
from sluice.console import topics_view
from sluice.console.json_response import respond_with_problem
from sluice.console.topic_readers import TopicReaders
from sluice.view.http_client import UnavailableError
from tests.unit.sluice.console.ask_application import ask
from tests.unit.sluice.console.fake_pipeline import FakePipeline
from tests.unit.sluice.view.fake_reader import FakeReader, message


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Starlette:
    """The view, with one topic of one record."""

    @contextmanager
    def opened(_: Any, topic: str) -> Any:
        assert topic == "gps"
        yield FakeReader(message(0))

    monkeypatch.setattr(TopicReaders, "open", opened)
    routes = topics_view.routes(FakePipeline(endpoints=NoRegistry()))
    errors: Any = {SluiceError: respond_with_problem, UnavailableError: respond_with_problem}
    return Starlette(routes=routes, exception_handlers=errors)


class NoRegistry:
    compatible_registry = None
    consumer = None


def test_a_record_and_a_page_are_answered(application: Starlette) -> None:
    assert ask(application, "GET", "/api/topics/gps/messages/0/0")[1]["value"] == "v"
    assert len(ask(application, "GET", "/api/topics/gps/messages")[1]["records"]) == 1


@pytest.mark.parametrize(
    "place",
    ["9999999999/0", "0/" + "9" * 30, "0/" + "9" * 5000, "-1/0", "0/-1", "x/0", "0/1.5", "²/0", "0/\0", "0:0/0", "7/0"],
)
def test_a_place_that_is_none_is_a_sentence(place: str, application: Starlette) -> None:
    status, answer = ask(application, "GET", f"/api/topics/gps/messages/{place}")
    assert status == 400
    assert "offset" in answer["problem"] or "partition" in answer["problem"]
    assert len(answer["problem"]) < 300


@pytest.mark.parametrize("topic", ["\0", "a\0b", "ä", "x" * 250, "x" * 60_000, " ", "<b>", "a:b", "\udcff"])
@pytest.mark.parametrize("rest", ["numbers", "messages", "messages/0/0", "schemas", "configuration"])
def test_a_name_that_no_topic_can_have_is_a_sentence(topic: str, rest: str, application: Starlette) -> None:
    status, answer = ask(application, "GET", f"/api/topics/{topic}/{rest}")
    assert status == 400
    assert "is no name of a topic" in answer["problem"]


@pytest.mark.parametrize(
    "query",
    [
        "offset=-1",
        "offset=" + "9" * 400,
        "time=x",
        "time=9999-99-99",
        "before=%00",
        "after=1:" + "9" * 30,
        "key=%ff%00",
    ],
)
def test_an_odd_query_is_a_sentence_or_a_page(query: str, application: Starlette) -> None:
    status, answer = ask(application, "GET", f"/api/topics/gps/messages?{query}")
    assert status == 200 if query.startswith("key") else (status == 400 and answer["problem"])
