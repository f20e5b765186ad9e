"""Reads the dead letters of a topic with their reasons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from confluent_kafka import Consumer, Message, TopicPartition

from sluice.view.endpoints import Endpoints
from tests.run_sluice import wait_for


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record that a sink could not use."""

    key: bytes | None
    value: bytes | None
    headers: dict[str, str]
    """Connect's error headers, without the prefix `__connect.errors.`."""

    @property
    def reason(self) -> str:
        """The message of the exception."""
        return self.headers["exception.message"]


class DeadLetterReader:
    """Reads a topic's dead letters from now on, or from the beginning."""

    def __init__(self, endpoints: Endpoints, topic: str, *, from_beginning: bool = False) -> None:
        self._consumer = Consumer(endpoints.consumer.client_settings() | {"group.id": f"reader-{uuid4()}"})
        _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
        self._consumer.assign([TopicPartition(topic, 0, 0 if from_beginning else end)])
        self._found: list[DeadLetter] = []

    def read(self) -> Sequence[DeadLetter]:
        """Return the dead letters so far."""
        while messages := self._consumer.consume(100, timeout=0.5):
            self._found += [_dead_letter(message) for message in messages]
        return self._found

    def wait(self, enough: Callable[[Sequence[DeadLetter]], bool], *, seconds: float = 60) -> Sequence[DeadLetter]:
        """Wait until `enough` accepts the dead letters, and return them."""
        wait_for(lambda: enough(self.read()), seconds=seconds)
        return self._found


def _dead_letter(message: Message) -> DeadLetter:
    headers: list[tuple[str, bytes | None]] = list(message.headers() or [])  # pyright: ignore[reportAssignmentType]
    errors = {name.removeprefix("__connect.errors."): (value or b"").decode() for name, value in headers}
    return DeadLetter(key=_bytes(message.key()), value=_bytes(message.value()), headers=errors)


def _bytes(part: str | bytes | None) -> bytes | None:
    return part.encode() if isinstance(part, str) else part
