"""The proof itself: read the source, wait for the sink, compare, judge."""

from dataclasses import dataclass
from typing import BinaryIO

from proof.catch_up import catch_up
from proof.compare import Comparison, compare
from proof.outcome import Question
from proof.progress import Progress
from proof.sink import Sink, SinkState
from proof.source import SourceSummary, read_source
from proof.spill import SortedFixes
from proof.table import TableReader
from proof.thin import Plots, thin, usual_gap


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
            state = catch_up(run, sink=sink, seconds=question.wait_seconds, progress=progress.waiting)
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

    def looks_done(self) -> bool:
        count = self._table.count(*self._span)
        return count == 0 if self._question.absent else count >= len(self._fixes)

    def compare(self) -> None:
        total = len(self._fixes)
        self.comparison = compare(
            self._fixes,
            self._table.rows(*self._span),
            limit=self._limit,
            progress=lambda rows: self._progress.compared(rows, total),
        )

    def came_out_well(self) -> bool:
        return self.comparison.none_there if self._question.absent else self.comparison.all_there
