"""A table and a sink for tests, and the rows that go in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO

from producer.gps import GpsFix
from proof.outcome import Question
from proof.prove import Finding, prove
from proof.sink import SinkState
from proof.table import TableRow

START = 1_353_099_678_298_235
CAUGHT_UP = SinkState(lag=0, troubles=(), stuck=False)
BEHIND = replace(CAUGHT_UP, lag=5)
FAILED = SinkState(
    lag=5, troubles=("task 0 of mysql-sink has FAILED: java.lang.IllegalStateException: no",), stuck=True
)


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


@dataclass
class FakeTable:
    """A table in memory; counts how often it is read."""

    content: list[TableRow]
    product: str = "MariaDB 11.4.5"
    reads: int = 0

    def count(self, first: int, last: int) -> int:
        return sum(first <= row.utime <= last for row in self.content)

    def rows(self, first: int, last: int) -> Iterator[TableRow]:
        self.reads += 1
        return iter(sorted(row for row in self.content if first <= row.utime <= last))


@dataclass
class FakeSink:
    """Goes through its states, one each time it is asked, and stays in the last one.

    With `late`, those rows come into the table when the last state is reached.
    """

    states: list[SinkState]
    table: FakeTable | None = None
    late: Sequence[TableRow] = ()
    asked: int = 0

    def state(self) -> SinkState:
        state = self.states[min(self.asked, len(self.states) - 1)]
        self.asked += 1
        if self.asked == len(self.states) and self.table is not None:
            self.table.content += self.late
        return state


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


def find(
    log: bytes,
    *,
    table: FakeTable,
    sink: FakeSink | None = None,
    absent: bool = False,
    wait_seconds: float = 30,
    limit: int = 20,
) -> Finding:
    """Run a proof of the log against the table."""
    return prove(
        BytesIO(log),
        name="gps.csv",
        table=table,
        sink=sink or FakeSink([CAUGHT_UP]),
        question=Question(absent=absent, wait_seconds=wait_seconds),
        limit=limit,
        progress=Noted(),
    )
