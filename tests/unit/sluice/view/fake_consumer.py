"""Stand-in for confluent_kafka.Consumer with topics in memory, which a test may fill and break."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from sluice.view import topic_reader


@dataclass
class FakeKafka:
    """A server: its records by topic, and what its consumers do now."""

    topics: dict[str, list[Message]] = field(default_factory=dict[str, list[Message]])
    partitions: int = 2
    down: bool = False
    poll: Callable[[], None] = lambda: None
    """Called when a consumer polls."""
    consumers: "list[FakeConsumer]" = field(default_factory=list["FakeConsumer"])

    def add(self, topic: str, *, partition: int = 0, key: bytes = b"k", value: bytes | None = b"v") -> None:
        """Append a record, whose time is its place in the topic."""
        records = self.topics.setdefault(topic, [])
        offset = len(self.of(topic, partition))
        records.append(
            Message(topic, partition=partition, offset=offset, key=key, value=value, timestamp=(1, len(records)))
        )

    def of(self, topic: str, partition: int) -> list[Message]:
        """Return the records of a partition."""
        return [record for record in self.topics[topic] if record.partition() == partition]

    @property
    def fetching(self) -> bool:
        """Whether a consumer that is open has partitions assigned: it fetches from them, asked or not."""
        return any(consumer.assigned for consumer in self.consumers if not consumer.closed)

    @contextmanager
    def away(self) -> Generator[None]:
        """Answer nothing."""
        self.down = True
        yield
        self.down = False


class FakeConsumer:
    """A consumer of a FakeKafka."""

    def __init__(self, kafka: FakeKafka) -> None:
        self._kafka = kafka
        self.assigned: dict[int, tuple[str, int]] = {}
        self.paused: set[int] = set()
        self.closed = False
        kafka.consumers.append(self)

    def list_topics(self, topic: str | None = None, **_: Any) -> Any:
        self._check()
        numbers = dict.fromkeys(range(self._kafka.partitions))
        found = {name: SimpleNamespace(error=None, partitions=numbers) for name in self._kafka.topics}
        unknown = SimpleNamespace(error=KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART), partitions={})
        return SimpleNamespace(topics=found if topic is None else {topic: found.get(topic, unknown)})

    def get_watermark_offsets(self, partition: TopicPartition, **_: Any) -> tuple[int, int]:
        self._check()
        return 0, len(self._kafka.of(partition.topic, partition.partition))

    def assign(self, partitions: list[TopicPartition]) -> None:
        self.assigned = {at.partition: (at.topic, at.offset) for at in partitions}

    def pause(self, partitions: list[TopicPartition]) -> None:
        for at in partitions:
            self.paused.add(at.partition)

    def resume(self, partitions: list[TopicPartition]) -> None:
        for at in partitions:
            self.paused.discard(at.partition)

    def unassign(self) -> None:
        if self.closed:
            raise RuntimeError("Consumer closed")
        self.assigned = {}

    def poll(self, _: float) -> Message | None:
        self._kafka.poll()
        for partition, (topic, offset) in self.assigned.items():
            if partition in self.paused:
                continue
            if found := self._kafka.of(topic, partition)[offset : offset + 1]:
                self.assigned[partition] = topic, offset + 1
                return found[0]
        return None

    def close(self) -> None:
        self.closed = True

    def _check(self) -> None:
        if self._kafka.down:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, "connection refused"))  # pyright: ignore[reportPrivateUsage]


def serve_from_memory(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    """Return a server to which every TopicReader connects during the test."""
    kafka = FakeKafka()
    monkeypatch.setattr(topic_reader, "Consumer", lambda _: FakeConsumer(kafka))
    return kafka
