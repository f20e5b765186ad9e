"""A connector's settings and offsets, without secrets."""

from typing import Any, cast

import pytest

from producer.runtime.rest_endpoint import RestEndpoint
from sluice.view import connector_details
from sluice.view.connector_details import DetailsInspector
from sluice.view.endpoints import Endpoints
from sluice.view.group_offsets import GroupOffset
from sluice.view.http_client import UnavailableError
from tests.unit.sluice.view.fake_connect import serving


class FakeEndpoints:
    """Endpoints of a pipeline of which only Connect answers."""

    def __init__(self, connect: RestEndpoint) -> None:
        self.connect = (connect,)
        self.consumer = None


def details(endpoint: RestEndpoint, name: str) -> Any:
    return DetailsInspector(lambda: cast("Endpoints", FakeEndpoints(endpoint)), name).fetch()


OFFSET = GroupOffset(topic="fixes", partition=0, begin=2, committed=None, end=5)


class FakeInspector:
    """KafkaInspector of which every group is at OFFSET."""

    made = 0

    def __init__(self, _: object) -> None:
        FakeInspector.made += 1

    def group_offsets(self, group: str, topics: tuple[str, ...]) -> tuple[GroupOffset, ...]:
        assert (group, topics) == ("connect-a/b", ("fixes", "more"))
        return (OFFSET,)


class SilentInspector(FakeInspector):
    """KafkaInspector of a broker that is down."""

    def group_offsets(self, group: str, topics: tuple[str, ...]) -> tuple[GroupOffset, ...]:
        raise UnavailableError("Kafka does not answer")


def test_a_sink_has_settings_and_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"topics": "fixes, more", "x.password": "hunter2", "y.password": "${env:Y}", "z": "is hunter2"}
    pages = {"/connectors/a%2Fb": {"name": "a/b", "type": "sink", "config": config}}
    with serving(pages) as endpoint:
        monkeypatch.setattr(connector_details, "KafkaInspector", FakeInspector)
        found = details(endpoint, "a/b")
        monkeypatch.setattr(connector_details, "KafkaInspector", SilentInspector)
        silent = details(endpoint, "a/b")
    assert found.config == {**config, "x.password": "(hidden)", "z": "is (hidden)"}
    assert found.sink_offsets == (OFFSET,)
    assert OFFSET.lag == 3
    assert (silent.config, silent.offsets_problem) == (found.config, "Kafka does not answer")


def test_a_sink_by_a_pattern_has_the_offsets_of_the_topics_that_it_has_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {
        "/connectors/a%2Fb": {"name": "a/b", "type": "sink", "config": {"topics.regex": "f.*|more"}},
        "/connectors/a%2Fb/topics": {"a/b": {"topics": ["fixes", "more"]}},
    }
    monkeypatch.setattr(connector_details, "KafkaInspector", FakeInspector)
    with serving(pages) as endpoint:
        assert details(endpoint, "a/b").sink_offsets == (OFFSET,)


def test_one_client_of_kafka_answers_until_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"/connectors/a%2Fb": {"name": "a/b", "type": "sink", "config": {"topics": "fixes, more"}}}
    monkeypatch.setattr(connector_details, "KafkaInspector", FakeInspector)
    with serving(pages) as endpoint:
        inspector = DetailsInspector(lambda: cast("Endpoints", FakeEndpoints(endpoint)), "a/b")
        before = FakeInspector.made
        for _ in range(3):
            inspector.fetch()
        assert FakeInspector.made == before + 1
        inspector.close()
        inspector.fetch()
        assert FakeInspector.made == before + 2


def test_a_source_has_the_offset_that_connect_keeps() -> None:
    config = {"x.token": "hunter2"}
    pages = {
        "/connectors/a": {"name": "a", "type": "source", "config": config},
        "/connectors/a/offsets": {"offsets": [{"partition": {"at": "x"}, "offset": {"pos": 4, "of": "hunter2"}}]},
    }
    with serving(pages) as endpoint:
        found = details(endpoint, "a")
    assert found.source_offsets == (('{"at": "x"}', '{"pos": 4, "of": "(hidden)"}'),)


@pytest.mark.parametrize("answer", [None, [], {"config": 1}, "text", b"<html>"])
def test_an_answer_that_is_no_connector_is_an_error(answer: object) -> None:
    with serving({"/connectors/a": answer}) as endpoint, pytest.raises(UnavailableError, match="what is no connector"):
        details(endpoint, "a")


def test_offsets_that_are_none_are_a_problem_of_them_alone() -> None:
    pages = {"/connectors/a": {"type": "source", "config": {"b": "c"}}, "/connectors/a/offsets": {"offsets": [1]}}
    with serving(pages) as endpoint:
        found = details(endpoint, "a")
    assert found.config == {"b": "c"}
    assert "what are no offsets" in found.offsets_problem
