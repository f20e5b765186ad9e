"""A table, a topic and a sink for tests, and the rows that go in."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import product
from typing import Any, TypeVar
from unittest.mock import patch
from zlib import crc32

from producer.gps.parse_row import GpsFix
from sluice.proof.gps.prove import Finding, prove
from sluice.proof.gps.table_rows import TableRow
from sluice.proof.shared.outcome import Question
from sluice.proof.shared.sink_progress import Message, SinkState

START = 1_353_099_678_298_235
FAILED = "task 0 of mysql-sink has FAILED: java.lang.IllegalStateException: no"
PAUSED = "connector mysql-sink is PAUSED"
PARTITIONS = 2
Found = TypeVar("Found")


def fix(number: int) -> GpsFix:
    """A fix of its own for each number, a fifth of a second apart; every other one without an altitude."""
    altitude = None if number % 2 else 264.4 + number / 7
    return GpsFix(
        START + number * 200_000, 3 - number % 2, 0, 0.7381, -1.461 + number / 1e6, altitude, 11.3, number / 3
    )


def stored(item: GpsFix) -> TableRow:
    """The row of the table that a fix becomes."""
    return TableRow(*item, recorded_at=item.utime)


def line(item: GpsFix) -> bytes:
    """The row of the log that a fix was read from."""
    return ",".join("nan" if field is None else repr(field) for field in item).encode() + b"\n"


def upsert(*items: GpsFix) -> list[tuple[bytes, TableRow | None]]:
    """The messages of a load."""
    return [(b"%d" % item.utime, stored(item)) for item in items]


def delete(*items: GpsFix) -> list[tuple[bytes, TableRow | None]]:
    """The messages of a load with --tombstones."""
    return [(b"%d" % item.utime, None) for item in items]


@dataclass
class FakeTable:
    """A table in memory; counts how often it is read."""

    content: Sequence[TableRow]
    product: str = "MariaDB 11.4.5"
    reads: int = 0

    def rows(self, span: tuple[int, int] | None, also: Iterable[int] = ()) -> Iterator[TableRow]:
        self.reads += 1
        wanted = list(also)
        assert wanted == sorted(set(wanted))
        assert not span or not any(span[0] <= utime <= span[1] for utime in wanted)
        first, last = span or (0, -1)
        return iter(sorted(row for row in self.content if first <= row.utime <= last or row.utime in wanted))

    def apply(self, key: bytes, value: TableRow | None) -> None:
        """Write as the sink does; a key that is no number never reaches the table."""
        if key.isdigit():
            kept = [row for row in self.content if row.utime != int(key)]
            self.content = [*kept, value] if value is not None else kept


class FakeSink:
    """A topic and the sink that reads it. While it runs, it writes `pace` messages of each partition at each look.

    As the real one it says a step later what it has done, and does nothing where it has a `halt`. Messages of `more`
    come when the source has been read; of each partition so many `markers` of transactions are the last.
    """

    def __init__(
        self,
        waiting: Iterable[tuple[bytes, Any]] = (),
        *,
        apply: Callable[[bytes, Any], None] = lambda key, value: None,
        halt: str | None = None,
        pace: int = 1000,
        done: Sequence[tuple[bytes, Any]] = (),
        more: Sequence[tuple[bytes, Any]] = (),
        markers: int = 0,
    ) -> None:
        self.halt = halt
        self.looked_at = 0
        self.asked = 0
        self._apply = apply
        self._pace = pace
        self._more = list(more)
        self._topic: list[list[tuple[bytes, Any] | None]] = [[] for _ in range(PARTITIONS)]
        self.send([*done])
        self._written = [len(messages) for messages in self._topic]
        self._said = list(self._written)
        self.send(waiting)
        for messages in self._topic:
            messages.extend([None] * markers)

    def send(self, messages: Iterable[tuple[bytes, Any]]) -> None:
        for key, value in messages:
            self._topic[crc32(key) % PARTITIONS].append((key, value))

    def ends(self) -> dict[int, int]:
        return {number: len(messages) for number, messages in enumerate(self._topic)}

    def state(self, ends: Mapping[int, int]) -> SinkState:
        self.asked += 1
        if self.asked == 2:  # first it is asked before the source is read
            self.send(self._more)
        if self.halt is None:
            self._step()
        spans = {number: (self._said[number], end) for number, end in ends.items() if self._said[number] < end}
        return SinkState(waiting=spans, troubles=(self.halt,) if self.halt else (), stuck=self.halt is not None)

    def read(self, spans: Mapping[int, tuple[int, int]]) -> Iterator[Message]:
        self.looked_at += 1
        for number, (begin, end) in spans.items():
            for offset in range(begin, end):
                if (message := self._topic[number][offset]) is not None:
                    yield Message(number, offset, message[0])

    def beginnings(self) -> Iterator[list[tuple[bytes, Any]]]:
        """What the sink may still write by some moment: a beginning of what waits in each partition."""
        waiting = [messages[at:] for messages, at in zip(self._topic, self._written, strict=True)]
        for counts in product(*(range(len(messages) + 1) for messages in waiting)):
            parts = [messages[:count] for messages, count in zip(waiting, counts, strict=True)]
            yield [message for part in parts for message in part if message is not None]

    def _step(self) -> None:
        for number, messages in enumerate(self._topic):
            # Of what it has not been shown it says nothing: a marker at the end waits for ever.
            while self._said[number] < self._written[number]:
                self._said[number] += 1
            for message in messages[self._written[number] : self._written[number] + self._pace]:
                if message is None:
                    break
                self._apply(*message)
                self._written[number] += 1


@dataclass
class Noted:
    """Keeps what a proof says of its progress."""

    lags: list[int] = field(default_factory=list[int])
    read_rows: int = 0

    def read(self, count: int) -> None:
        self.read_rows = count

    def waiting(self, state: SinkState) -> None:
        self.lags.append(state.lag)

    def compared(self, count: int, total: int) -> None:
        assert 0 < count <= total


class Clock:
    """A clock that goes on only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def at_once(proof: Callable[[], Found]) -> Found:
    """Run a proof without really waiting."""
    with patch("sluice.proof.shared.wait_for_sink.time", Clock()):
        return proof()


def find(
    log: bytes,
    *,
    table: FakeTable,
    sink: FakeSink | None = None,
    question: Question | None = None,
    absent: bool = False,
    wait_seconds: float = 30,
    limit: int = 20,
) -> Finding:
    """Run a proof of the log against the table."""
    return at_once(
        lambda: prove(
            BytesIO(log),
            name="gps.csv",
            table=table,
            sink=sink or FakeSink(),
            question=question or Question(absent=absent, wait_seconds=wait_seconds),
            limit=limit,
            progress=Noted(),
        )
    )
