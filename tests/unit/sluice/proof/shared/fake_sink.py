"""Fake topic and sink, and a fake clock: a proof waits for the sink without waiting in real time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeVar
from unittest.mock import patch
from zlib import crc32

from sluice.proof.shared.sink_progress import SinkState, WaitingRecord

FAILED = "task 0 of mysql-sink has FAILED: java.lang.IllegalStateException: no"
PAUSED = "connector mysql-sink is PAUSED"
PARTITIONS = 2
Result = TypeVar("Result")


class FakeSink:
    """A topic and the sink that reads it. While it runs, it writes `pace` records of each partition at each state().

    Like a real sink it commits one step later; with a `problem` it does nothing. Records of `more` are sent when the
    source has been read; each partition ends with so many `markers` of transactions.
    """

    def __init__(
        self,
        waiting: Iterable[tuple[bytes, Any]] = (),
        *,
        apply: Callable[[bytes, Any], None] = lambda key, value: None,
        problem: str | None = None,
        pace: int = 1000,
        done: Sequence[tuple[bytes, Any]] = (),
        more: Sequence[tuple[bytes, Any]] = (),
        markers: int = 0,
    ) -> None:
        self.problem = problem
        self.reads = 0
        self.states = 0
        self._apply = apply
        self._pace = pace
        self._more = list(more)
        self._topic: list[list[tuple[bytes, Any] | None]] = [[] for _ in range(PARTITIONS)]
        self.send([*done])
        self._written = [len(records) for records in self._topic]
        self._committed = list(self._written)
        self.send(waiting)
        for records in self._topic:
            records.extend([None] * markers)

    def send(self, records: Iterable[tuple[bytes, Any]]) -> None:
        for key, value in records:
            self._topic[crc32(key) % PARTITIONS].append((key, value))

    def ends(self) -> dict[int, int]:
        return {number: len(records) for number, records in enumerate(self._topic)}

    def state(self, ends: Mapping[int, int]) -> SinkState:
        self.states += 1
        if self.states == 2:  # the first state() is before the source is read
            self.send(self._more)
        if self.problem is None:
            self._step()
        spans = {
            number: (self._committed[number], end) for number, end in ends.items() if self._committed[number] < end
        }
        return SinkState(
            waiting=spans, problems=(self.problem,) if self.problem else (), stuck=self.problem is not None
        )

    def read(self, spans: Mapping[int, tuple[int, int]]) -> Iterator[WaitingRecord]:
        self.reads += 1
        for number, (begin, end) in spans.items():
            for offset in range(begin, end):
                if (record := self._topic[number][offset]) is not None:
                    yield WaitingRecord(number, offset, record[0])

    def beginnings(self) -> Iterator[list[tuple[bytes, Any]]]:
        """Yield what the sink may still have written by some moment: the first records that wait in each partition."""
        waiting = [records[at:] for records, at in zip(self._topic, self._written, strict=True)]
        for counts in product(*(range(len(records) + 1) for records in waiting)):
            parts = [records[:count] for records, count in zip(waiting, counts, strict=True)]
            yield [record for part in parts for record in part if record is not None]

    def _step(self) -> None:
        for number, records in enumerate(self._topic):
            # It commits only records that it has read: a marker at the end waits for ever.
            while self._committed[number] < self._written[number]:
                self._committed[number] += 1
            for record in records[self._written[number] : self._written[number] + self._pace]:
                if record is None:
                    break
                self._apply(*record)
                self._written[number] += 1


@dataclass
class RecordedProgress:
    """Keeps the progress of a proof."""

    lags: list[int] = field(default_factory=list[int])
    read_rows: int = 0

    def read(self, count: int) -> None:
        self.read_rows = count

    def waiting(self, state: SinkState) -> None:
        self.lags.append(state.lag)

    def compared(self, count: int, total: int) -> None:
        assert 0 < count <= total


class FakeClock:
    """A clock that advances only by sleep()."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def without_waiting(proof: Callable[[], Result]) -> Result:
    """Run a proof on a fake clock."""
    with patch("sluice.proof.shared.wait_for_sink.time", FakeClock()):
        return proof()
