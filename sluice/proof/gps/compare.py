"""Compares the source's fixes with the table's rows, every field of every row."""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from producer.gps.parse_row import GpsFix
from sluice.proof.gps.external_sort import RefusedRow
from sluice.proof.gps.table_rows import FIELDS, TableRow
from sluice.proof.shared.counted_list import CountedList, Item

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
    missing: CountedList[GpsFix]
    """Fixes of the source that the table does not have."""
    different: CountedList[DifferentRow]
    extra: CountedList[TableRow]
    """Rows of the table that the source does not have: between its first and last utime, and all of `refused`."""
    refused: CountedList[RefusedRow]
    """Rows that the source refuses and the table has all the same, wherever they lie."""
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

    @property
    def others(self) -> int:
        """Extra rows that the source does not name at all."""
        return self.extra.count - self.refused.count


class _Tally:
    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self.compared = 0
        self.equal = 0
        self.missing: list[GpsFix] = []
        self.different: list[DifferentRow] = []
        self.extra: list[TableRow] = []
        self.refused: list[RefusedRow] = []
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

    def unmatched(self, row: TableRow, refused: RefusedRow | None) -> None:
        self.keep("extra", self.extra, row)
        if refused is not None:
            self.keep("refused", self.refused, refused)

    def comparison(self) -> Comparison:
        return Comparison(
            compared=self.compared,
            equal=self.equal,
            missing=CountedList(count=self.counts["missing"], first=tuple(self.missing)),
            different=CountedList(count=self.counts["different"], first=tuple(self.different)),
            extra=CountedList(count=self.counts["extra"], first=tuple(self.extra)),
            refused=CountedList(count=self.counts["refused"], first=tuple(self.refused)),
            fields={field: self.fields[field] for field in FIELDS if self.fields[field]},
            signless_zeros=self.signless_zeros,
        )


class _Refused:
    """Says of one utime after another, rising, which refused row names it."""

    def __init__(self, refused: Iterable[RefusedRow]) -> None:
        self._rest = iter(refused)
        self._next = next(self._rest, None)

    def at(self, utime: int) -> RefusedRow | None:
        while self._next is not None and self._next.utime < utime:
            self._next = next(self._rest, None)
        return self._next if self._next is not None and self._next.utime == utime else None


def compare(
    fixes: Iterable[GpsFix],
    rows: Iterator[TableRow],
    *,
    refused: Iterable[RefusedRow] = (),
    limit: int,
    progress: Callable[[int], None],
) -> Comparison:
    """Compare fixes with rows, all by rising utime; of each kind of trouble the first `limit` are listed.

    A row that is no fix is extra; where `refused` names it, that is noted too. `progress` is called with the number
    of fixes compared now and then.
    """
    tally = _Tally(limit=limit)
    named = _Refused(refused)
    row = next(rows, None)
    for fix in fixes:
        while row is not None and row.utime < fix.utime:
            tally.unmatched(row, named.at(row.utime))
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
        tally.unmatched(row, named.at(row.utime))
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
