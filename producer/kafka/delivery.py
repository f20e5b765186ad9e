"""Delivers records to a topic and counts those acknowledged by all replicas."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import numpy as np
from confluent_kafka import KafkaError, KafkaException

from producer.kafka import kafka_errors
from producer.kafka.librdkafka import BatchClient
from producer.kafka.record_arrays import Records
from producer.kafka.topic import TopicAdmin
from producer.runtime.exit_status import SluiceError

COMPRESSION = "none"
"""Rows have little in common, so compressing them costs more than it saves on a fast network (docs/producer.md)."""
QUEUE = 50_000
"""Most records in the client's queue: some 15 MB, small enough for the processor's cache."""
_TICK_SECONDS = 0.1
_ROOM_SECONDS = 0.002
"""Time between two checks for room in the queue: the client does not signal acknowledgements."""
_SOCKET_SECONDS = 20
_SETTINGS: dict[str, str | int | float | bool] = {
    "acks": "all",
    "enable.idempotence": True,
    # The partition of a key as the Java clients choose it, where the records leave it open.
    "partitioner": "murmur2_random",
    "compression.type": COMPRESSION,
    "linger.ms": 20,
    "batch.size": 1_000_000,
    "batch.num.messages": 100_000,
    "queue.buffering.max.messages": QUEUE,
    "socket.timeout.ms": _SOCKET_SECONDS * 1000,
}

_NO_TUNING: dict[str, int] = {}


class Delivery:
    """Producer of one load for one topic: idempotent, acknowledged by all replicas.

    `settings` are the connection's, as of KafkaUser.client_settings(); `tuning` overrides the settings for rows. A
    broker that is away is waited for `patience` seconds. Methods that wait call `tick` at least ten times a second;
    it may raise to end the wait.
    """

    def __init__(
        self,
        settings: Mapping[str, str | int | float | bool],
        *,
        topic: str,
        patience: float,
        tuning: Mapping[str, int] = _NO_TUNING,
    ) -> None:
        self.handed = 0
        """Records handed to the client, including those it did not take."""
        self.failed = 0
        """Of these, the records that failed."""
        self.handed_bytes = self.failed_bytes = 0
        """Bytes of the values of these records."""
        self.problem: KafkaError | None = None
        """The first failure; after it no more records are handed to the client."""
        self.last_error: KafkaError | None = None
        """The last error of the connection, even if it has recovered since."""
        self.partitions = 0
        """Partitions of the topic, as of connect()."""
        self._settings = dict(settings)
        self._topic = topic
        self._patience = patience
        self._acknowledged_before = 0
        timeout = {"message.timeout.ms": round(patience * 1000)}
        try:
            self._client = BatchClient({**_SETTINGS, **tuning, **timeout, **self._settings}, topic=topic)
        except KafkaException as error:
            raise SluiceError(
                f"the settings for Kafka are not accepted: {kafka_errors.describe(error.args[0])}"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    @property
    def waiting(self) -> int:
        """Records that are neither acknowledged nor failed yet."""
        return len(self._client)

    @property
    def acknowledged(self) -> int:
        """Records that all replicas have; a record still waiting is not counted."""
        return max(0, self.handed - self.failed - self.waiting)

    @property
    def acknowledged_bytes(self) -> int:
        """Bytes of the acknowledged records' values; an estimate while records are waiting."""
        done = self.handed - self.failed
        return (self.handed_bytes - self.failed_bytes) * self.acknowledged // done if done else 0

    @property
    def note(self) -> str | None:
        """What is being waited for, if the broker has gone away."""
        if self.last_error is None or self.acknowledged > self._acknowledged_before:
            return None
        return f"waiting for Kafka: {self.last_error.str()}"

    def connect(self, *, report: Callable[[str], None] = lambda _: None) -> None:
        """Wait until this user can see the topic, as TopicAdmin.wait()."""
        self.partitions = TopicAdmin(self._settings, topic=self._topic).wait(report=report)
        self.last_error = None

    def send(self, records: Records, *, tick: Callable[[], None]) -> None:
        """Hand records to the client, waiting for room; returns early, with `problem` set, after a failure."""
        while records.record_count() and self.problem is None:
            waiting = self.waiting
            if not waiting or waiting + records.record_count() <= QUEUE:
                records = self._hand(records)
            self._collect(_ROOM_SECONDS if records.record_count() else 0)
            tick()

    def finish(self, *, tick: Callable[[], None]) -> None:
        """Wait until every record is acknowledged or failed."""
        # The client gives up a record after `patience`, one that is being sent only when its request has timed out too.
        deadline = time.monotonic() + self._patience + 2 * _SOCKET_SECONDS
        while self.waiting and time.monotonic() < deadline:
            self._client.flush(_TICK_SECONDS)
            self._collect(0)
            tick()
        self.abandon()

    def abandon(self) -> None:
        """Give up the records that still wait: they count as failed."""
        while self.waiting:
            self._client.purge()
            self._collect(_TICK_SECONDS)

    def _hand(self, records: Records) -> Records:
        """Hand over the records that the queue has room for; returns the others. Any other error is a failure."""
        errors = self._client.produce(records)
        not_taken = np.flatnonzero(errors == KafkaError._QUEUE_FULL)
        refused = np.flatnonzero((errors != 0) & (errors != KafkaError._QUEUE_FULL))
        self.handed += records.record_count() - len(not_taken)
        self.handed_bytes += records.value_bytes() - records.value_bytes(not_taken)
        self.failed += len(refused)
        self.failed_bytes += records.value_bytes(refused)
        if len(refused):
            self.problem = self.problem or self._client.error(int(errors[refused[0]]))
        return records.select(not_taken)

    def _collect(self, seconds: float) -> None:
        for failure in self._client.poll(seconds):
            self.failed += failure.records
            self.failed_bytes += failure.value_bytes
            if failure.error.fatal():  # the cause of all others
                self.problem = failure.error
            elif failure.records:
                self.problem = self.problem or failure.error
            else:
                self._on_error(failure.error)

    def _on_error(self, error: KafkaError) -> None:
        self.last_error = kafka_errors.choose_specific(self.last_error, error)
        self._acknowledged_before = self.acknowledged
