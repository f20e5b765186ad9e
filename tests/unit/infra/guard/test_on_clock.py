"""What the guard does about a tick of the clock."""

import json
from datetime import timedelta

import pytest

from infra.gcp.guard_function.sluice_guard.google_requests import ApiError, OutOfTimeError
from tests.unit.infra.guard.conftest import NOW, Guarding

PAST, FUTURE = "2026-11-22T18:59:00+00:00", "2026-11-22T19:15:00Z"


def tick(guarding: Guarding, body: object = None, **env: str) -> None:
    guarding.guard(**env).on_clock(b"" if body is None else json.dumps(body).encode())


def test_without_a_time_nothing_is_stopped_or_even_read(guarding: Guarding) -> None:
    tick(guarding)
    tick(guarding, {})
    assert guarding.google.asked == []
    assert guarding.mails() == []


def test_the_time_begins_with_the_cluster(guarding: Guarding) -> None:
    tick(guarding, {}, GUARD_TTL_HOURS="12")  # made at 8, it is 19
    assert (guarding.google.changes, guarding.events()) == ([], ["not-yet"])
    tick(guarding, {}, GUARD_TTL_HOURS="11")
    assert [pool.nodes for pool in guarding.google.pools.values()] == [0, 0]
    assert guarding.mails() == [("scaled-to-zero", "now")]
    assert "until 2026-11-22 19:00 UTC" in guarding.entries()[-1]["message"]


def test_a_time_that_a_person_has_set_takes_its_place(guarding: Guarding) -> None:
    tick(guarding, {"until": FUTURE}, GUARD_TTL_HOURS="1")
    assert guarding.google.asked == []
    tick(guarding, {"until": PAST}, GUARD_TTL_HOURS="100")
    assert [pool.nodes for pool in guarding.google.pools.values()] == [0, 0]


def test_waking_lasts_no_longer_than_was_said(guarding: Guarding) -> None:
    tick(guarding, {"until": PAST, "awake": True})
    assert [pool.nodes for pool in guarding.google.pools.values()] == [0, 0]


def test_a_time_set_for_an_earlier_cluster_does_not_stop_this_one(guarding: Guarding) -> None:
    tick(guarding, {"until": "2026-11-22T07:59:00Z"})
    assert guarding.google.changes == []
    tick(guarding, {"until": "2026-11-22T07:59:00Z"}, GUARD_TTL_HOURS="24")
    assert guarding.events() == ["not-yet"]


def test_each_later_tick_changes_and_mails_nothing(guarding: Guarding) -> None:
    for _ in range(3):
        tick(guarding, {"until": PAST})
    assert len(guarding.google.changes) == 3
    assert guarding.mails() == [("scaled-to-zero", "now")]


def test_a_tick_that_found_the_cluster_busy_is_made_good_by_the_next(guarding: Guarding) -> None:
    guarding.google.fail("POST", 400, state="FAILED_PRECONDITION", times=1)
    guarding.google.failures[0][3] = 10_000
    with pytest.raises(OutOfTimeError):
        tick(guarding, {"until": PAST})
    assert guarding.mails() == [("unfinished", "daily")]
    guarding.google.failures.clear()
    guarding.now = NOW + timedelta(minutes=15)
    tick(guarding, {"until": PAST})
    assert guarding.events() == ["unfinished", "scaled-to-zero"]


def test_mode_notify_mails_while_nodes_run(guarding: Guarding) -> None:
    tick(guarding, {"until": PAST}, GUARD_MODE="notify")
    for pool in guarding.google.pools.values():
        pool.nodes, pool.autoscaling = 0, {}
    tick(guarding, {"until": PAST}, GUARD_MODE="notify")
    assert guarding.google.changes == []
    assert guarding.mails() == [("time-is-up", "daily")]


def test_mode_off_does_nothing(guarding: Guarding) -> None:
    tick(guarding, {"until": PAST}, GUARD_MODE="off", GUARD_TTL_HOURS="1")
    assert (guarding.google.asked, guarding.mails()) == ([], [])


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"until": "soon"}', b'{"until": "2026-11-23T00:00:00"}', b"\xff"])
def test_a_body_that_cannot_be_read_is_mailed_and_the_cluster_keeps_its_time(guarding: Guarding, body: bytes) -> None:
    guarding.guard(GUARD_TTL_HOURS="1").on_clock(body)
    assert guarding.events() == ["unreadable", "scaled-to-zero"]
    assert "scripts/extend" in guarding.entries()[0]["message"]


def test_a_cluster_that_is_gone_is_no_error(guarding: Guarding) -> None:
    guarding.google.there = False
    tick(guarding, {"until": PAST})
    assert guarding.events() == ["cluster-gone"]


def test_a_cluster_that_cannot_be_read_is(guarding: Guarding) -> None:
    guarding.google.fail("GET", 403)
    with pytest.raises(ApiError):
        tick(guarding, {"until": PAST})
    assert guarding.mails() == [("failed", "daily")]
