"""Hands records to Kafka and knows how many of them were acknowledged."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import numpy as np
from confluent_kafka import KafkaError, KafkaException

from producer.kafka import kafka_errors
from producer.kafka.librdkafka import BatchClient
from producer.kafka.record_arrays import Records
from producer.kafka.topic import CONNECT_SECONDS, TopicAdmin
from producer.runtime.exit_status import SluiceError

COMPRESSION = "none"
"""Fixes hardly repeat, so compressing them costs more than it saves on a fast network (docs/producer.md)."""
QUEUE = 50_000
"""Records that wait in the client at most: some 15 MB, small enough for the cache."""
_TICK_SECONDS = 0.1
_ROOM_SECONDS = 0.002
"""Between two looks for room in the queue: nothing tells of an acknowledgement."""
_SOCKET_SECONDS = 20
_SETTINGS: dict[str, str | int | float | bool] = {
    "acks": "all",
    "enable.idempotence": True,
    # The partition of a key as the Java clients choose it.
    "partitioner": "murmur2_random",
    "compression.type": COMPRESSION,
    "linger.ms": 20,
    "batch.size": 1_000_000,
    "batch.num.messages": 100_000,
    "queue.buffering.max.messages": QUEUE,
    "socket.timeout.ms": _SOCKET_SECONDS * 1000,
}

_AS_FOR_ROWS: dict[str, int] = {}


class Delivery:
    """One load's way into a topic: idempotent, acknowledged by all replicas.

    `settings` say where Kafka is, `tuning` what is done otherwise than for rows. A broker that is away is waited
    for `patience` seconds. What waits calls `tick` at least ten times a second, which may raise to end the wait.
    """

    def __init__(
        self,
        settings: Mapping[str, str | int | float | bool],
        *,
        topic: str,
        patience: float,
        tuning: Mapping[str, int] = _AS_FOR_ROWS,
    ) -> None:
        self.handed = 0
        """Records handed to the client, also those it refused."""
        self.failed = 0
        """Records of these that are known not to have been acknowledged."""
        self.handed_bytes = self.failed_bytes = 0
        """Bytes of their values."""
        self.problem: KafkaError | None = None
        """The first failure. Nothing more is handed over after one."""
        self.last_error: KafkaError | None = None
        """What the client complained of last, be it only for a moment."""
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
        """Records of which it is not known yet what became of them."""
        return len(self._client)

    @property
    def acknowledged(self) -> int:
        """Records that all replicas have. Never too many: what is not known is not counted."""
        return max(0, self.handed - self.failed - self.waiting)

    @property
    def acknowledged_bytes(self) -> int:
        """Bytes of these records' values; an estimate while something is waiting."""
        done = self.handed - self.failed
        return (self.handed_bytes - self.failed_bytes) * self.acknowledged // done if done else 0

    @property
    def note(self) -> str | None:
        """What is being waited for, if the broker has gone away."""
        if self.last_error is None or self.acknowledged > self._acknowledged_before:
            return None
        return f"waiting for Kafka: {self.last_error.str()}"

    def connect(self, *, seconds: float = CONNECT_SECONDS) -> None:
        """Wait until the topic is there for this user; raises SluiceError, at once if waiting cannot help."""
        TopicAdmin(self._settings, topic=self._topic).wait(seconds=seconds)
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
        """Wait until it is known of every record what became of it."""
        # The client gives each up after `patience`, and those under way when their request has ended too.
        deadline = time.monotonic() + self._patience + 2 * _SOCKET_SECONDS
        while self.waiting and time.monotonic() < deadline:
            self._client.flush(_TICK_SECONDS)
            self._collect(0)
            tick()
        self.abandon()

    def abandon(self) -> None:
        """Give up what is still waiting: it counts as failed."""
        while self.waiting:
            self._client.purge()
            self._collect(_TICK_SECONDS)

    def _hand(self, records: Records) -> Records:
        """Hand over what there is room for; returns the rest. Any other refusal is a failure."""
        errors = self._client.produce(records)
        left = np.flatnonzero(errors == KafkaError._QUEUE_FULL)
        refused = np.flatnonzero((errors != 0) & (errors != KafkaError._QUEUE_FULL))
        self.handed += records.record_count() - len(left)
        self.handed_bytes += records.value_bytes() - records.value_bytes(left)
        self.failed += len(refused)
        self.failed_bytes += records.value_bytes(refused)
        if len(refused):
            self.problem = self.problem or self._client.error(int(errors[refused[0]]))
        return Records(records.data, *(offsets[left] for offsets in records[1:]))

    def _collect(self, seconds: float) -> None:
        for failure in self._client.poll(seconds):
            self.failed += failure.messages
            self.failed_bytes += failure.value_bytes
            if failure.error.fatal():  # why all others fail
                self.problem = failure.error
            elif failure.messages:
                self.problem = self.problem or failure.error
            else:
                self._on_error(failure.error)

    def _on_error(self, error: KafkaError) -> None:
        self.last_error = kafka_errors.choose_specific(self.last_error, error)
        self._acknowledged_before = self.acknowledged
