"""Waits until the sink has written every record that could change the verdict, then compares."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from sluice.proof.shared.sink_progress import Offsets, Sink, SinkState, Span, WaitingRecord, count_new_records

POLL_SECONDS = 0.25
COMMIT_SECONDS = 3.0
"""A running sink commits what it has written within this time; keys of records that wait longer are read."""
READ_SECONDS = 10.0
READ_RECORDS = 500_000
"""Limits of reading waiting records. A record that was not read could change anything."""


class PendingComparison(Protocol):
    """A comparison of a source with a store, and which records could change its result."""

    @property
    def is_empty(self) -> bool:
        """True if the source has nothing that could be in the store."""
        ...

    def may_change_with(self, key: bytes) -> bool:
        """Return False only if a record with this key cannot change the result. Fast, may err on the safe side."""
        ...

    def select_changing(self, keys: set[bytes]) -> set[bytes]:
        """Return those of `keys` whose records could change the result. Exact."""
        ...

    def compare(self) -> None:
        """Compare everything."""
        ...


@dataclass(frozen=True, kw_only=True)
class SinkAtComparison:
    """The sink when a source was compared."""

    state: SinkState
    """Just before the store was read."""
    as_of: datetime
    """End of reading the source: the records that the topic had then were waited for."""
    later: int
    """Number of records that were written to the topic after that."""


def compare_as_of_now(
    comparison: PendingComparison, *, sink: Sink, seconds: float, progress: Callable[[SinkState], None]
) -> SinkAtComparison:
    """Wait for the records that the topic has now, for `seconds` at most, and compare.

    A source with nothing to compare is not waited for.
    """
    as_of, ends = datetime.now(UTC), sink.ends()
    if comparison.is_empty:
        state = replace(sink.state(ends), concerning=0)
    else:
        state = compare_when_caught_up(comparison, sink=sink, ends=ends, seconds=seconds, progress=progress)
    return SinkAtComparison(state=state, as_of=as_of, later=count_new_records(ends, sink.ends()))


def compare_when_caught_up(
    comparison: PendingComparison,
    *,
    sink: Sink,
    ends: Offsets,
    seconds: float,
    progress: Callable[[SinkState], None],
) -> SinkState:
    """Compare once the sink has committed every record before `ends` that could change the result.

    It waits for at most `seconds`, and not for a sink that is stuck; then it compares all the same. Returns the state
    of the sink *before* the store was read, with the number of such records that still waited.
    """
    backlog = _Backlog(comparison, sink, ends)
    began = time.monotonic()
    while True:
        state = backlog.state()
        progress(state)
        if not state.concerning:
            break
        waited = time.monotonic() - began
        over = state.stuck or waited >= seconds
        if not backlog.was_read and (over or waited >= COMMIT_SECONDS):
            backlog.read(state.waiting)
        elif over:
            break
        else:
            time.sleep(max(0.0, min(POLL_SECONDS, seconds - waited)))
    comparison.compare()
    return state


class _Backlog:
    """The records before `ends` that wait for the sink, and which of them could change the result."""

    def __init__(self, comparison: PendingComparison, sink: Sink, ends: Offsets) -> None:
        self._comparison = comparison
        self._sink = sink
        self._ends = ends
        self.was_read = False
        self._read: dict[int, Span] = {}
        """Of each partition the records that were read."""
        self._concerning: list[WaitingRecord] = []

    def state(self) -> SinkState:
        """Return the sink's state now. A record that was not read counts as one that could change the result."""
        state = self._sink.state(self._ends)
        known = sum(
            state.waiting[record.partition][0] <= record.offset
            for record in self._concerning
            if record.partition in state.waiting
        )
        unread = sum(self._count_unread(number, span) for number, span in state.waiting.items())
        return replace(state, concerning=known + unread)

    def read(self, spans: dict[int, Span]) -> None:
        """Read the keys of the records that wait, and keep the records that could change the result."""
        self.was_read = True
        until = time.monotonic() + READ_SECONDS
        candidates: list[WaitingRecord] = []
        for count, record in enumerate(self._sink.read(spans), start=1):
            self._read[record.partition] = (spans[record.partition][0], record.offset + 1)
            if record.key is not None and self._comparison.may_change_with(record.key):
                candidates.append(record)
            if count >= READ_RECORDS or time.monotonic() >= until:
                break
        else:
            # Read to the end: an offset without a record, such as a transaction's marker, changes nothing.
            self._read |= spans
        keys = self._comparison.select_changing({record.key for record in candidates if record.key is not None})
        self._concerning = [record for record in candidates if record.key in keys]

    def _count_unread(self, number: int, span: Span) -> int:
        (begin, end), (first, last) = span, self._read.get(number, (0, 0))
        return (end - begin) - max(0, min(end, last) - max(begin, first))
