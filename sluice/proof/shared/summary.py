"""What a proof tells, whatever was compared."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.proof.shared.outcome import Verdict


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A proof as it is printed; its report has been written."""

    verdict: Verdict
    counts: str
    """One line."""
    as_object: dict[str, Any]
    """For --json."""
    report: Path
    """Where the report is."""
