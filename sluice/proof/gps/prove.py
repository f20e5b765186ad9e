"""Proof of rows: reads the log, waits for the sink, compares with the table.

sluice/proof/images/prove.py takes the same steps; both use sluice/proof/shared/wait_for_sink.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import BinaryIO

from sluice.proof.gps.compare import RowComparison, compare_rows
from sluice.proof.gps.decimate import Plots, decimate, gap_threshold
from sluice.proof.gps.external_sort import SortedFixes, SortedRejects
from sluice.proof.gps.source_rows import RowsSummary, read_rows
from sluice.proof.gps.table_rows import TableReader
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_progress import Progress
from sluice.proof.shared.proof_report import ProofResult
from sluice.proof.shared.sink_progress import Sink
from sluice.proof.shared.wait_for_sink import compare_as_of_now


@dataclass(frozen=True, kw_only=True)
class RowProofResult(ProofResult):
    """Result of a proof of rows."""

    source: RowsSummary
    comparison: RowComparison
    plots: Plots


def prove_rows(
    stream: BinaryIO,
    *,
    name: str,
    table: TableReader,
    sink: Sink,
    options: ProofOptions,
    limit: int,
    progress: Progress,
) -> RowProofResult:
    """Compare the log in `stream` with the table, once the sink has caught up; lists up to `limit` of each kind."""
    # Fail now if Connect does not answer, not after the source has been downloaded.
    sink.state(sink.ends())
    with SortedFixes() as fixes, SortedRejects() as rejects:
        source = read_rows(stream, name=name, fixes=fixes, rejects=rejects, limit=limit, progress=progress.read)
        pending = _PendingRows(
            fixes, rejects, source=source, table=table, options=options, limit=limit, progress=progress
        )
        at = compare_as_of_now(pending, sink=sink, seconds=options.wait_seconds, progress=progress.waiting)
        plots = decimate(fixes, total=len(fixes), gap_seconds=gap_threshold(fixes))
    return RowProofResult(
        source=source,
        comparison=pending.result,
        sink=at.state,
        as_of=at.as_of,
        later=at.later,
        plots=plots,
    )


class _PendingRows:
    """The comparison of a log with the table (wait_for_sink.PendingComparison)."""

    def __init__(
        self,
        fixes: SortedFixes,
        rejects: SortedRejects,
        *,
        source: RowsSummary,
        table: TableReader,
        options: ProofOptions,
        limit: int,
        progress: Progress,
    ) -> None:
        self._fixes = fixes
        self._rejects = rejects
        self._span: tuple[int, int] | None = None
        if source.first_utime is not None and source.last_utime is not None:
            self._span = (source.first_utime, source.last_utime)
        self._table = table
        self._options = options
        self._limit = limit
        self._progress = progress
        self.result = compare_rows((), iter(()), limit=0, progress=lambda _: None)

    @property
    def is_empty(self) -> bool:
        """True if the source has no row and no reject with a utime."""
        return not len(self._fixes) and not len(self._rejects)

    def compare(self) -> None:
        """Compare every fix, and look for every rejected row."""
        total = len(self._fixes)
        self.result = compare_rows(
            self._fixes,
            self._table.rows(self._span, self._rejects_outside_span()),
            rejects=self._rejects,
            limit=self._limit,
            progress=lambda rows: self._progress.compared(rows, total),
        )

    def may_change_with(self, key: bytes) -> bool:
        """Return True if the key is a utime between the first and the last that the source names."""
        utime = _parse_key(key)
        first, last = self._named_span
        return utime is not None and first <= utime <= last

    def select_changing(self, keys: set[bytes]) -> set[bytes]:
        """Return the keys of the source's rows, rejected ones too; where extra rows are a fault, all keys between."""
        utimes = {key: utime for key in keys if (utime := _parse_key(key)) is not None}
        candidates = frozenset(utimes.values())
        named = {fix.utime for fix in self._fixes if fix.utime in candidates}
        named |= {row.utime for row in self._rejects if row.utime in candidates}
        return {key for key, utime in utimes.items() if utime in named or self._could_be_extra(utime)}

    @cached_property
    def _named_span(self) -> tuple[int, int]:
        """First and last utime that the source names, rejected rows too."""
        first, last = self._span or (2**63, -(2**63))
        for row in self._rejects:
            first, last = min(first, row.utime), max(last, row.utime)
        return first, last

    def _could_be_extra(self, utime: int) -> bool:
        extra_is_a_fault = not (self._options.absent or self._options.allow_extra)
        return extra_is_a_fault and self._is_in_span(utime)

    def _rejects_outside_span(self) -> Iterator[int]:
        """Yield the utimes of rejected rows that lie outside the accepted ones, each once."""
        return (utime for utime, _ in groupby(self._rejects, key=itemgetter(0)) if not self._is_in_span(utime))

    def _is_in_span(self, utime: int) -> bool:
        return self._span is not None and self._span[0] <= utime <= self._span[1]


def _parse_key(key: bytes) -> int | None:
    """Return the utime of a key, or None: accepts all that the sink's transform accepts, and more.

    What is no number never reaches the table.
    """
    try:
        return int(key.decode(errors="replace"))
    except ValueError:
        return None
