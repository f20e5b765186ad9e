"""Reading a topic of dead letters: which records ended there, and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from confluent_kafka import Consumer, Message, TopicPartition

from sluice.view.endpoints import Endpoints
from tests.run_sluice import wait_for


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record that a sink could not take."""

    key: bytes | None
    value: bytes | None
    headers: dict[str, str]
    """What Connect says of it, without the `__connect.errors.` before each name."""

    @property
    def reason(self) -> str:
        """The message of the exception."""
        return self.headers["exception.message"]


class DeadLetterReader:
    """The dead letters that have come to a topic since this was made, or all of them."""

    def __init__(self, endpoints: Endpoints, topic: str, *, from_beginning: bool = False) -> None:
        self._consumer = Consumer(endpoints.consumer.client_settings() | {"group.id": f"reader-{uuid4()}"})
        _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
        self._consumer.assign([TopicPartition(topic, 0, 0 if from_beginning else end)])
        self._found: list[DeadLetter] = []

    def so_far(self) -> Sequence[DeadLetter]:
        """Those that are there now."""
        while messages := self._consumer.consume(100, timeout=0.5):
            self._found += [_dead_letter(message) for message in messages]
        return self._found

    def wait(self, enough: Callable[[Sequence[DeadLetter]], bool], *, seconds: float = 60) -> Sequence[DeadLetter]:
        """Wait until they are enough."""
        wait_for(lambda: enough(self.so_far()), seconds=seconds)
        return self._found


def _dead_letter(message: Message) -> DeadLetter:
    headers: list[tuple[str, bytes | None]] = list(message.headers() or [])  # pyright: ignore[reportAssignmentType]
    told = {name.removeprefix("__connect.errors."): (value or b"").decode() for name, value in headers}
    return DeadLetter(key=_bytes(message.key()), value=_bytes(message.value()), headers=told)


def _bytes(part: str | bytes | None) -> bytes | None:
    return part.encode() if isinstance(part, str) else part
