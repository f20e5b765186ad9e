"""Reads dead letters newest first, a page at a time, and no more than a budget allows: a topic may hold a million."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from producer.kafka.connection import KafkaUser
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.view.topic_reader import TopicReader

At = tuple[str, int]
"""Topic and partition."""
Spans = Mapping[At, tuple[int, int]]
"""First and end offset, by topic and partition."""
_FIRST_CHUNK = 4
"""Letters read first, whose size tells how many to read at once: an image may have 9 MB."""
_CHUNK_BYTES = 8 << 20
MOST_AT_ONCE = 2500


@dataclass(kw_only=True)
class Budget:
    """How much may be read: letters, their bytes, and seconds. Something is read in any case."""

    letters: int
    bytes: int = 32 << 20
    seconds: float = 3.0
    _begun: float = field(default_factory=time.monotonic)

    @property
    def used_up(self) -> bool:
        """Whether no more may be read."""
        return self.letters <= 0 or self.bytes <= 0 or time.monotonic() - self._begun > self.seconds


ReadChunk = Callable[[str, int, int, int], list[DeadLetter]]
"""Returns the letters of a topic and partition between two offsets, in their order, without values."""


class ChunkReader:
    """Reads chunks as `user`, by a reader of each topic that it keeps open; raises SluiceError as TopicReader does."""

    def __init__(self, user: KafkaUser) -> None:
        self._user = user
        self._readers: dict[str, TopicReader] = {}

    def __call__(self, topic: str, partition: int, begin: int, end: int) -> list[DeadLetter]:
        """Return the letters of a topic and partition between two offsets."""
        if topic not in self._readers:
            # Letters behind the chunk are not wanted: few bytes are read ahead.
            settings = {"queued.max.messages.kbytes": 4096, "fetch.message.max.bytes": 1 << 20}
            self._readers[topic] = TopicReader(self._user, topic, spans={}, settings=settings)
        records = self._readers[topic].read({partition: (begin, end)})
        return [replace(DeadLetter.from_record(record), value=None) for record in records]

    def close(self) -> None:
        """Close the connections to Kafka."""
        while self._readers:
            self._readers.popitem()[1].close()


class _Backwards:
    """The letters of one partition, the newest first."""

    def __init__(
        self, read: Callable[[int, int], list[DeadLetter]], *, begin: int, end: int, budget: Budget, at_once: int
    ) -> None:
        self._read = read
        self._begin = begin
        self._low = end
        self._budget = budget
        self._letters: list[DeadLetter] = []
        self._at_once = at_once
        self._chunk = _FIRST_CHUNK

    @property
    def before(self) -> int:
        """Offset before which all letters are that have not been taken."""
        return self._letters[-1].offset + 1 if self._letters else self._low

    def peek(self, matches: Callable[[DeadLetter], bool]) -> DeadLetter | None:
        """Return the next one that matches; None if there is none, or the budget is used up."""
        while True:
            while self._letters and not matches(self._letters[-1]):
                self._letters.pop()
            if self._letters:
                return self._letters[-1]
            if self._low <= self._begin or self._budget.used_up:
                return None
            self._read_chunk()

    def take(self) -> None:
        """Remove the letter that `peek` has returned."""
        self._letters.pop()

    def _read_chunk(self) -> None:
        begin = max(self._begin, self._low - min(self._chunk, max(1, self._budget.letters)))
        self._letters = self._read(begin, self._low)
        size = sum(map(_size, self._letters)) or 1
        self._budget.letters -= self._low - begin
        self._budget.bytes -= size
        self._low = begin
        self._chunk = min(max(1, _CHUNK_BYTES * max(1, len(self._letters)) // size), self._at_once)


def _size(letter: DeadLetter) -> int:
    return (letter.size or 0) + sum(len(value or b"") for _, value in letter.headers)


class NewestLetters:
    """Iterates over the letters of several partitions, each from its newest on, the later one first.

    `spans`: begin and end offset by topic and partition; `at_once`: how many letters are read at once at most. It stops
    where the budget is used up; `before` then says where to go on.
    """

    def __init__(
        self,
        read: ReadChunk,
        spans: Spans,
        *,
        budget: Budget,
        matches: Callable[[DeadLetter], bool] = lambda _: True,
        at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._matches = matches
        self._partitions = {
            at: _Backwards(_reading(read, *at), begin=begin, end=end, budget=budget, at_once=at_once)
            for at, (begin, end) in spans.items()
        }
        self._begins = {at: begin for at, (begin, _) in spans.items()}

    def __iter__(self) -> Iterator[DeadLetter]:
        """Yield the letters."""
        while True:
            heads = [
                (letter.time or "", partition)
                for partition in self._partitions.values()
                if (letter := partition.peek(self._matches))
            ]
            if not heads:
                return
            _, latest = max(heads, key=lambda head: head[0])
            letter = latest.peek(self._matches)
            latest.take()
            if letter:
                yield letter

    @property
    def before(self) -> dict[At, int] | None:
        """Offsets before which all letters are that were not yielded; None if there are none."""
        offsets = {at: partition.before for at, partition in self._partitions.items()}
        return offsets if any(offset > self._begins[at] for at, offset in offsets.items()) else None


def _reading(read: ReadChunk, topic: str, partition: int) -> Callable[[int, int], list[DeadLetter]]:
    return lambda begin, end: read(topic, partition, begin, end)
