"""Tests of the end of a topic: each record once, whatever fails, and nothing of another pipeline."""

from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Message

from producer.runtime.exit_status import SluiceError
from sluice.console import topic_tail
from sluice.console.newest_changes import TOPIC, NewestChanges
from sluice.console.newest_fixes import NewestFixes
from sluice.console.topic_tail import TopicTail
from sluice.view.record_decoder import Decoder
from tests.unit.sluice.console.fake_pipeline import FakePipeline
from tests.unit.sluice.view.fake_consumer import FakeKafka, serve_from_memory
from tests.unit.sluice.view.test_newest_records import USER


class Registry:
    """Stand-in for RegistrySchemas: without schemas, or away."""

    away = False

    def __init__(self, _: Any) -> None:
        pass

    def __call__(self, _: int) -> None:
        if Registry.away:
            raise SluiceError("the registry does not answer")


class Tail:
    """A tail, and what it has given."""

    def __init__(self, pipeline: FakePipeline) -> None:
        self.given: list[bytes | str | None] = []
        self.cleared = 0
        self.tail = TopicTail(pipeline, "gps", first=3, later=2, take=self._take, clear=self._clear)

    def read(self) -> list[bytes | str | None]:
        self.given = []
        self.tail.read()
        return self.given

    def _take(self, records: list[Message], decode: Decoder) -> None:
        values = [record.value() for record in records]
        assert all(decode(b"\0\0\0\0\7" + bytes(value)) for value in values if isinstance(value, bytes))
        self.given += values

    def _clear(self) -> None:
        self.cleared += 1


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    monkeypatch.setattr(topic_tail, "RegistrySchemas", Registry)
    monkeypatch.setattr(Registry, "away", False)
    kafka = serve_from_memory(monkeypatch)
    kafka.partitions = 1
    for number in range(9):
        kafka.add("gps", value=b"%d" % number)
    return kafka


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline(endpoints=SimpleNamespace(consumer=USER, compatible_registry="first"))


def test_the_newest_come_first_and_then_each_once(kafka: FakeKafka, pipeline: FakePipeline) -> None:
    tail = Tail(pipeline)
    assert tail.read() == [b"6", b"7", b"8"]
    assert tail.read() == []
    for number in range(9, 14):
        kafka.add("gps", value=b"%d" % number)
    assert tail.read() == [b"12", b"13"]
    assert tail.cleared == 1, "only before the first time"
    assert len(kafka.consumers) == 1


def test_after_an_error_of_kafka_none_comes_twice(kafka: FakeKafka, pipeline: FakePipeline) -> None:
    tail = Tail(pipeline)
    tail.read()
    with kafka.away(), pytest.raises(SluiceError, match="does not answer"):
        tail.read()
    kafka.add("gps", value=b"9")
    assert tail.read() == [b"9"]
    tail.tail.close()
    assert all(consumer.closed for consumer in kafka.consumers)
    assert tail.read() == []


def test_what_cannot_be_decoded_now_comes_later(kafka: FakeKafka, pipeline: FakePipeline) -> None:
    tail = Tail(pipeline)
    Registry.away = True
    with pytest.raises(SluiceError, match="registry"):
        tail.read()
    Registry.away = False
    assert tail.read() == [b"6", b"7", b"8"]
    assert len(kafka.consumers) == 1, "Kafka has answered"


def test_of_another_pipeline_everything_is_new(kafka: FakeKafka, pipeline: FakePipeline) -> None:
    tail = Tail(pipeline)
    tail.read()
    pipeline.endpoints = SimpleNamespace(consumer=USER, compatible_registry="second")
    assert tail.read() == [b"6", b"7", b"8"]
    assert tail.cleared == 2
    assert [consumer.closed for consumer in kafka.consumers] == [True, False]


def test_a_topic_that_was_made_anew_has_nothing_of_the_old_one(kafka: FakeKafka, pipeline: FakePipeline) -> None:
    tail = Tail(pipeline)
    tail.read()
    del kafka.topics["gps"][2:]
    assert tail.read() == [b"0", b"1"]
    assert tail.cleared == 2


def test_fixes_and_changes_of_another_pipeline_are_not_shown(kafka: FakeKafka, pipeline: FakePipeline) -> None:
    kafka.add("gps-fixes", key=b"5", value=b"{}")
    change = b'{"schema":{},"payload":{"before":null,"after":{"id":1},"op":"c","source":{}}}'
    kafka.add(TOPIC, value=change)
    fixes, changes = NewestFixes(pipeline), NewestChanges(pipeline)
    for _ in range(2):
        assert fixes.read()["fixes"] == 1
        assert len(changes.read()["changes"]) == 1
    with kafka.away():
        for part in (fixes, changes):
            with pytest.raises(SluiceError):
                part.read()
    assert (fixes.read()["fixes"], len(changes.read()["changes"])) == (1, 1)
    pipeline.endpoints = SimpleNamespace(consumer=USER, compatible_registry="second")
    kafka.topics = {"gps-fixes": [], TOPIC: []}
    assert (fixes.read()["fixes"], changes.read()["changes"]) == (0, [])
