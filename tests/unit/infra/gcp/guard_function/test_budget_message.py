"""Parsing of budget messages."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.gcp.guard_function.sluice_guard.budget_message import BudgetMessage, UnreadableError
from tests.unit.infra.gcp.guard_function.budget_messages import ACTUAL, BELOW, BOTH, FORECAST, event, recorded
from tests.unit.infra.gcp.guard_function.conftest import GuardHarness


@pytest.mark.parametrize(
    ("data", "actual", "forecast"),
    [(BELOW, None, None), (ACTUAL, 0.9, None), (FORECAST, None, 1.0), (BOTH, 1.0, 1.0)],
)
def test_every_shape_of_threshold(data: dict[str, Any], actual: float | None, forecast: float | None) -> None:
    message = BudgetMessage.from_event(event(data))
    assert (message.actual_threshold, message.forecast_threshold) == (actual, forecast)
    assert message.share == data["costAmount"] / 50
    assert message.interval_start == datetime(2026, 11, 1, 7, tzinfo=UTC)


UNREADABLE = {
    "no event": None,
    "no message": {},
    "message of another type": {"message": "text"},
    "deep JSON": event(raw=base64.b64encode(b"[" * 100_000).decode()),
    "amount true": event({**ACTUAL, "costAmount": True}),
    "time without zone": event({**ACTUAL, "costIntervalStart": "2026-11-01T00:00:00"}),
    "published at no time": event(ACTUAL, published="yesterday"),
}
"""What no recording can be, or is; test_recorded_messages.py has the others."""


@pytest.mark.parametrize("broken", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_mailed_and_not_delivered_again(harness: GuardHarness, broken: object) -> None:
    harness.guard().on_budget(broken)  # raises nothing: it is acknowledged
    assert harness.google.asked == []
    assert harness.mails() == [("unreadable", "daily")]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UnreadableError, match="costIntervalStart is None"):
        BudgetMessage.from_event(recorded("bad-interval-none").body)


@pytest.mark.parametrize(
    ("start", "now", "stale"),
    [
        ("2026-11-01T07:00:00Z", "2026-11-30T23:59:00+00:00", False),
        ("2026-11-01T07:00:00Z", "2026-12-01T08:00:00+00:00", True),
        ("2026-12-01T08:00:00Z", "2026-12-31T23:59:00+00:00", False),
        ("2026-12-01T08:00:00Z", "2027-01-01T08:00:00+00:00", True),
        ("2027-01-31T00:00:00+00:00", "2027-02-27T00:00:00+00:00", False),
        ("2027-01-31T00:00:00+00:00", "2027-02-28T00:00:00+00:00", True),
    ],
)
def test_a_message_counts_in_its_own_month(start: str, now: str, stale: bool) -> None:
    message = BudgetMessage.from_event(event({**ACTUAL, "costIntervalStart": start}, published=None))
    assert bool(message.stale_reason(datetime.fromisoformat(now))) is stale


@pytest.mark.parametrize(("now", "stale"), [("2026-11-23T00:54:00+00:00", False), ("2026-11-23T00:56:00+00:00", True)])
def test_a_message_counts_for_six_hours(now: str, stale: bool) -> None:
    assert bool(BudgetMessage.from_event(event(ACTUAL)).stale_reason(datetime.fromisoformat(now))) is stale


@pytest.mark.parametrize("spelling", ["one-spelling-snake", "one-spelling-camel", "actual"])
def test_a_message_says_when_it_was_published_in_either_spelling(spelling: str) -> None:
    published = BudgetMessage.from_event(recorded(spelling).body).published
    assert published
    assert published.replace(microsecond=0) == datetime(2026, 11, 22, 18, 55, tzinfo=UTC)
