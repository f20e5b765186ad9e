"""How long things stand still although there is something to do for them."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Self, cast

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from sluice.view.endpoints import Endpoints

EVERY_SECONDS = 0.2
Positions = Mapping[str, tuple[int, int]]
"""For each thing how far it has come, and how far it could come now."""


class StallWatch:
    """Looks at positions five times a second until it is left.

    `longest` is, for each thing, the longest time in seconds for which it stood still while it was behind.
    """

    def __init__(self, look: Callable[[], Positions]) -> None:
        self.longest: dict[str, float] = {}
        self._look = look
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
        if self._error is not None:  # what was not looked at may have stood still
            raise self._error

    def _run(self) -> None:
        try:
            self._look_until_over()
        except Exception as error:
            self._error = error

    def _look_until_over(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            now = time.monotonic()
            for name, (position, end) in self._look().items():
                before, since = self._moved.get(name, (-1, now))
                if position != before or position >= end:
                    self._moved[name] = (position, now)
                self.longest[name] = max(self.longest.get(name, 0.0), now - since)


class Offsets:
    """Offsets in Kafka, as a user sees them who may only look."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._settings = endpoints.consumer.client_settings()
        self._client: AdminClient | None = None
        self._lock = threading.Lock()

    @property
    def _admin(self) -> AdminClient:
        # Two watches ask at once. Not `self._client or …`: a client that has nothing to do is false, and one that is
        # replaced answers no more.
        with self._lock:
            if self._client is None:
                self._client = AdminClient(self._settings)
            return self._client

    def disconnect(self) -> None:
        """Before the broker is killed: librdkafka's client was seen to abort the whole process afterwards."""
        self._client = None

    def of_sink(self, connector: str, topic: str) -> Positions:
        """For each partition what the sink has committed, and the end; what cannot be asked now is left out."""
        try:
            question = ConsumerGroupTopicPartitions(f"connect-{connector}", self._partitions(topic))
            answer = self._admin.list_consumer_group_offsets([question])[question.group_id].result(10)
            ends = self.ends(topic)
        except (KafkaException, TimeoutError):  # the group is being put together anew, or a broker has just come back
            return {}
        return {
            f"{topic}-{at.partition}": (max(at.offset, 0), ends[at.partition]) for at in answer.topic_partitions or []
        }

    def ends(self, topic: str) -> dict[int, int]:
        """The end of each partition."""
        latest = dict.fromkeys(self._partitions(topic), cast(OffsetSpec, OffsetSpec.latest()))
        return {at.partition: future.result(10).offset for at, future in self._admin.list_offsets(latest).items()}

    def _partitions(self, topic: str) -> list[TopicPartition]:
        numbers = self._admin.list_topics(topic, timeout=10).topics[topic].partitions
        return [TopicPartition(topic, number) for number in numbers]
