"""The test of what the guard could do: in Google's framework, and against APIs that refuse what is not granted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.gcp.guard_function.sluice_guard.log import FIELD, MAIL_FIELD
from infra.gcp.guard_function.sluice_guard.self_test import TEST_ATTRIBUTE
from infra.gcp.guard_permissions import PERMISSIONS
from tests.unit.infra.gcp.guard_function.budget_messages import recorded
from tests.unit.infra.gcp.guard_function.conftest import NOW, GuardHarness, env_of
from tests.unit.infra.gcp.guard_function.fake_gke_server import fake_google
from tests.unit.infra.gcp.guard_function.function_server import served
from tests.unit.infra.gcp.guard_function.test_main import Served


def request(test: str) -> dict[str, Any]:
    """A message without data that asks for a test, as Eventarc delivers it."""
    body: dict[str, Any] = json.loads(json.dumps(recorded("actual").body))
    body["message"]["attributes"] = {TEST_ATTRIBUTE: test}
    del body["message"]["data"]
    return body


def answer(harness: GuardHarness, **env: str) -> Any:
    harness.guard(**env).on_budget(request("abc"))
    return harness.entries()[-1]


def test_every_permission_is_named_with_yes(harness: GuardHarness) -> None:
    entry = answer(harness)
    assert (entry[FIELD], entry["test"], entry["problems"]) == ("rights", "abc", [])
    assert (entry["granted"], entry["missing"]) == (list(PERMISSIONS), [])
    assert harness.google.changes == []
    assert not [line for line in harness.google.asked if not line.startswith("GET")]


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_that_is_not_granted_is_named_with_no(harness: GuardHarness, permission: str) -> None:
    harness.google.missing = {permission}
    entry = answer(harness)
    assert (entry[FIELD], entry["severity"]) == ("rights-missing", "ERROR")
    assert entry["missing"] == [permission]
    assert set(entry["granted"]) == set(PERMISSIONS) - {permission}
    assert f"the permission {permission} is missing" in entry["message"]
    assert harness.mails() == []  # who has asked reads the answer


def test_without_any_permission_all_are_named(harness: GuardHarness) -> None:
    harness.google.missing = set(PERMISSIONS)
    entry = answer(harness)
    assert (entry["granted"], entry["missing"]) == ([], list(PERMISSIONS))
    assert any("the cluster cannot be read" in problem for problem in entry["problems"])


def test_permissions_that_cannot_be_tested_count_as_missing(harness: GuardHarness) -> None:
    harness.google.fail(":testIamPermissions", 403, message="the API is disabled")
    entry = answer(harness)
    assert (entry[FIELD], entry["granted"]) == ("rights-missing", [])
    assert "the permissions cannot be tested" in entry["problems"][0]


def test_the_answer_says_what_would_be_stopped_and_when(harness: GuardHarness) -> None:
    entry = answer(harness, GUARD_TTL_HOURS="12")
    assert "may run until 2026-11-22 20:00 UTC; its node pools: steady (1 nodes), spot (2 nodes)" in entry["found"]
    assert entry["due"] is False
    assert answer(harness, GUARD_TTL_HOURS="11")["due"] is True
    assert harness.google.changes == []


def test_before_the_cluster_exists_nothing_is_wrong(harness: GuardHarness) -> None:
    harness.google.there = False
    entry = answer(harness, GUARD_TTL_HOURS="1")
    assert (entry[FIELD], entry["due"]) == ("rights", False)


def test_a_clock_that_cannot_be_read_is_a_problem(harness: GuardHarness) -> None:
    harness.google.job = None
    assert "the time set by scripts/extend cannot be read" in answer(harness)["problems"][0]


@pytest.fixture(scope="module")
def on_budget(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("on_budget")
    with fake_google() as google, served("on_budget", "cloudevent", env=env_of(google), folder=folder) as function:
        yield Served(function=function, google=google)


def test_a_message_is_answered_in_the_log_by_the_function_as_it_is_deployed(on_budget: Served) -> None:
    headers = recorded("actual").later(datetime.now(UTC).replace(microsecond=0) - NOW).headers
    assert on_budget.function.send(json.dumps(request("xyz")).encode(), headers) in (200, 204)
    (entry,) = on_budget.function.new_log_entries()
    assert (entry[FIELD], entry["test"]) == ("rights", "xyz")
    assert on_budget.google.changes == []


def test_the_clock_tests_at_every_call_and_still_acts(tmp_path: Path) -> None:
    with fake_google() as google, served("on_clock", "http", env=env_of(google), folder=tmp_path) as function:
        google.missing = {"cloudscheduler.jobs.get"}
        past = {"until": (NOW - timedelta(hours=1)).isoformat()}
        assert function.send(json.dumps(past).encode(), {"content-type": "application/json"}) == 200
        tested, acted = function.new_log_entries()
        assert (tested[FIELD], tested[MAIL_FIELD]) == ("rights-missing", "daily")
        assert acted[FIELD] == "scaled-to-zero"
