"""Handler of the Scheduler job's calls."""

import json
from datetime import timedelta

import pytest

from infra.gcp.guard_function.sluice_guard.google_requests import ApiError, OutOfTimeError
from tests.unit.infra.gcp.guard_function.conftest import NOW, GuardHarness

PAST, FUTURE = "2026-11-22T18:59:00+00:00", "2026-11-22T19:15:00Z"


def tick(harness: GuardHarness, body: object = None, **env: str) -> None:
    harness.guard(**env).on_clock(b"" if body is None else json.dumps(body).encode())


def test_without_a_time_nothing_is_stopped_or_read(harness: GuardHarness) -> None:
    tick(harness)
    tick(harness, {})
    assert harness.google.asked == []
    assert harness.mails() == []


def test_the_ttl_counts_from_the_clusters_creation(harness: GuardHarness) -> None:
    tick(harness, {}, GUARD_TTL_HOURS="12")  # made at 8, it is 19
    assert (harness.google.changes, harness.events()) == ([], ["not-yet"])
    tick(harness, {}, GUARD_TTL_HOURS="11")
    assert [pool.nodes for pool in harness.google.pools.values()] == [0, 0]
    assert harness.mails() == [("scaled-to-zero", "now")]
    assert "ends at 2026-11-22 19:00 UTC" in harness.entries()[-1]["message"]


def test_a_time_set_by_extend_replaces_the_ttl(harness: GuardHarness) -> None:
    tick(harness, {"until": FUTURE}, GUARD_TTL_HOURS="1")
    assert harness.google.asked == []
    tick(harness, {"until": PAST}, GUARD_TTL_HOURS="100")
    assert [pool.nodes for pool in harness.google.pools.values()] == [0, 0]


def test_wake_ends_at_its_time(harness: GuardHarness) -> None:
    tick(harness, {"until": PAST, "awake": True})
    assert [pool.nodes for pool in harness.google.pools.values()] == [0, 0]


def test_a_time_set_for_an_earlier_cluster_does_not_stop_this_one(harness: GuardHarness) -> None:
    tick(harness, {"until": "2026-11-22T07:59:00Z"})
    assert harness.google.changes == []
    tick(harness, {"until": "2026-11-22T07:59:00Z"}, GUARD_TTL_HOURS="24")
    assert harness.events() == ["not-yet"]


def test_later_clock_calls_change_and_mail_nothing(harness: GuardHarness) -> None:
    for _ in range(3):
        tick(harness, {"until": PAST})
    assert len(harness.google.changes) == 3
    assert harness.mails() == [("scaled-to-zero", "now")]


def test_a_clock_call_on_a_busy_cluster_is_completed_by_the_next(harness: GuardHarness) -> None:
    harness.google.fail("POST", 400, state="FAILED_PRECONDITION", times=1)
    harness.google.failures[0][3] = 10_000
    with pytest.raises(OutOfTimeError):
        tick(harness, {"until": PAST})
    assert harness.mails() == [("unfinished", "daily")]
    harness.google.failures.clear()
    harness.now = NOW + timedelta(minutes=15)
    tick(harness, {"until": PAST})
    assert harness.events() == ["unfinished", "scaled-to-zero"]


def test_mode_notify_mails_while_nodes_run(harness: GuardHarness) -> None:
    tick(harness, {"until": PAST}, GUARD_MODE="notify")
    for pool in harness.google.pools.values():
        pool.nodes, pool.autoscaling = 0, {}
    tick(harness, {"until": PAST}, GUARD_MODE="notify")
    assert harness.google.changes == []
    assert harness.mails() == [("time-is-up", "daily")]


def test_mode_off_does_nothing(harness: GuardHarness) -> None:
    tick(harness, {"until": PAST}, GUARD_MODE="off", GUARD_TTL_HOURS="1")
    assert (harness.google.asked, harness.mails()) == ([], [])


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"until": "soon"}', b'{"until": "2026-11-23T00:00:00"}', b"\xff"])
def test_a_body_that_cannot_be_read_is_mailed_and_the_cluster_keeps_its_time(
    harness: GuardHarness, body: bytes
) -> None:
    harness.guard(GUARD_TTL_HOURS="1").on_clock(body)
    assert harness.events() == ["unreadable", "scaled-to-zero"]
    assert "scripts/extend" in harness.entries()[0]["message"]


def test_a_deleted_cluster_is_no_error(harness: GuardHarness) -> None:
    harness.google.there = False
    tick(harness, {"until": PAST})
    assert harness.events() == ["cluster-gone"]


def test_a_cluster_that_cannot_be_read_is_an_error(harness: GuardHarness) -> None:
    harness.google.fail("GET", 403)
    with pytest.raises(ApiError):
        tick(harness, {"until": PAST})
    assert harness.mails() == [("failed", "daily")]
