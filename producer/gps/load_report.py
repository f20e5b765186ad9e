"""Report of a load of GPS rows."""

from dataclasses import dataclass
from typing import Any

from producer.shared.base_report import BaseLoadReport


@dataclass(frozen=True, kw_only=True)
class GpsLoadReport(BaseLoadReport):
    """Result of a load of rows: every row read is acknowledged, rejected or failed."""

    format: str
    """Format of the values: "avro", "json" or "protobuf"."""
    rows: int
    """Rows taken from the source: neither header nor blank lines."""
    lines: int
    """Lines read; after a load that was stopped, a few more than its rows come from."""

    @property
    def rows_per_second(self) -> float:
        """Acknowledged rows per second."""
        return self.acknowledged / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return what --json prints."""
        return {
            "source": self.source,
            "format": self.format,
            "rows": self.rows,
            "lines": self.lines,
            "acknowledged": self.acknowledged,
            "rejected": self._rejected_by_id(),
            "failed": self.failed,
            "tombstones": self.tombstones,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
            "complete": self.complete,
            "problem": self.problem,
            "rejects_file": str(self.rejects_file) if self.rejects_file else None,
        }

    def as_lines(self) -> list[str]:
        """Return the report as lines of text."""
        verb = "deleted" if self.tombstones else f"loaded as {self.format}"
        speed = f"in {self.seconds:,.1f} s, {self.rows_per_second:,.0f} rows a second"
        lines = [f"{self.source}: {self.acknowledged:,} of {self.rows:,} rows {verb} {speed}"]
        lines += self._rejected_lines(unit="rows", file=self.rejects_file)
        if self.failed:
            lines.append(f"{self.failed:,} rows not acknowledged")
        return lines
