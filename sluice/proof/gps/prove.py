"""The proof itself: read the source, wait for the sink, compare, judge."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import BinaryIO

from sluice.proof.gps.compare import Comparison, compare
from sluice.proof.gps.decimate import Plots, thin, usual_gap
from sluice.proof.gps.external_sort import SortedFixes, SortedRefusals
from sluice.proof.gps.source_rows import SourceSummary, read_source
from sluice.proof.gps.table_rows import TableReader
from sluice.proof.shared.outcome import Question
from sluice.proof.shared.proof_progress import Progress
from sluice.proof.shared.sink_progress import Sink, SinkState, came_since
from sluice.proof.shared.wait_for_sink import catch_up


@dataclass(frozen=True, kw_only=True)
class Finding:
    """All that a proof has found."""

    source: SourceSummary
    comparison: Comparison
    sink: SinkState
    """As it was just before the table was read."""
    as_of: datetime
    """When the source had been read: what Kafka had then is what the proof waited for."""
    later: int
    """Messages that came to the topic after that."""
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
    sink.state(sink.ends())
    with SortedFixes() as fixes, SortedRefusals() as refused:
        source = read_source(stream, name=name, into=fixes, refused=refused, limit=limit, progress=progress.read)
        as_of, ends = datetime.now(UTC), sink.ends()
        run = _Run(fixes, refused, source=source, table=table, question=question, limit=limit, progress=progress)
        if len(fixes) or len(refused):
            state = catch_up(run, sink=sink, ends=ends, seconds=question.wait_seconds, progress=progress.waiting)
        else:
            state = replace(sink.state(ends), concerning=0)
        plots = thin(fixes, total=len(fixes), gap_seconds=usual_gap(fixes))
    later = came_since(ends, sink.ends())
    return Finding(source=source, comparison=run.comparison, sink=state, as_of=as_of, later=later, plots=plots)


class _Run:
    def __init__(
        self,
        fixes: SortedFixes,
        refused: SortedRefusals,
        *,
        source: SourceSummary,
        table: TableReader,
        question: Question,
        limit: int,
        progress: Progress,
    ) -> None:
        self._fixes = fixes
        self._refused = refused
        self._span: tuple[int, int] | None = None
        if source.first_utime is not None and source.last_utime is not None:
            self._span = (source.first_utime, source.last_utime)
        self._table = table
        self._question = question
        self._limit = limit
        self._progress = progress
        self.comparison = compare((), iter(()), limit=0, progress=lambda _: None)

    def compare(self) -> None:
        """Compare every fix, and look for every refused row."""
        total = len(self._fixes)
        self.comparison = compare(
            self._fixes,
            self._table.rows(self._span, self._refused_elsewhere()),
            refused=self._refused,
            limit=self._limit,
            progress=lambda rows: self._progress.compared(rows, total),
        )

    def may_concern(self, key: bytes) -> bool:
        """True if the key is a utime not beyond all that the source names."""
        utime = _utime_of(key)
        first, last = self._named_span
        return utime is not None and first <= utime <= last

    def concerning(self, keys: set[bytes]) -> set[bytes]:
        """Those of the source's rows, refused ones too, and where other rows are a fault all between them."""
        utimes = {key: utime for key in keys if (utime := _utime_of(key)) is not None}
        wanted = frozenset(utimes.values())
        named = {fix.utime for fix in self._fixes if fix.utime in wanted}
        named |= {row.utime for row in self._refused if row.utime in wanted}
        return {key for key, utime in utimes.items() if utime in named or self._could_be_extra(utime)}

    @cached_property
    def _named_span(self) -> tuple[int, int]:
        """First and last utime that the source names, refused rows too."""
        first, last = self._span or (2**63, -(2**63))
        for row in self._refused:
            first, last = min(first, row.utime), max(last, row.utime)
        return first, last

    def _could_be_extra(self, utime: int) -> bool:
        others_matter = not (self._question.absent or self._question.allow_extra)
        return others_matter and self._within_span(utime)

    def _refused_elsewhere(self) -> Iterator[int]:
        """Utimes of refused rows that lie outside the accepted ones, each once."""
        return (utime for utime, _ in groupby(self._refused, key=itemgetter(0)) if not self._within_span(utime))

    def _within_span(self, utime: int) -> bool:
        return self._span is not None and self._span[0] <= utime <= self._span[1]


def _utime_of(key: bytes) -> int | None:
    """The utime that the sink's transform reads in a key, or more: what is no number never reaches the table."""
    try:
        return int(key.decode(errors="replace"))
    except ValueError:
        return None
