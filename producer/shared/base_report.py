"""Reports of loads and dry runs: the fields and sentences that rows and images share.

Each report has its own as_json(), although they are alike: the keys and their order are a public format, best read in
one piece.
"""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from producer.runtime.exit_status import Exit
from producer.shared.rejects import RejectReason


@dataclass(frozen=True, kw_only=True)
class Report(ABC):
    """Result of a load or of a dry run."""

    source: str
    """The source's name for display."""
    rejected: Counter[RejectReason]
    """Number of rejects by reason."""
    seconds: float
    """Wall-clock time from the first byte read to the last acknowledgement."""
    status: Exit
    """Exit status of the command."""
    problem: str | None
    """Why not everything that the user asked for was loaded; None if everything was."""

    @property
    def complete(self) -> bool:
        """Whether the source was read as far as the user asked and all that was sent is acknowledged."""
        return self.problem is None

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """Return what --json prints."""

    @abstractmethod
    def as_lines(self) -> list[str]:
        """Return the report as lines of text."""

    def _rejected_by_id(self) -> dict[str, int]:
        """Return the number of rejects by the reason's id, for as_json()."""
        return {reason.value: count for reason, count in self._sorted_reasons()}

    def _rejected_lines(self, *, unit: str, file: Path | None = None) -> list[str]:
        """Return lines about the rejects and the `file` they are in, if any; `unit` is "rows" or "files"."""
        if not self.rejected:
            return []
        where = f"; they are in {file}" if file else ""
        counts = [f"  {count:>9,}  {reason.sentence}" for reason, count in self._sorted_reasons()]
        return [f"{self.rejected.total():,} {unit} rejected{where}:", *counts]

    def _sorted_reasons(self) -> list[tuple[RejectReason, int]]:
        """Return reasons with their counts, in the order in which their class lists them."""
        order = list(dict.fromkeys(reason for member in self.rejected for reason in type(member)))
        return [(reason, self.rejected[reason]) for reason in order if self.rejected[reason]]


@dataclass(frozen=True, kw_only=True)
class BaseLoadReport(Report):
    """Result of a load: everything sent is acknowledged or failed."""

    acknowledged: int
    """Rows or images that all of Kafka's replicas have."""
    failed: int
    """Rows or images handed to Kafka's client but not acknowledged by the broker."""
    tombstones: bool
    """Whether tombstones were sent, which delete the rows or images."""
    rejects_file: Path | None
    """The file of rejects; None if there was no reject."""
