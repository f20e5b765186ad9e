"""No deletion without warnings that reach somebody, and none by warnings of another time."""

from datetime import timedelta
from typing import Any

import pytest

from infra.gcp.guard_function.sluice_guard.google_requests import ApiError
from infra.gcp.guard_permissions import END_PERMISSIONS
from tests.unit.infra.gcp.conftest import NEEDED, cloud
from tests.unit.infra.gcp.guard_function.conftest import NOW, GuardHarness
from tests.unit.infra.gcp.guard_function.fake_alerts import CHANNEL, FakeAlerts
from tests.unit.infra.gcp.guard_function.sleeping_stack import DAY, DUE, QUARTER, WEEK, deletions, tick, warned


def _break(alerts: FakeAlerts, how: str) -> None:
    assert alerts.warnings is not None
    if how == "no policy":
        alerts.warnings = None
    elif how == "disabled policy":
        alerts.warnings["enabled"] = False
    elif how == "no channel":
        del alerts.warnings["notificationChannels"]
    elif how == "deleted channel":
        del alerts.channels[CHANNEL]
    else:
        alerts.channels[CHANNEL] |= {
            "disabled": {"enabled": False},
            "unverified": {"verificationStatus": "UNVERIFIED"},
        }[how]


@pytest.mark.parametrize(
    "how", ["no policy", "disabled policy", "no channel", "deleted channel", "disabled", "unverified"]
)
def test_nothing_is_announced_or_deleted_while_no_email_is_sent(asleep: GuardHarness, how: str) -> None:
    _break(asleep.google.alerts, how)
    for days in range(80):
        tick(asleep, NOW + timedelta(days=days))
    assert deletions(asleep) == []
    assert {event for event, _ in asleep.mails()} == {"failed"}
    assert "no e-mail can warn of the deletion" in asleep.entries()[-1]["message"]
    asleep.google.alerts = FakeAlerts()
    for days in range(80, 87):
        tick(asleep, NOW + timedelta(days=days))
        assert deletions(asleep) == []
    tick(asleep, NOW + timedelta(days=87))
    assert len(deletions(asleep)) == 1


@pytest.mark.parametrize("how", ["no policy", "disabled"])
def test_an_alert_that_breaks_after_the_first_warning_holds_the_deletion(asleep: GuardHarness, how: str) -> None:
    tick(asleep, NOW)
    tick(asleep, DUE - WEEK)
    _break(asleep.google.alerts, how)
    for days in range(20):
        tick(asleep, DUE - DAY + timedelta(days=days))
    assert deletions(asleep) == []
    assert [event for event, _ in asleep.mails()].count("deletion-announced") == 1


@pytest.mark.parametrize("permission", [name for name in END_PERMISSIONS if name.startswith("monitoring.")])
def test_alerts_that_cannot_be_read_hold_the_deletion_and_the_permission_is_named(
    asleep: GuardHarness, permission: str
) -> None:
    asleep.google.missing = {permission}
    tick(asleep, NOW)
    for days in range(23, 60):
        with pytest.raises(ApiError):
            tick(asleep, NOW + timedelta(days=days))
    assert deletions(asleep) == []
    assert asleep.mails()[-1] == ("failed", "daily")
    assert permission in asleep.entries()[-1]["message"]


def test_the_alert_that_is_looked_for_is_the_programs() -> None:
    (alert,) = [entry for entry in cloud(NEEDED) if entry.kind == "AlertPolicy" and entry.name == "guard-sleep"]
    alerts = FakeAlerts()
    assert alerts.warnings is not None
    (condition,) = alert.plain["conditions"]
    expected = alerts.warnings["conditions"][0]["conditionMatchedLog"]["filter"].partition(" AND resource.labels")[0]
    assert condition["conditionMatchedLog"]["filter"].startswith(expected)
    (function,) = [entry for entry in cloud(NEEDED) if entry.name == "on-clock"]
    labels = function.plain["serviceConfig"]["environmentVariables"]["GUARD_LABELS"]
    assert set(labels.split(",")) <= {f"{name}={value}" for name, value in alert.plain["userLabels"].items()}


@pytest.mark.parametrize("env", [{"GUARD_MODE": "notify"}, {"GUARD_DELETION_PROTECTION": "1"}])
@pytest.mark.parametrize("begun", [False, True])
def test_after_it_was_kept_for_a_while_both_warnings_come_again(
    asleep: GuardHarness, env: dict[str, str], begun: bool
) -> None:
    warned(asleep)
    if begun:
        asleep.google.fail("DELETE", 503, times=1)
        tick(asleep, DUE)
    tick(asleep, DUE + QUARTER, **env)
    for days in range(1, 31):
        tick(asleep, DUE + timedelta(days=days))
        assert deletions(asleep) == []
    assert [event for event, _ in asleep.mails()].count("deletion-announced") == 4


def test_a_deletion_that_began_before_the_setting_was_turned_off_is_not_continued_later(asleep: GuardHarness) -> None:
    warned(asleep)
    asleep.google.fail("DELETE", 503, times=1)
    tick(asleep, DUE)
    tick(asleep, DUE + QUARTER, GUARD_DELETE_AFTER_DAYS="0")
    for days in range(60, 90):
        tick(asleep, DUE + timedelta(days=days))
        assert deletions(asleep) == []
    assert [event for event, _ in asleep.mails()].count("deletion-announced") == 4


@pytest.mark.parametrize("state", ["", "{", "<html>"])
def test_a_state_that_is_no_json_counts_anew(asleep: GuardHarness, state: Any) -> None:
    warned(asleep)
    asleep.google.compute.state = state
    tick(asleep, DUE)
    assert deletions(asleep) == []
    assert asleep.mails()[-1] == ("unreadable", "daily")
    tick(asleep, DUE + timedelta(days=30) - WEEK)
    assert asleep.mails()[-1] == ("deletion-announced", "sleep")
