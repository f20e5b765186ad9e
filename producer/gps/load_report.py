"""What a load has done."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from producer.gps.reject_reasons import RejectReason, RowReason
from producer.runtime.exit_status import Exit

R = TypeVar("R", bound=RejectReason)


@dataclass(frozen=True, kw_only=True)
class GpsLoadReport:
    """Every row read is acknowledged, rejected or failed."""

    source: str
    rows: int
    """Rows taken from the source: neither header nor blank lines."""
    lines: int
    """Lines read; after a load that was stopped, a few more than its rows come from."""
    acknowledged: int
    rejected: Counter[RowReason]
    failed: int
    """Rows given to Kafka's client but not acknowledged by the broker."""
    tombstones: bool
    """Whether the rows were sent as deletions."""
    seconds: float
    rejects_file: Path | None
    status: Exit
    problem: str | None
    """Why the load did not come to the end of the source, or a row was not acknowledged."""

    @property
    def complete(self) -> bool:
        """Whether the whole source was read and every accepted row acknowledged."""
        return self.problem is None

    @property
    def rows_per_second(self) -> float:
        """Acknowledged rows a second, from the first byte read to the last acknowledgement."""
        return self.acknowledged / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return what --json prints."""
        return {
            "source": self.source,
            "rows": self.rows,
            "lines": self.lines,
            "acknowledged": self.acknowledged,
            "rejected": {reason.value: count for reason, count in sorted_reasons(self.rejected)},
            "failed": self.failed,
            "tombstones": self.tombstones,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
            "complete": self.complete,
            "problem": self.problem,
            "rejects_file": str(self.rejects_file) if self.rejects_file else None,
        }

    def lines_for_people(self) -> list[str]:
        """Return the report as sentences."""
        verb = "deleted" if self.tombstones else "loaded"
        speed = f"in {self.seconds:,.1f} s, {self.rows_per_second:,.0f} rows a second"
        lines = [f"{self.source}: {self.acknowledged:,} of {self.rows:,} rows {verb} {speed}"]
        lines += rejected_lines(self.rejected, things="rows", file=self.rejects_file)
        if self.failed:
            lines.append(f"{self.failed:,} rows not acknowledged")
        return lines


def rejected_lines(rejected: Counter[R], *, things: str, file: Path | None) -> list[str]:
    """Return sentences about what was rejected and where it is written down; none if nothing was."""
    if not rejected:
        return []
    where = f"; they are in {file}" if file else ""
    told = [f"  {count:>9,}  {reason.sentence}" for reason, count in sorted_reasons(rejected)]
    return [f"{rejected.total():,} {things} rejected{where}:", *told]


def sorted_reasons(rejected: Counter[R]) -> list[tuple[R, int]]:
    """Return reasons with their counts, in the order in which their class lists them."""
    order = list(dict.fromkeys(reason for member in rejected for reason in type(member)))
    return [(reason, rejected[reason]) for reason in order if rejected[reason]]
