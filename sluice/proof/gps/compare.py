"""Compares the rows of a log with the rows of the table, every field of every row."""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from producer.gps.parse_row import GpsFix
from sluice.proof.gps.external_sort import RejectedRow
from sluice.proof.gps.table_rows import FIELDS, TableRow
from sluice.proof.shared.comparison import Comparison, CountedList, Item

Value = int | float | None
PROGRESS_ROWS = 2_000


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field with another value in the table than in the source."""

    field: str
    source: Value
    table: Value


@dataclass(frozen=True, kw_only=True)
class DifferentRow:
    """A row that is in both, with every field that differs."""

    utime: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True)
class RowComparison(Comparison[GpsFix, DifferentRow]):
    """Result of comparing all rows of a source with the table."""

    extra: CountedList[TableRow]
    """Rows of the table between the source's first and last utime that the source does not have, and all of
    `rejected_present`."""
    rejected_present: CountedList[RejectedRow]
    """Rejected rows of the source that the table has, whatever their utime."""
    fields: dict[str, int]
    """For each field the number of rows in which it differs."""
    signless_zeros: int
    """Fields equal but for the sign of a zero: -0.0 in the source, 0.0 in the table."""

    @property
    def extra_unnamed(self) -> int:
        """Number of extra rows whose utime is not in the source, not even in a rejected row."""
        return self.extra.count - self.rejected_present.count


class _RowTally:
    """Counts of missing, different, extra and rejected rows, and lists of the first `limit` of each."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self.compared = 0
        self.missing: list[GpsFix] = []
        self.different: list[DifferentRow] = []
        self.extra: list[TableRow] = []
        self.rejected_present: list[RejectedRow] = []
        self.counts: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()
        self.signless_zeros = 0

    def count(self, kind: str, items: list[Item], item: Item) -> None:
        self.counts[kind] += 1
        if len(items) < self._limit:
            items.append(item)

    def compare_fields(self, fix: GpsFix, row: TableRow) -> None:
        expected = (*fix, fix.utime)
        # `==` takes -0.0 for 0.0 and every nan for different; the rare row with a zero is compared field by field.
        if expected == row and 0.0 not in expected[3:8]:
            return
        differences: list[Difference] = []
        for field, source, table in zip(FIELDS, expected, row, strict=True):
            if not is_same(source, table):
                if _lost_sign(source, table):
                    self.signless_zeros += 1
                else:
                    differences.append(Difference(field=field, source=source, table=table))
        if not differences:
            return
        self.fields.update(difference.field for difference in differences)
        self.count("different", self.different, DifferentRow(utime=fix.utime, differences=tuple(differences)))

    def count_extra(self, row: TableRow, rejected: RejectedRow | None) -> None:
        self.count("extra", self.extra, row)
        if rejected is not None:
            self.count("rejected", self.rejected_present, rejected)

    def build_comparison(self) -> RowComparison:
        return RowComparison(
            compared=self.compared,
            missing=CountedList(count=self.counts["missing"], first=tuple(self.missing)),
            different=CountedList(count=self.counts["different"], first=tuple(self.different)),
            extra=CountedList(count=self.counts["extra"], first=tuple(self.extra)),
            rejected_present=CountedList(count=self.counts["rejected"], first=tuple(self.rejected_present)),
            fields={field: self.fields[field] for field in FIELDS if self.fields[field]},
            signless_zeros=self.signless_zeros,
        )


class _RejectLookup:
    """Finds the rejected row with a utime; utimes must be asked in ascending order."""

    def __init__(self, rejects: Iterable[RejectedRow]) -> None:
        self._rest = iter(rejects)
        self._next = next(self._rest, None)

    def find(self, utime: int) -> RejectedRow | None:
        while self._next is not None and self._next.utime < utime:
            self._next = next(self._rest, None)
        return self._next if self._next is not None and self._next.utime == utime else None


def compare_rows(
    fixes: Iterable[GpsFix],
    rows: Iterator[TableRow],
    *,
    rejects: Iterable[RejectedRow] = (),
    limit: int,
    progress: Callable[[int], None],
) -> RowComparison:
    """Compare fixes with rows, all in ascending order of utime; the first `limit` of each kind are listed.

    A row without a fix is extra; one of `rejects` with its utime is listed too. `progress` is called now and then with
    the number of fixes compared.
    """
    tally = _RowTally(limit=limit)
    rejected = _RejectLookup(rejects)
    row = next(rows, None)
    for fix in fixes:
        while row is not None and row.utime < fix.utime:
            tally.count_extra(row, rejected.find(row.utime))
            row = next(rows, None)
        tally.compared += 1
        if row is None or row.utime != fix.utime:
            tally.count("missing", tally.missing, fix)
        else:
            tally.compare_fields(fix, row)
            row = next(rows, None)
        if tally.compared % PROGRESS_ROWS == 0:
            progress(tally.compared)
    while row is not None:
        tally.count_extra(row, rejected.find(row.utime))
        row = next(rows, None)
    return tally.build_comparison()


def is_same(source: Value, table: Value) -> bool:
    """Return True if both are null, the same integer, or the same double bit for bit."""
    if isinstance(source, float) and isinstance(table, float):
        return struct.pack("<d", source) == struct.pack("<d", table)
    return type(source) is type(table) and source == table


def _lost_sign(source: Value, table: Value) -> bool:
    # SQL's decimal literal -0.0 has no sign, and older versions wrote such; the two are the same number.
    return isinstance(source, float) and isinstance(table, float) and source == table
