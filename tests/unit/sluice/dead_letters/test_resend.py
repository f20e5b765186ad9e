"""Sending is stopped at once, after the letters under way, and what was acknowledged is recorded in any case."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError

from producer.kafka.connection import KafkaUser
from sluice.dead_letters import resend
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.resend import SendPlan, SendStoppedError, plan_send, send_letters
from sluice.dead_letters.sent_letters import SentLetters
from tests.unit.sluice.dead_letters.letters import letter

BATCH = 10
USER = cast("KafkaUser", type("FakeUser", (), {"client_settings": lambda _: {}})())


class FakeSent:
    """SentLetters that keeps the offsets."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def includes(self, *_: object) -> bool:
        return False

    def add(self, offsets: Mapping[tuple[str, int], Iterable[int]]) -> None:
        self.offsets += [offset for more in offsets.values() for offset in more]


class FakeProducer:
    """A producer whose broker acknowledges the first letters of a batch at once, and the others after `flushes`."""

    flushes = 0
    at_once = 3

    def __init__(self, _settings: object) -> None:
        self.waiting: list[Callable[[KafkaError | None, None], None]] = []
        self.flushed = 0

    def produce(self, *_: object, on_delivery: Callable[[KafkaError | None, None], None], **__: object) -> None:
        self.waiting.append(on_delivery)

    def list_topics(self, *_: object, **__: object) -> Any:
        topic = type("FakeTopic", (), {"error": None, "partitions": {0: None}})
        return type("FakeMetadata", (), {"topics": {"gps-fixes": topic}})

    def flush(self, _seconds: float) -> int:
        self.flushed += 1
        self._answer(self.at_once if self.flushed == 1 else 0)
        if self.flushed > self.flushes:
            self._answer(len(self.waiting))
            self.flushed = 0
        return len(self.waiting)

    def purge(self) -> None:
        for done in self.waiting:
            done(KafkaError(KafkaError._PURGE_INFLIGHT), None)  # pyright: ignore[reportPrivateUsage]
        self.waiting = []

    def _answer(self, count: int) -> None:
        for done in self.waiting[:count]:
            done(None, None)
        self.waiting = self.waiting[count:]


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> type[FakeProducer]:
    producer = type("Broker", (FakeProducer,), {})
    monkeypatch.setattr(resend, "Producer", producer)
    monkeypatch.setattr(resend, "_BATCH_LETTERS", BATCH)
    return producer


def plan_of(letters: Iterable[DeadLetter]) -> SendPlan:
    return plan_send(letters, sent_letters=cast("SentLetters", FakeSent()), again=False)


def send(letters: Iterable[DeadLetter], plan: SendPlan, tick: Callable[[int], None]) -> tuple[FakeSent, Any]:
    sent = FakeSent()
    try:
        result = send_letters(letters, plan=plan, sent_letters=cast("SentLetters", sent), user=USER, tick=tick)
    except SendStoppedError as stopped:
        result = stopped.result
    return sent, result


def stop_at(*calls: int) -> Callable[[int], None]:
    """Return a tick that raises an exception at these calls of it."""
    count = iter(range(10_000))

    def tick(_: int) -> None:
        if next(count) in calls:
            raise ZeroDivisionError

    return tick


def test_no_batch_begins_once_it_is_to_stop() -> None:
    letters = [letter(offset) for offset in range(25)]
    sent, result = send(letters, plan_of(letters), stop_at(5))
    assert (sent.offsets, result.acknowledged.total()) == ([], 0)
    sent, result = send(letters, plan_of(letters), stop_at(16))  # ten are sent by then, and the next are being read
    assert (sent.offsets, result.acknowledged.total()) == (list(range(10)), 10)


def test_it_stops_while_letters_are_read_that_are_not_to_be_sent() -> None:
    read: list[int] = []

    def letters() -> Iterator[DeadLetter]:
        for offset in range(1000):
            read.append(offset)
            yield letter(offset)

    sent, _ = send(letters(), plan_of([letter(999)]), stop_at(20))
    assert (sent.offsets, len(read)) == ([], 21)


def test_the_batch_under_way_is_recorded_before_it_stops(broker: type[FakeProducer]) -> None:
    broker.flushes = 4
    letters = [letter(offset) for offset in range(25)]
    sent, result = send(letters, plan_of(letters), stop_at(BATCH))
    assert (sent.offsets, result.problem) == (list(range(10)), None)


def test_asked_twice_it_records_what_was_acknowledged_and_says_what_was_not(broker: type[FakeProducer]) -> None:
    broker.flushes = 1_000
    letters = [letter(offset) for offset in range(25)]
    sent, result = send(letters, plan_of(letters), stop_at(BATCH, BATCH + 1))
    assert sent.offsets == [0, 1, 2]
    assert "7 were not acknowledged" in result.problem
