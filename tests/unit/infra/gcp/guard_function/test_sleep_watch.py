"""The end of a stack whose nodes are stopped: when it is announced, put off, and begun; the monthly e-mail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.gcp.guard_function.sluice_guard.google_requests import ApiError
from tests.unit.infra.gcp.guard_function.conftest import NOW, GuardHarness
from tests.unit.infra.gcp.guard_function.sleeping_stack import (
    DAY,
    DAYS,
    DUE,
    QUARTER,
    WEEK,
    deleting,
    deletions,
    tick,
    warned,
)

OTHERS = ["pvc-other-stack", "pvc-same-name", "pvc-no-label", "by-hand"]


def test_the_whole_way(asleep: GuardHarness) -> None:
    google = asleep.google
    for time in (NOW, DUE - WEEK - QUARTER, DUE - WEEK, DUE - DAY - QUARTER, DUE - DAY, DUE - QUARTER):
        tick(asleep, time)
    assert deletions(asleep) == []
    assert asleep.mails() == [("deletion-announced", "sleep")] * 2
    announced = [entry["message"] for entry in asleep.entries() if entry["sluice_guard"] == "deletion-announced"]
    assert all("at 2026-12-22 19:00 UTC its cluster" in text and "ALL DATA" in text for text in announced)
    assert all("scripts/extend" in text and "$7.30 a month" in text for text in announced)
    tick(asleep, DUE)
    assert deletions(asleep) == ["DELETE /v1/projects/lab/locations/us-central1-a/clusters/sluice"]
    tick(asleep, DUE + QUARTER)
    assert google.compute.deleted == []
    google.finish_deletion()
    tick(asleep, DUE + 2 * QUARTER)
    assert google.compute.deleted == ["router", "pvc-mysql", "pvc-kafka"]
    assert google.compute.names() == OTHERS
    tick(asleep, DUE + 3 * QUARTER)
    assert asleep.mails()[2:] == [("deletion-begun", "sleep"), ("deleted", "sleep")]
    assert "pulumi up --refresh" in asleep.entries()[-1]["message"]
    before = list(asleep.google.asked)
    tick(asleep, DUE + timedelta(days=60))
    assert [line for line in google.asked[len(before) :] if not line.startswith("GET")] == []


def test_without_the_setting_nothing_is_deleted_and_the_cost_is_mailed_once_a_month(asleep: GuardHarness) -> None:
    for day in range(2, 32):
        tick(asleep, datetime(2027, 1, day, 12, tzinfo=UTC), GUARD_DELETE_AFTER_DAYS="0")
    assert deletions(asleep) == []
    assert asleep.google.compute.state is None
    assert asleep.mails() == []
    for hour in (0, 7, 23):
        tick(asleep, datetime(2027, 2, 1, hour, tzinfo=UTC), GUARD_DELETE_AFTER_DAYS="0")
    assert asleep.mails() == [("asleep", "sleep")] * 3
    texts = {entry["message"] for entry in asleep.entries() if entry["sluice_guard"] == "asleep"}
    (text,) = texts  # one text is mailed once a day
    assert "$7.30 a month" in text
    assert "pulumi destroy" in text


def test_a_stack_that_runs_gets_no_monthly_mail(harness: GuardHarness) -> None:
    tick(harness, datetime(2027, 2, 1, tzinfo=UTC), GUARD_DELETE_AFTER_DAYS="0")
    assert harness.mails() == []


@pytest.mark.parametrize(
    ("env", "reason"),
    [
        ({"GUARD_MODE": "notify"}, "guard.mode is notify"),
        ({"GUARD_DELETION_PROTECTION": "1"}, "gcp.deletionProtection is on"),
    ],
)
def test_what_prevents_a_deletion_is_mailed_in_place_of_warnings(
    asleep: GuardHarness, env: dict[str, str], reason: str
) -> None:
    for days in range(80):
        tick(asleep, NOW + timedelta(days=days), **env)
    assert (deletions(asleep), asleep.google.compute.state) == ([], None)
    assert {event for event, _ in asleep.mails()} == {"asleep"}
    assert reason in asleep.entries()[-1]["message"] or any(reason in entry["message"] for entry in asleep.entries())


def test_mode_off_does_nothing_at_all(asleep: GuardHarness) -> None:
    for days in range(80):
        tick(asleep, NOW + timedelta(days=days), GUARD_MODE="off")
    assert (asleep.google.asked, asleep.mails()) == ([], [])


@pytest.mark.parametrize(
    "labels", [{}, {"sluice-name": "sluice"}, {"sluice-name": "sluice", "sluice-stack": "production"}]
)
def test_a_cluster_without_the_stacks_labels_is_never_touched(asleep: GuardHarness, labels: dict[str, str]) -> None:
    asleep.google.labels = labels
    for days in range(80):
        tick(asleep, NOW + timedelta(days=days))
    assert deletions(asleep) == []
    assert {event for event, _ in asleep.mails()} == {"asleep"}


def test_a_paused_clock_does_not_delete_before_it_has_warned(asleep: GuardHarness) -> None:
    tick(asleep, NOW)
    late = NOW + timedelta(days=90)
    for days in range(7):
        tick(asleep, late + timedelta(days=days))
        assert deletions(asleep) == []
    assert asleep.mails() == [("deletion-announced", "sleep")] * 2
    tick(asleep, late + WEEK)
    assert len(deletions(asleep)) == 1


def test_a_clock_that_was_paused_after_its_warnings_warns_again(asleep: GuardHarness) -> None:
    tick(warned(asleep), DUE + timedelta(days=20))
    assert deletions(asleep) == []
    assert asleep.mails() == [("deletion-announced", "sleep")] * 3
    for days in (26, 27):
        tick(asleep, DUE + timedelta(days=days))
    assert len(deletions(asleep)) == 1


def test_a_late_warning_postpones_the_deletion(asleep: GuardHarness) -> None:
    for time in (NOW, DUE - WEEK, DUE - timedelta(hours=1), DUE, DUE + timedelta(hours=22)):
        tick(asleep, time)
    assert deletions(asleep) == []
    tick(asleep, DUE + timedelta(hours=23))
    assert len(deletions(asleep)) == 1


@pytest.mark.parametrize("begun", [False, True])
def test_extend_counts_the_days_anew_and_the_warnings_are_sent_again(asleep: GuardHarness, begun: bool) -> None:
    warned(asleep)
    if begun:
        asleep.google.fail("DELETE", 503, times=1)
        tick(asleep, DUE)
    asleep.google.set_clock({"until": (DUE + timedelta(hours=2)).isoformat()})
    end = DUE + timedelta(hours=2) + timedelta(days=int(DAYS))
    time = DUE + QUARTER
    while time < end:
        tick(asleep, time)
        assert deletions(asleep) == []
        time += timedelta(hours=6)
    mails = [event for event, _ in asleep.mails()]
    assert mails.count("deletion-cancelled") == begun
    assert mails.count("deletion-announced") == 4
    for hours in (0, 6):
        tick(asleep, end + timedelta(hours=hours))
    assert len(deletions(asleep)) == 1


def test_a_clock_that_cannot_be_read_deletes_nothing(asleep: GuardHarness) -> None:
    warned(asleep)
    asleep.google.set_clock({"until": "soon"})
    with pytest.raises(ApiError):
        tick(asleep, DUE)
    asleep.google.fail("GET /v1/projects/lab/locations/us-central1/jobs", 403)
    with pytest.raises(ApiError):
        tick(asleep, DUE)
    assert deletions(asleep) == []
    assert asleep.mails()[-1] == ("failed", "daily")


def test_nodes_that_run_again_end_it(asleep: GuardHarness) -> None:
    warned(asleep)
    asleep.google.pools["steady"].nodes = 1
    tick(asleep, DUE)
    asleep.google.pools["steady"].nodes = 0
    tick(asleep, DUE + QUARTER)
    tick(asleep, DUE + timedelta(days=20))
    assert deletions(asleep) == []


def test_a_pool_that_scales_itself_is_awake_even_without_nodes(asleep: GuardHarness) -> None:
    asleep.google.pools["spot"].autoscaling = {"enabled": True, "maxNodeCount": 4}
    for days in range(80):
        tick(asleep, NOW + timedelta(days=days))
    assert (deletions(asleep), asleep.mails()) == ([], [])


def test_nodes_that_cannot_be_counted_delete_nothing_and_forget_nothing(asleep: GuardHarness) -> None:
    warned(asleep)
    asleep.google.fail("instanceGroupManagers", 503, times=2)
    tick(asleep, DUE)
    assert deletions(asleep) == []
    assert asleep.mails()[-1] == ("failed", "daily")
    tick(asleep, DUE + QUARTER)
    assert len(deletions(asleep)) == 1


@pytest.mark.parametrize("phase", ["warned", "deleting"])
def test_a_cluster_created_anew_counts_anew(asleep: GuardHarness, phase: str) -> None:
    google = asleep.google
    if phase == "warned":
        warned(asleep)
    else:
        deleting(asleep)
        google.finish_deletion()
    google.there, google.created = True, DUE.isoformat()
    tick(asleep, DUE + QUARTER)
    tick(asleep, DUE + timedelta(days=20))
    assert google.status == "RUNNING"
    assert google.compute.deleted == []
    assert len(google.compute.disks) == 6


def test_a_cluster_that_somebody_else_deleted_keeps_its_disks(asleep: GuardHarness) -> None:
    warned(asleep)
    asleep.google.there = False
    for days in range(60):
        tick(asleep, DUE + timedelta(days=days))
    assert asleep.google.compute.deleted == []


@pytest.mark.parametrize(
    "state", [{"cluster": "soon"}, {"what": "2026-11-22T19:00:00+00:00"}, {"stopped": "2026-11-22"}]
)
def test_a_state_that_cannot_be_read_is_mailed_and_counts_anew(asleep: GuardHarness, state: dict[str, Any]) -> None:
    asleep.google.compute.state = state
    tick(asleep, NOW)
    assert asleep.mails() == [("unreadable", "daily")]
    tick(asleep, NOW + QUARTER)
    assert len(asleep.mails()) == 1


def test_without_the_right_to_write_its_state_it_deletes_nothing_and_says_so(asleep: GuardHarness) -> None:
    asleep.google.fail("POST /upload", 403)
    for days in range(60):
        with pytest.raises(ApiError):
            tick(asleep, NOW + timedelta(days=days))
    assert deletions(asleep) == []
    assert asleep.mails()[0] == ("failed", "daily")
