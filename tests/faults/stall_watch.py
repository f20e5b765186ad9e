"""Measures the longest stall of sinks and topics that have work to do."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Self, cast

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from sluice.view.endpoints import Endpoints

EVERY_SECONDS = 0.2
Positions = Mapping[str, tuple[int, int]]
"""By name (such as a partition): current position and end."""


class StallWatch:
    """Polls positions five times per second inside its context.

    `longest` is, by name, the longest time in seconds without progress while the position was before the end.
    """

    def __init__(self, read_positions: Callable[[], Positions]) -> None:
        self.longest: dict[str, float] = {}
        self._read_positions = read_positions
        self._moved: dict[str, tuple[int, float]] = {}
        self._over = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None:  # a stall may have been missed
            raise self._error

    def _run(self) -> None:
        try:
            self._poll()
        except Exception as error:
            self._error = error

    def _poll(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            now = time.monotonic()
            for name, (position, end) in self._read_positions().items():
                before, since = self._moved.get(name, (-1, now))
                if position != before or position >= end:
                    self._moved[name] = (position, now)
                self.longest[name] = max(self.longest.get(name, 0.0), now - since)


class Offsets:
    """Offsets in Kafka, read with the consumer's rights."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._settings = endpoints.consumer.client_settings()
        self._client: AdminClient | None = None
        self._lock = threading.Lock()

    @property
    def _admin(self) -> AdminClient:
        # Locked: two watches poll at once. Not `self._client or …`: an idle client is falsy, and a replaced one no
        # longer answers.
        with self._lock:
            if self._client is None:
                self._client = AdminClient(self._settings)
            return self._client

    def disconnect(self) -> None:
        """Drop the client before the broker is killed: librdkafka was seen to abort the whole process otherwise."""
        self._client = None

    def of_sink(self, connector: str, topic: str) -> Positions:
        """Return committed offset and end of each partition of a sink's topic; empty if they cannot be read now."""
        try:
            question = ConsumerGroupTopicPartitions(f"connect-{connector}", self._partitions(topic))
            answer = self._admin.list_consumer_group_offsets([question])[question.group_id].result(10)
            ends = self.ends(topic)
        except (KafkaException, TimeoutError):  # the group is rebalancing, or the broker has just restarted
            return {}
        return {
            f"{topic}-{at.partition}": (max(at.offset, 0), ends[at.partition]) for at in answer.topic_partitions or []
        }

    def ends(self, topic: str) -> dict[int, int]:
        """Return the end offset of each partition."""
        latest = dict.fromkeys(self._partitions(topic), cast(OffsetSpec, OffsetSpec.latest()))
        return {at.partition: future.result(10).offset for at, future in self._admin.list_offsets(latest).items()}

    def _partitions(self, topic: str) -> list[TopicPartition]:
        numbers = self._admin.list_topics(topic, timeout=10).topics[topic].partitions
        return [TopicPartition(topic, number) for number in numbers]
