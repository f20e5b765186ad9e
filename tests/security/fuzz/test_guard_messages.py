"""Budget messages, the clock's body and Google's answers of any form: the guard says what is wrong, and never fails."""

import base64
import json
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from infra.gcp.guard_function.sluice_guard.budget_message import BudgetMessage, UnreadableError
from infra.gcp.guard_function.sluice_guard.clock import ClockSetting
from infra.gcp.guard_function.sluice_guard.environment import ConfigurationError, GuardSettings
from infra.gcp.guard_function.sluice_guard.self_test import requested_test
from infra.gcp.guard_function.sluice_guard.sleep_state import SleepState

from .hostile_strategies import ODD_TEXTS, damaged_json, like, texts, to_bytes, values
from .profile import bounded, fuzz

NOW = datetime(2026, 11, 27, tzinfo=UTC)
BUDGET = {
    "budgetDisplayName": "sluice",
    "alertThresholdExceeded": 0.9,
    "costAmount": 91.5,
    "costIntervalStart": "2026-11-01T08:00:00Z",
    "budgetAmount": 100.0,
    "currencyCode": "EUR",
}
CLOCK = {"until": "2026-11-27T12:00:00+00:00", "awake": True}
SLEEP = dict.fromkeys(("cluster", "stopped", "due", "week_warned", "deleting"), "2026-11-20T12:00:00+00:00")


@st.composite
def events(draw: st.DrawFn) -> Any:
    """Events of Pub/Sub: right ones with any data, and others."""
    data = base64.b64encode(draw(damaged_json(BUDGET))).decode()
    message = {
        "data": draw(st.just(data) | texts),
        "attributes": {"schemaVersion": "1.0"},
        "publishTime": NOW.isoformat(),
    }
    return draw(like({"message": message}) | values)


@fuzz(200, event=events())
def test_any_budget_message_is_read_or_said_to_be_unreadable(event: Any) -> None:
    with bounded():
        requested_test(event)
        try:
            message = BudgetMessage.from_event(event)
        except UnreadableError as error:
            assert len(str(error)) < 20_000  # noqa: PT017
            return
        assert math.isfinite(message.cost)
        assert message.budget > 0
        assert not math.isnan(message.share)
        message.stale_reason(NOW)


@fuzz(120, body=damaged_json(CLOCK))
def test_any_body_of_the_clock_is_read_or_said_to_be_unreadable(body: bytes) -> None:
    with bounded(), suppress(UnreadableError):
        clock = ClockSetting.from_body(body)
        clock.overrides_budget(NOW)
        assert clock.deadline(created=NOW, ttl=None) is None or clock.until is not None
        assert ClockSetting.from_body(clock.body).awake == clock.awake


@fuzz(80, state=like(SLEEP).filter(lambda value: isinstance(value, dict)))
def test_any_state_of_a_sleeping_stack_is_read_or_refused(state: dict[str, Any]) -> None:
    with bounded(), suppress(ValueError, TypeError, OverflowError):
        found = SleepState.parse(state)
        assert found is None or SleepState.parse(found.content) == found


@fuzz(60, name=st.sampled_from(["GUARD_MODE", "GUARD_SHARE", "GUARD_TTL_HOURS", "GUARD_LABELS", "GUARD_CONTAINER_API"]))
def test_any_environment_is_taken_or_every_mistake_is_said(name: str) -> None:
    for text in ODD_TEXTS:
        with bounded(), suppress(ConfigurationError):
            GuardSettings.parse({name: text})


def test_the_samples_themselves_are_read() -> None:
    data = base64.b64encode(to_bytes(BUDGET)).decode()
    assert BudgetMessage.from_event({"message": {"data": data}}).share == 0.915
    readers: tuple[Callable[[], object], ...] = (
        lambda: ClockSetting.from_body(json.dumps(CLOCK).encode()).until,
        lambda: SleepState.parse({**SLEEP}),
    )
    assert all(reader() for reader in readers)
