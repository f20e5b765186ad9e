"""Tests of the numbers of topics: nothing is waited for, one topic hides no other, and who reads it is known or not."""

from types import SimpleNamespace
from typing import Any

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console import topic_overview
from sluice.console.rate_meter import RateMeter
from sluice.console.topic_overview import TopicNumbers
from sluice.view.connector_status import ConnectorStatus, ConnectStatus
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import TopicSpans
from tests.unit.sluice.console.fake_pipeline import FakePipeline


def sink(name: str, *topics: str, pattern: str | None = None) -> ConnectorStatus:
    return ConnectorStatus(
        name=name,
        kind="sink",
        class_name="Sink",
        version="1",
        state="RUNNING",
        worker="w",
        error=None,
        topics=topics,
        topics_pattern=pattern,
    )


class Servers:
    """Stand-in for Kafka and Connect, and for the clients that ask them."""

    def __init__(self) -> None:
        self.topics = {
            "gps-fixes": TopicSpans(partitions=2, spans={0: (0, 10), 1: (5, 10)}),
            "broken": TopicSpans(partitions=3, spans={0: (0, 4)}),
        }
        self.sinks: tuple[ConnectorStatus, ...] | None = None
        self.users: list[Any] = []

    def kafka(self, user: Any) -> "Servers":
        self.users.append(user)
        return self

    def connect(self, *_: Any, **__: Any) -> "Servers":
        return self

    def topic_spans(self, names: list[str] | None = None) -> dict[str, TopicSpans]:
        return {name: topic for name, topic in self.topics.items() if names is None or name in names}

    def committed(self, *_: Any) -> dict[int, int]:
        return {0: 7}

    def status(self, *, active_topics: bool) -> ConnectStatus:
        assert active_topics
        if self.sinks is None:
            raise UnavailableError("Connect does not answer")
        return ConnectStatus(version="4", connectors=self.sinks)


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    servers = Servers()
    monkeypatch.setattr(topic_overview, "KafkaInspector", servers.kafka)
    monkeypatch.setattr(topic_overview, "ConnectInspector", servers.connect)
    monkeypatch.setattr(topic_overview, "_READERS_SECONDS", 0)
    monkeypatch.setattr(topic_overview.TopicSizes, "mean", lambda *_: None)
    return servers


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline(endpoints=SimpleNamespace(consumer="first", connect=()))


def test_the_list_has_every_topic_and_says_what_does_not_answer(servers: Servers, pipeline: FakePipeline) -> None:
    lines = TopicNumbers(pipeline).list_topics()
    assert [(line["name"], line["messages"], line["bytes"], line["silent"]) for line in lines] == [
        ("gps-fixes", 15, None, 0),
        ("broken", 4, None, 2),
    ]


def test_who_reads_a_topic_is_not_known_until_connect_has_answered(servers: Servers, pipeline: FakePipeline) -> None:
    numbers, rates = TopicNumbers(pipeline), RateMeter()
    assert numbers.sample("gps-fixes", rates)["groups"] is None
    servers.sinks = (sink("mysql", "gps-fixes"), sink("all", pattern=".*"), sink("redis", "images"))
    sample = numbers.sample("gps-fixes", rates)
    assert [(group["connector"], group["lag"]) for group in sample["groups"]] == [("mysql", 8)]
    assert sample["patterns"] == ["all"]
    servers.sinks = (sink("all", "gps-fixes", pattern=".*"),)
    sample = numbers.sample("gps-fixes", rates)
    assert ([group["connector"] for group in sample["groups"]], sample["patterns"]) == (["all"], [])
    servers.sinks = None
    assert numbers.sample("gps-fixes", rates)["groups"], "those known last"


def test_of_another_pipeline_nothing_is_known(servers: Servers, pipeline: FakePipeline) -> None:
    numbers = TopicNumbers(pipeline)
    servers.sinks = (sink("mysql", "gps-fixes"),)
    assert numbers.sample("gps-fixes", RateMeter())["groups"]
    pipeline.endpoints = SimpleNamespace(consumer="second", connect=())
    servers.sinks = None
    assert numbers.sample("gps-fixes", RateMeter())["groups"] is None
    assert servers.users == ["first", "second"]


def test_a_topic_that_is_not_there_is_a_mistake(servers: Servers, pipeline: FakePipeline) -> None:
    with pytest.raises(SluiceError, match="there is no topic 'gone'") as caught:
        TopicNumbers(pipeline).sample("gone", RateMeter())
    assert caught.value.status is Exit.USAGE


def test_there_is_no_rate_while_a_partition_is_silent_nor_a_false_one_afterwards(
    servers: Servers, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(topic_overview.time, "monotonic", lambda: now[0])
    servers.sinks = (sink("a", "t"),)
    numbers, rates = TopicNumbers(pipeline), RateMeter()
    whole = {0: (0, 1_000_000), 1: (0, 1_000_000)}
    found: list[tuple[float | None, float | None]] = []
    for spans in (whole, whole, {0: whole[0]}, whole):
        servers.topics["t"] = TopicSpans(partitions=2, spans=spans)
        sample = numbers.sample("t", rates)
        found.append((sample["rate"], sample["groups"][0]["rate"]))
        now[0] += 2
    assert found == [(None, None), (0, 0), (None, None), (0, 0)]
