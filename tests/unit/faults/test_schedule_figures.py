"""What is printed about schedules: faults in words, a line for each, the summary."""

import json

import pytest

from tests.faults.schedules.draw_schedule import Schedule
from tests.faults.schedules.fault import Fault, Kind
from tests.faults.schedules.findings import finding
from tests.faults.schedules.schedule_figures import Outcome, summarize, summary_lines

SCHEDULE = Schedule(
    seed=7,
    number=3,
    faults=(
        Fault(kind=Kind.KILL, targets=("connect-1", "connect-2"), at=0.5, seconds=2),
        Fault(kind=Kind.KILL, targets=("redis",), at=1),
        Fault(kind=Kind.PAUSE, targets=("mysql",), at=1.5, seconds=60),
    ),
)


def outcome(*, lost: int = 0) -> Outcome:
    findings = finding("rows lost", [f"row {number}" for number in range(lost)])
    return Outcome(schedule=SCHEDULE, seconds=30, heal_seconds=4.25, rows=1000, changes=90, findings=findings)


def test_faults_are_said_in_words() -> None:
    assert SCHEDULE.words() == (
        "kill connect-1 and connect-2 at 0.5 s, started again after 2.0 s; kill redis at 1.0 s, left to sluice up; "
        "pause mysql at 1.5 s for 60.0 s"
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words(kind: Kind) -> None:
    assert Fault(kind=kind, targets=("kafka",), at=1).words().endswith(("at 1.0 s", "at 1.0 s, left to sluice up"))


def test_the_summary_counts_what_failed() -> None:
    outcomes = [outcome(), outcome(lost=5)]
    summary = summarize(7, outcomes)
    assert summary["failed"] == [3]
    assert summary["faults"] == {"kill": 4, "pause": 2}
    assert (summary["rows"], summary["changes"]) == (2000, 180)
    assert "2 schedules in 60 s, 1 failed: 3" in summary_lines(summary)[0]
    assert outcomes[1].findings[0].words() == "5 rows lost: row 0; row 1; row 2"
    assert json.dumps([one.as_json() for one in outcomes])
