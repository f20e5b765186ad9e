"""Compares the source's fixes with the table's rows, every field of every row."""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from producer.gps import GpsFix
from proof.listed import Item, Listed
from proof.table import FIELDS, TableRow

Value = int | float | None
PROGRESS_ROWS = 2_000


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field in which a row of the table is not what the source says."""

    field: str
    source: Value
    table: Value


@dataclass(frozen=True, kw_only=True)
class DifferentRow:
    """A row that is there, with every field that differs."""

    utime: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What came of comparing all fixes of a source with the table: compared = equal + missing + different."""

    compared: int
    equal: int
    missing: Listed[GpsFix]
    """Fixes of the source that the table does not have."""
    different: Listed[DifferentRow]
    extra: Listed[TableRow]
    """Rows of the table, between the source's first and last utime, that the source does not have."""
    fields: dict[str, int]
    """In how many rows each field differs."""
    signless_zeros: int
    """Fields equal but for the sign of a zero: -0.0 in the source, 0.0 in the table."""

    @property
    def all_there(self) -> bool:
        """True if there was something to compare and all of it is in the table, equal."""
        return self.compared > 0 and self.compared == self.equal

    @property
    def none_there(self) -> bool:
        """True if there was something to compare and none of it is in the table."""
        return self.compared > 0 and self.compared == self.missing.count


class _Tally:
    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self.compared = 0
        self.equal = 0
        self.missing: list[GpsFix] = []
        self.different: list[DifferentRow] = []
        self.extra: list[TableRow] = []
        self.counts: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()
        self.signless_zeros = 0

    def keep(self, kind: str, items: list[Item], item: Item) -> None:
        self.counts[kind] += 1
        if len(items) < self._limit:
            items.append(item)

    def pair(self, fix: GpsFix, row: TableRow) -> None:
        expected = (*fix, fix.utime)
        # `==` takes -0.0 for 0.0 and every nan for different; the rare row with a zero is looked at more closely.
        if expected == row and 0.0 not in expected[3:8]:
            self.equal += 1
            return
        differences: list[Difference] = []
        for field, source, table in zip(FIELDS, expected, row, strict=True):
            if not same(source, table):
                if _lost_sign(source, table):
                    self.signless_zeros += 1
                else:
                    differences.append(Difference(field=field, source=source, table=table))
        if not differences:
            self.equal += 1
            return
        self.fields.update(difference.field for difference in differences)
        self.keep("different", self.different, DifferentRow(utime=fix.utime, differences=tuple(differences)))

    def comparison(self) -> Comparison:
        return Comparison(
            compared=self.compared,
            equal=self.equal,
            missing=Listed(count=self.counts["missing"], first=tuple(self.missing)),
            different=Listed(count=self.counts["different"], first=tuple(self.different)),
            extra=Listed(count=self.counts["extra"], first=tuple(self.extra)),
            fields={field: self.fields[field] for field in FIELDS if self.fields[field]},
            signless_zeros=self.signless_zeros,
        )


def compare(
    fixes: Iterable[GpsFix], rows: Iterator[TableRow], *, limit: int, progress: Callable[[int], None]
) -> Comparison:
    """Compare fixes with rows, both by rising utime; of each kind of trouble the first `limit` are listed.

    `progress` is called with the number of fixes compared now and then.
    """
    tally = _Tally(limit=limit)
    row = next(rows, None)
    for fix in fixes:
        while row is not None and row.utime < fix.utime:
            tally.keep("extra", tally.extra, row)
            row = next(rows, None)
        tally.compared += 1
        if row is None or row.utime != fix.utime:
            tally.keep("missing", tally.missing, fix)
        else:
            tally.pair(fix, row)
            row = next(rows, None)
        if tally.compared % PROGRESS_ROWS == 0:
            progress(tally.compared)
    while row is not None:
        tally.keep("extra", tally.extra, row)
        row = next(rows, None)
    return tally.comparison()


def same(source: Value, table: Value) -> bool:
    """True if both are null, both the same integer, or both the same double bit for bit."""
    if isinstance(source, float) and isinstance(table, float):
        return struct.pack("<d", source) == struct.pack("<d", table)
    return type(source) is type(table) and source == table


def _lost_sign(source: Value, table: Value) -> bool:
    # SQL writes -0.0 as a decimal literal, which has no negative zero; the two are the same number.
    return isinstance(source, float) and isinstance(table, float) and source == table
