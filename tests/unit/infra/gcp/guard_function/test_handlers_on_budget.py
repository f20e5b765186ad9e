"""Handler of budget messages."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from infra.gcp.guard_function.sluice_guard.google_requests import ApiError, OutOfTimeError
from tests.unit.infra.gcp.guard_function.budget_messages import (
    ABOVE_WITHOUT_THRESHOLD,
    ACTUAL,
    BELOW,
    BOTH,
    FORECAST,
    LAST_MONTH,
    event,
)
from tests.unit.infra.gcp.guard_function.conftest import NOW, GuardHarness

ALL_STOPPED = [
    'spot:setAutoscaling {"autoscaling": {"enabled": false}}',
    'steady:setSize {"nodeCount": 0}',
    'spot:setSize {"nodeCount": 0}',
]


@pytest.mark.parametrize("message", [ACTUAL, BOTH, ABOVE_WITHOUT_THRESHOLD, {**BELOW, "costAmount": 45.0}])
def test_stops_all_nodes_from_the_share_on_autoscaling_first(harness: GuardHarness, message: Mapping[str, Any]) -> None:
    harness.guard().on_budget(event(message))
    assert harness.google.changes == ALL_STOPPED
    assert [pool.nodes for pool in harness.google.pools.values()] == [0, 0]
    assert harness.mails() == [("scaled-to-zero", "now")]
    assert "of 50.00 EUR spent" in harness.entries()[0]["message"]


def test_all_autoscaling_is_off_before_any_pool_shrinks(harness: GuardHarness) -> None:
    for pool in harness.google.pools.values():
        pool.autoscaling = {"enabled": True, "maxNodeCount": 3}
    harness.google.slowness = 2
    harness.guard().on_budget(event(ACTUAL))
    methods = [line.partition(":")[2].partition(" ")[0] for line in harness.google.changes]
    assert methods == ["setAutoscaling", "setAutoscaling", "setSize", "setSize"]


@pytest.mark.parametrize("message", [BELOW, FORECAST, {**ACTUAL, "costAmount": 44.99}])
def test_nodes_run_below_the_share_whatever_is_forecast(harness: GuardHarness, message: Mapping[str, Any]) -> None:
    harness.guard().on_budget(event(message))
    assert harness.google.asked == []
    assert (harness.events(), harness.mails()) == (["below-share"], [])


def test_the_same_message_again_changes_and_mails_nothing(harness: GuardHarness) -> None:
    guard = harness.guard()
    for _ in range(3):
        guard.on_budget(event(ACTUAL))
    assert harness.google.changes == ALL_STOPPED
    assert harness.events() == ["scaled-to-zero", "already-zero", "already-zero"]
    assert harness.mails() == [("scaled-to-zero", "now")]


def test_a_pool_without_nodes_but_with_autoscaling_is_stopped(harness: GuardHarness) -> None:
    for pool in harness.google.pools.values():
        pool.nodes = 0
    harness.guard().on_budget(event(ACTUAL))
    assert harness.google.changes == ALL_STOPPED[:1]


def test_a_message_of_last_month_is_ignored(harness: GuardHarness) -> None:
    harness.guard().on_budget(event(LAST_MONTH))
    assert harness.google.asked == []
    assert (harness.events(), harness.mails()) == (["stale"], [])


def test_an_older_message_does_not_bring_nodes_back(harness: GuardHarness) -> None:
    guard = harness.guard()
    guard.on_budget(event(ACTUAL))
    guard.on_budget(event(BELOW, published="2026-11-22T17:00:00Z"))
    assert [pool.nodes for pool in harness.google.pools.values()] == [0, 0]


def test_a_message_that_failed_for_hours_is_dropped(harness: GuardHarness) -> None:
    harness.google.fail("POST", 500)
    guard = harness.guard()
    with pytest.raises(OutOfTimeError):
        guard.on_budget(event(ACTUAL))
    harness.now = NOW + timedelta(hours=6)
    guard.on_budget(event(ACTUAL))
    assert harness.events() == ["unfinished", "stale"]


def test_another_currency_stops_nothing_and_is_mailed(harness: GuardHarness) -> None:
    harness.guard().on_budget(event({**BOTH, "currencyCode": "USD"}))
    assert harness.google.asked == []
    assert harness.mails() == [("wrong-currency", "daily")]
    assert "USD" in harness.entries()[0]["message"]


@pytest.mark.parametrize("mode", ["notify", "off"])
def test_only_mode_scale_to_zero_stops_nodes(harness: GuardHarness, mode: str) -> None:
    harness.guard(GUARD_MODE=mode).on_budget(event(BOTH))
    assert harness.google.asked == []
    assert harness.events() == ["above-share"]
    assert harness.mails() == ([("above-share", "daily")] if mode == "notify" else [])


def test_nodes_restored_by_wake_run_until_its_time(harness: GuardHarness) -> None:
    harness.google.set_clock({"until": "2026-11-22T20:00:00+00:00", "awake": True})
    guard = harness.guard()
    guard.on_budget(event(BOTH))
    assert (harness.google.changes, harness.events()) == ([], ["awake"])
    harness.now = NOW + timedelta(hours=1)
    guard.on_budget(event(BOTH))
    assert harness.google.changes == ALL_STOPPED


@pytest.mark.parametrize("body", [{}, {"until": "2026-11-23T20:00:00+00:00"}])
def test_a_time_alone_does_not_override_the_budget(harness: GuardHarness, body: object) -> None:
    harness.google.set_clock(body)
    harness.guard().on_budget(event(BOTH))
    assert harness.google.changes == ALL_STOPPED


@pytest.mark.parametrize("broken", ["gone", "no base64", "no time"])
def test_where_the_clock_cannot_be_read_the_budget_counts(harness: GuardHarness, broken: str) -> None:
    if broken == "gone":
        harness.google.job = None
    elif harness.google.job and broken == "no base64":
        harness.google.job["httpTarget"]["body"] = "%%%"
    else:
        harness.google.set_clock({"until": "2999", "awake": True})
    harness.guard().on_budget(event(BOTH))
    assert harness.google.changes == ALL_STOPPED
    assert harness.events() == ["failed", "scaled-to-zero"]


@pytest.mark.parametrize("gone", ["deleted", "going"])
def test_a_deleted_cluster_is_no_error(harness: GuardHarness, gone: str) -> None:
    if gone == "deleted":
        harness.google.there = False
    else:
        harness.google.status = "STOPPING"
    harness.guard().on_budget(event(BOTH))
    assert (harness.google.changes, harness.events()) == ([], ["cluster-gone"])


def test_a_pool_that_is_being_deleted_is_not_changed(harness: GuardHarness) -> None:
    harness.google.pools["steady"].status = "STOPPING"
    harness.guard().on_budget(event(BOTH))
    assert harness.google.changes == [ALL_STOPPED[0], ALL_STOPPED[2]]


def test_a_refusal_is_mailed_with_its_reason_and_delivered_again(harness: GuardHarness) -> None:
    harness.google.fail("POST", 403, message='Required "container.clusters.update" permission')
    with pytest.raises(ApiError):
        harness.guard().on_budget(event(BOTH))
    assert harness.mails() == [("failed", "daily")]
    assert "container.clusters.update" in harness.entries()[0]["message"]


def test_a_cluster_that_cannot_be_read_is_mailed_and_delivered_again(harness: GuardHarness) -> None:
    harness.google.fail("GET /v1/projects/lab/locations/us-central1-a/clusters", 403)
    with pytest.raises(ApiError):
        harness.guard().on_budget(event(BOTH))
    assert harness.mails() == [("failed", "daily")]


def test_pools_of_unknown_size_are_stopped_and_not_mailed_each_time(harness: GuardHarness) -> None:
    harness.google.pools["spot"].autoscaling = {}
    harness.google.fail("instanceGroupManagers", 403)
    harness.guard().on_budget(event(BOTH))
    assert harness.google.changes == ALL_STOPPED[1:]
    assert harness.mails() == [("failed", "daily")]
    assert "compute.instanceGroupManagers.get" in harness.entries()[0]["message"]


def test_an_unfinished_stop_is_logged_and_completed_by_the_next_message(harness: GuardHarness) -> None:
    harness.google.slowness = 200
    guard = harness.guard()
    with pytest.raises(OutOfTimeError):
        guard.on_budget(event(BOTH))
    assert harness.mails() == [("scaling-to-zero", "now")]
    assert harness.seconds.passed <= 510
    harness.google.settle()
    harness.google.slowness = 0
    guard.on_budget(event(BOTH))
    assert [pool.nodes for pool in harness.google.pools.values()] == [0, 0]
    assert harness.events() == ["scaling-to-zero", "scaled-to-zero"]
