"""Figures of schedules: a line for each, and a summary."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.faults.schedules.draw_schedule import Schedule
from tests.faults.schedules.findings import Finding


@dataclass(kw_only=True)
class Outcome:
    """What became of a schedule."""

    schedule: Schedule
    seconds: float = 0.0
    """From the start of the traffic to the end of the checks."""
    heal_seconds: float = 0.0
    """From the end of the last fault until everything has arrived and `sluice status` says OK."""
    needed_up: bool = False
    """Whether a server was dead afterwards, so that `sluice up` was needed."""
    rows: int = 0
    """Rows that loads have written or deleted, and Kafka acknowledged."""
    images: int = 0
    uncertain: int = 0
    """Rows and images of killed loads that may have arrived or not."""
    changes: int = 0
    changes_again: int = 0
    """Changes that the source sent again after a crash."""
    letters: int = 0
    """Records that had to be refused."""
    letters_again: int = 0
    """Dead letters that came more than once."""
    said: list[str] = field(default_factory=list[str])
    """What became of the faults, where it matters to a reader."""
    findings: list[Finding] = field(default_factory=list[Finding])
    trace: str = ""
    """Stack trace of what kept the schedule from being finished."""
    kept: str = ""
    """Folder with the logs of a failed schedule."""

    @property
    def failed(self) -> bool:
        """Whether something is wrong."""
        return bool(self.findings)

    def line(self) -> str:
        """Return the figures as a line."""
        verdict = "FAILED" if self.failed else "ok"
        up = ", with sluice up" if self.needed_up else ""
        return (
            f"{self.schedule.number:4d} {verdict:6} {self.seconds:5.1f} s, healed in {self.heal_seconds:.1f} s{up}; "
            f"rows {self.rows:,}, images {self.images:,} (uncertain {self.uncertain:,}), changes {self.changes:,} "
            f"(+{self.changes_again:,} again), dead letters {self.letters:,} (+{self.letters_again:,}): "
            f"{self.schedule.words()}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the figures as JSON types."""
        figures = asdict(self)
        schedule = figures.pop("schedule")
        return {"number": schedule["number"], "faults": self.schedule.words(), "failed": self.failed, **figures}


def summarize(seed: int, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the figures of all schedules as JSON types."""
    heal = [outcome.heal_seconds for outcome in outcomes] or [0.0]
    faults = Counter(str(fault.kind) for outcome in outcomes for fault in outcome.schedule.faults)
    failed = [outcome.schedule.number for outcome in outcomes if outcome.failed]
    sums = ("rows", "images", "uncertain", "changes", "changes_again", "letters", "letters_again")
    return {
        "seed": seed,
        "schedules": len(outcomes),
        "failed": failed,
        "faults": dict(sorted(faults.items())),
        "needed_up": sum(outcome.needed_up for outcome in outcomes),
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 1),
        "heal_seconds": {"median": round(statistics.median(heal), 1), "longest": round(max(heal), 1)},
        **{name: sum(getattr(outcome, name) for outcome in outcomes) for name in sums},
    }


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """Return a summary as lines for a person."""
    heal = summary["heal_seconds"]
    return [
        f"seed {summary['seed']}: {summary['schedules']} schedules in {summary['seconds']:,.0f} s, "
        f"{len(summary['failed'])} failed{': ' if summary['failed'] else ''}{', '.join(map(str, summary['failed']))}",
        "faults: " + ", ".join(f"{count} {name}" for name, count in summary["faults"].items()),
        f"healed in {heal['median']} s (median), {heal['longest']} s at the longest; "
        f"{summary['needed_up']} needed sluice up",
        f"{summary['rows']:,} rows, {summary['images']:,} images (uncertain: {summary['uncertain']:,}), "
        f"{summary['changes']:,} changes ({summary['changes_again']:,} sent again), "
        f"{summary['letters']:,} dead letters ({summary['letters_again']:,} more than once)",
    ]
