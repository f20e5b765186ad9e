"""Dead letters are counted by reason only where something has changed, and by clients that stay open."""

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from producer.kafka.connection import KafkaUser
from producer.runtime.exit_status import SluiceError
from sluice.dead_letters import newest_letters
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.letter_clients import LetterClients
from sluice.dead_letters.letter_summary import LetterSummary, read_page
from sluice.dead_letters.newest_letters import ChunkReader, Spans
from tests.unit.sluice.dead_letters.letters import DECODE, letter

TOPIC = "mysql-sink-dead-letters"


class FakeClients:
    """LetterClients of one topic, which count how often its letters are read."""

    def __init__(self, letters: int) -> None:
        self.letters = letters
        self.sent: set[int] = set()
        self.read = 0
        self.while_read: Callable[[], None] = lambda: None
        self.decode = DECODE
        self.sent_letters = SimpleNamespace(includes=lambda *at: at[2] in self.known, refresh=self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self.known = set(self.sent)

    def spans(self, _: object) -> Spans:
        return {(TOPIC, 0): (0, self.letters)}

    def read_chunk(self, topic: str, partition: int, begin: int, end: int) -> list[DeadLetter]:
        del topic, partition
        self.read += 1
        self.while_read()
        return [letter(offset) for offset in range(begin, end)]


class Clock:
    """A clock that a test sets."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def read(summary: LetterSummary, clients: FakeClients) -> dict[str, Any]:
    return summary.read(cast("LetterClients", clients))


def test_reasons_are_read_again_where_letters_have_come_or_were_sent() -> None:
    clients, clock = FakeClients(3), Clock()
    summary = LetterSummary(clock=clock)
    assert [read(summary, clients)["looked_at"] for _ in range(3)] == [3, 3, 3]
    assert clients.read == 1
    clients.letters = 4
    assert read(summary, clients)["looked_at"] == 4
    clients.sent = {0, 1}
    assert read(summary, clients)["sent_again"] == 0
    summary.forget()
    assert read(summary, clients)["sent_again"] == 2
    clients.sent, clock.seconds = {0}, 61
    assert read(summary, clients)["sent_again"] == 1, "others may have sent some"


def test_letters_that_are_sent_while_they_are_read_count_the_next_time() -> None:
    clients, summary = FakeClients(3), LetterSummary(clock=Clock())

    def send() -> None:
        clients.sent = {0, 1, 2}
        summary.forget()

    clients.while_read = send
    assert read(summary, clients)["sent_again"] == 0
    clients.while_read = lambda: None
    assert read(summary, clients)["sent_again"] == 3


def test_a_reading_is_followed_by_a_pause_of_many_times_its_duration() -> None:
    clients, clock = FakeClients(3), Clock()
    summary = LetterSummary(share=50, clock=clock)

    def take_a_second() -> None:
        clock.seconds += 1

    clients.while_read = take_a_second
    assert read(summary, clients)["looked_at"] == 3
    clients.letters, clock.seconds = 9, 50.5
    found = read(summary, clients)
    assert (summary.is_due, found["letters"], found["looked_at"]) == (False, 9, 3)
    clock.seconds = 51
    assert (summary.is_due, read(summary, clients)["looked_at"]) == (True, 9)


def test_a_page_has_what_was_sent_since_the_one_before() -> None:
    clients = FakeClients(3)

    def page() -> list[bool]:
        found = read_page(cast("LetterClients", clients), connector=None, group=None, before=None, limit=2)
        return [one["sent_again"] for one in found["letters"]]

    assert page() == [False, False]
    clients.sent = {2}
    assert page() == [True, False]


class FakeReader:
    """TopicReader that fails for a partition 9."""

    opened: list["FakeReader"]

    def __init__(self, _user: object, topic: str, **_: object) -> None:
        self.topic = topic
        self.closed = False
        self.opened.append(self)

    def read(self, spans: Mapping[int, tuple[int, int]]) -> Iterator[object]:
        if 9 in spans:
            raise SluiceError("Kafka does not answer")
        yield from ()

    def close(self) -> None:
        self.closed = True


def test_chunks_of_a_topic_are_read_by_one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeReader.opened = []
    monkeypatch.setattr(newest_letters, "TopicReader", FakeReader)
    read_chunk = ChunkReader(cast("KafkaUser", None))
    for topic in ("a", "b"):
        for partition in range(4):
            assert read_chunk(topic, partition, 0, 5) == []
    assert [reader.topic for reader in FakeReader.opened] == ["a", "b"]
    with pytest.raises(SluiceError):
        read_chunk("a", 9, 0, 5)
    read_chunk.close()
    assert all(reader.closed for reader in FakeReader.opened)


def test_after_a_failure_it_waits_as_after_a_success() -> None:
    clients, clock = FakeClients(3), Clock()
    summary = LetterSummary(share=20, clock=clock)

    def fail() -> None:
        clock.seconds += 1
        raise SluiceError("forbidden")

    clients.while_read = fail
    with pytest.raises(SluiceError):
        read(summary, clients)
    assert not summary.is_due
    assert read(summary, clients)["letters"] == 3
    clock.seconds += 20
    assert summary.is_due
    with pytest.raises(SluiceError):
        read(summary, clients)
