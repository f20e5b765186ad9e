"""A stack whose nodes are stopped, for the tests of its end: calls of the clock at given times."""

from datetime import datetime, timedelta

from tests.unit.infra.gcp.guard_function.conftest import NOW, GuardHarness

DAYS = "30"
WEEK, DAY, QUARTER = timedelta(days=7), timedelta(days=1), timedelta(minutes=15)
DUE = NOW + timedelta(days=30)


def tick(harness: GuardHarness, at: datetime | None = None, **env: str) -> None:
    harness.now = at or harness.now
    harness.guard(**{"GUARD_DELETE_AFTER_DAYS": DAYS, **env}).on_clock(b"{}")


def deletions(harness: GuardHarness) -> list[str]:
    return [line for line in harness.google.asked if line.startswith("DELETE")]


def warned(harness: GuardHarness) -> GuardHarness:
    """A sleeping cluster whose warnings were sent in time."""
    for time in (NOW, DUE - WEEK, DUE - DAY):
        tick(harness, time)
    return harness


def deleting(harness: GuardHarness) -> GuardHarness:
    tick(warned(harness), DUE)
    assert harness.google.status == "STOPPING"
    return harness
