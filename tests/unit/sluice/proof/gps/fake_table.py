"""A fake table, fixes as rows of the log and of the table, and a proof of a log against the fake table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from producer.gps.check_rows import GpsFix
from sluice.proof.gps.prove import RowProofResult, prove_rows
from sluice.proof.gps.table_rows import TableRow
from sluice.proof.shared.proof_arguments import ProofOptions
from tests.unit.sluice.proof.shared.fake_sink import FakeSink, RecordedProgress, without_waiting

START = 1_353_099_678_298_235


def fix(number: int) -> GpsFix:
    """Return a different fix for each number, 0.2 s apart; every other one without an altitude."""
    altitude = None if number % 2 else 264.4 + number / 7
    return GpsFix(
        START + number * 200_000, 3 - number % 2, 0, 0.7381, -1.461 + number / 1e6, altitude, 11.3, number / 3
    )


def stored(item: GpsFix) -> TableRow:
    """Return the table's row of a fix."""
    return TableRow(*item, recorded_at=item.utime)


def line(item: GpsFix) -> bytes:
    """Return the log's row of a fix."""
    return ",".join("nan" if field is None else repr(field) for field in item).encode() + b"\n"


def upsert(*items: GpsFix) -> list[tuple[bytes, TableRow | None]]:
    """Return the records of a load."""
    return [(b"%d" % item.utime, stored(item)) for item in items]


def delete(*items: GpsFix) -> list[tuple[bytes, TableRow | None]]:
    """Return the records of a load with --tombstones."""
    return [(b"%d" % item.utime, None) for item in items]


@dataclass
class FakeTable:
    """A table in memory; counts the reads."""

    content: Sequence[TableRow]
    product: str = "MariaDB 11.4.5"
    reads: int = 0

    def rows(self, span: tuple[int, int] | None, others: Iterable[int] = ()) -> Iterator[TableRow]:
        self.reads += 1
        wanted = list(others)
        assert wanted == sorted(set(wanted))
        assert not span or not any(span[0] <= utime <= span[1] for utime in wanted)
        first, last = span or (0, -1)
        return iter(sorted(row for row in self.content if first <= row.utime <= last or row.utime in wanted))

    def apply(self, key: bytes, value: TableRow | None) -> None:
        """Write a record as the sink does; a key that is no number never reaches the table."""
        if key.isdigit():
            kept = [row for row in self.content if row.utime != int(key)]
            self.content = [*kept, value] if value is not None else kept


def prove(
    log: bytes,
    *,
    table: FakeTable,
    sink: FakeSink | None = None,
    options: ProofOptions | None = None,
    absent: bool = False,
    wait_seconds: float = 30,
    limit: int = 20,
) -> RowProofResult:
    """Prove the log against the table."""
    return without_waiting(
        lambda: prove_rows(
            BytesIO(log),
            name="gps.csv",
            table=table,
            sink=sink or FakeSink(),
            options=options or ProofOptions(absent=absent, wait_seconds=wait_seconds),
            limit=limit,
            progress=RecordedProgress(),
        )
    )
