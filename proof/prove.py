"""The proof itself: read the source, wait for the sink, compare, judge."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from proof.compare import Comparison, compare
from proof.sink import Sink, SinkState, wait_for
from proof.source import SourceSummary, read_source
from proof.spill import SortedFixes
from proof.table import TableReader
from proof.thin import Plots, thin, usual_gap
from proof.verdict import Question


class Progress(Protocol):
    """Is told how far the proof is."""

    def read(self, rows: int) -> None:
        """So many rows of the source have been read."""
        ...

    def waiting(self, state: SinkState) -> None:
        """The sink has this far to go."""
        ...

    def compared(self, rows: int, total: int) -> None:
        """So many of all rows have been compared."""
        ...


@dataclass(frozen=True, kw_only=True)
class Finding:
    """All that a proof has found."""

    source: SourceSummary
    comparison: Comparison
    sink: SinkState
    plots: Plots


def prove(
    stream: BinaryIO,
    *,
    name: str,
    table: TableReader,
    sink: Sink,
    question: Question,
    limit: int,
    progress: Progress,
) -> Finding:
    """Compare the log in `stream` with the table, once the sink has caught up; lists up to `limit` of each kind."""
    # Asked before the source is read: an hour's download need not end in «Connect does not answer».
    state = sink.state()
    with SortedFixes() as fixes:
        source = read_source(stream, name=name, into=fixes, limit=limit, progress=progress.read)
        run = _Run(fixes=fixes, source=source, table=table, question=question, limit=limit, progress=progress)
        if source.accepted:
            state = run.wait_and_compare(sink)
        plots = thin(fixes, total=len(fixes), gap_seconds=usual_gap(fixes))
    return Finding(source=source, comparison=run.comparison, sink=state, plots=plots)


class _Run:
    def __init__(
        self,
        *,
        fixes: SortedFixes,
        source: SourceSummary,
        table: TableReader,
        question: Question,
        limit: int,
        progress: Progress,
    ) -> None:
        self._fixes = fixes
        self._span = (source.first_utime or 0, source.last_utime or 0)
        self._table = table
        self._question = question
        self._limit = limit
        self._progress = progress
        self.comparison = compare((), iter(()), limit=0, progress=lambda _: None)

    def wait_and_compare(self, sink: Sink) -> SinkState:
        """Compare as soon as it can come out well, and again, if it did not, when the sink has caught up."""
        deadline = time.monotonic() + self._question.wait_seconds
        state = self._wait(sink, until=deadline, done=self._looks_done)
        self._compare()
        if state.lag and not state.stuck and not self._came_out_well():
            state = self._wait(sink, until=deadline, done=lambda: False)
            self._compare()
        return state

    def _wait(self, sink: Sink, *, until: float, done: Callable[[], bool]) -> SinkState:
        seconds = max(0.0, until - time.monotonic())
        return wait_for(sink, seconds=seconds, done=done, progress=self._progress.waiting)

    def _looks_done(self) -> bool:
        # The sink says only every few seconds how far it is; the number of rows tells sooner that all are there.
        count = self._table.count(*self._span)
        return count == 0 if self._question.absent else count >= len(self._fixes)

    def _compare(self) -> None:
        total = len(self._fixes)
        self.comparison = compare(
            self._fixes,
            self._table.rows(*self._span),
            limit=self._limit,
            progress=lambda rows: self._progress.compared(rows, total),
        )

    def _came_out_well(self) -> bool:
        return self.comparison.none_there if self._question.absent else self.comparison.all_there
