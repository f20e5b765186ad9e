"""Hands messages to Kafka and knows of every one what became of it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from exits import Exit, SluiceError
from producer import trouble
from producer.layout import Message as Row

QUEUE = 100_000
"""Messages that wait in the client at most: some 40 MB, and a second's work."""
CONNECT_SECONDS = 15.0
_TICK_SECONDS = 0.1
_SOCKET_SECONDS = 20
_SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    # The partition of a key as the Java clients choose it.
    "partitioner": "murmur2_random",
    "compression.type": "none",
    "linger.ms": 20,
    "batch.size": 1_000_000,
    "batch.num.messages": 100_000,
    "queue.buffering.max.messages": QUEUE,
    "socket.timeout.ms": _SOCKET_SECONDS * 1000,
    # Every message has a callback, but the interpreter is only bothered with those that failed.
    "delivery.report.only.error": True,
    # What goes wrong comes to the callbacks; the library's own log would tear the progress bar.
    "log_level": 0,
}


class Delivery:
    """One load's way into a topic: idempotent, acknowledged by all replicas.

    `settings` say where Kafka is. A broker that is away is waited for `patience` seconds. `tick` is called
    about ten times a second while waiting, and may raise to end the wait.
    """

    def __init__(
        self, settings: Mapping[str, Any], *, topic: str, patience: float, tick: Callable[[], None] = lambda: None
    ) -> None:
        self.handed = 0
        """Messages handed to the client."""
        self.failed = 0
        """Messages of these that are known not to have been acknowledged."""
        self.problem: KafkaError | None = None
        """The first failure. Nothing more is handed over after one."""
        self.last_error: KafkaError | None = None
        """What the client complained of last, be it only for a moment."""
        self._topic = topic
        self._patience = patience
        self._tick = tick
        timeout = {"message.timeout.ms": round(patience * 1000)}
        try:
            self._producer = Producer({**_SETTINGS, **timeout, **settings, "error_cb": self._on_error})
        except KafkaException as error:
            raise SluiceError(f"the settings for Kafka are not accepted: {trouble.text(error.args[0])}") from error

    @property
    def waiting(self) -> int:
        """Messages of which it is not known yet what became of them."""
        return len(self._producer)

    @property
    def acknowledged(self) -> int:
        """Messages that all replicas have."""
        return max(0, self.handed - self.failed - self.waiting)

    def connect(self, *, seconds: float = CONNECT_SECONDS) -> None:
        """Wait until the topic can be written to; raises SluiceError, at once if waiting cannot help."""
        deadline = time.monotonic() + seconds
        while True:
            self._tick()
            error = self._ask()
            if error is None:
                return
            if trouble.is_final(error) or time.monotonic() > deadline:
                raise SluiceError(trouble.cannot_connect(error, topic=self._topic), status=Exit.UNAVAILABLE)
            self._producer.poll(_TICK_SECONDS)

    def send(self, rows: list[Row]) -> None:
        """Hand rows to the client, waiting for room; returns early, with `problem` set, after a failure."""
        while rows and self.problem is None:
            waiting = self.waiting
            if not waiting or waiting + len(rows) <= QUEUE:
                handed = self._producer.produce_batch(self._topic, rows, on_delivery=self._on_failure)
                self.handed += handed
                rows = [] if handed == len(rows) else self._not_taken(rows)
            self._serve(_TICK_SECONDS if rows else 0)

    def finish(self) -> None:
        """Wait until it is known of every message what became of it."""
        # The client gives each message up after `patience`, one under way when its request has ended too.
        deadline = time.monotonic() + self._patience + 2 * _SOCKET_SECONDS
        while self._producer.flush(_TICK_SECONDS) and time.monotonic() < deadline:
            self._tick()
        self.abandon()

    def abandon(self) -> None:
        """Give up what is still waiting: it counts as failed."""
        if self.waiting:
            self._producer.purge()
            self._producer.flush()

    def _ask(self) -> KafkaError | None:
        """Ask for the topic's partitions; returns what stands in the way."""
        try:
            topic = self._producer.list_topics(self._topic, timeout=1.0).topics[self._topic]
        except KafkaException as error:
            self._producer.poll(0)
            return self.last_error or error.args[0]
        return topic.error

    def _serve(self, seconds: float) -> None:
        self._producer.poll(seconds)
        self._tick()

    def _not_taken(self, rows: list[Row]) -> list[Row]:
        """Return the rows that did not find room; any other error is a failure."""
        left: list[Row] = []
        for row in rows:
            error: Any = row.pop("_error", None)
            if error is None:
                continue
            if error.code() != KafkaError._QUEUE_FULL:
                self.problem = self.problem or error
            left.append(row)
        return left

    def _on_failure(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self.failed += 1
            self.problem = self.problem or error

    def _on_error(self, error: KafkaError) -> None:
        self.last_error = trouble.more_telling(self.last_error, error)
        if error.fatal():
            self.problem = self.problem or error
