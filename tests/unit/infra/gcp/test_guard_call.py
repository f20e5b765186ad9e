"""The test of a guard that runs in a fake project: its answers, and the ways on which it is asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from infra.gcp.google_api import ENDPOINT, Google
from infra.gcp.guard_call import GuardAnswers, GuardParts, call_guard
from infra.gcp.guard_permissions import PERMISSIONS
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.gcp.guard_commands.fake_guard_project import ON_BUDGET, ON_CLOCK, TOPIC, FakeGuardProject
from tests.unit.infra.gcp.guard_function.conftest import Seconds
from tests.unit.infra.gcp.guard_function.fake_gke import JOB
from tests.unit.infra.gcp.guard_function.fake_gke_server import fake_google

PARTS = GuardParts(project="lab", topic=TOPIC, clock_job=JOB, on_budget=ON_BUDGET, on_clock=ON_CLOCK)


@pytest.fixture
def project() -> Iterator[FakeGuardProject]:
    with fake_google() as google:
        google.created = datetime.now(UTC).isoformat()
        yield FakeGuardProject(google)


def asked(project: FakeGuardProject, *, until_good: bool = False, seconds: float = 150) -> GuardAnswers:
    with serving(project.answer) as apis:
        google = Google.signed_in({ENDPOINT: apis.url})
        return call_guard(google, PARTS, wait_limit=Seconds().wait_limit(seconds), until_good=until_good)


def test_a_guard_that_works_names_its_permissions_and_changes_nothing(project: FakeGuardProject) -> None:
    answers = asked(project)
    assert answers.problems(PARTS) == {}
    assert answers.on_budget
    assert answers.on_clock
    assert answers.on_budget.permissions == answers.on_clock.permissions == dict.fromkeys(PERMISSIONS, True)
    assert "steady (1 nodes)" in answers.on_budget.found
    assert (project.google.changes, len(project.published), project.runs) == ([], 1, 1)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_missing_permission_is_named_once_with_a_remedy(project: FakeGuardProject, permission: str) -> None:
    project.google.missing = {permission}
    problems = asked(project).problems(PARTS)
    assert problems[f"the permission {permission} is missing"].startswith("pulumi up --refresh")


def test_new_grants_are_waited_for(project: FakeGuardProject) -> None:
    project.grants_after = 2
    answers = asked(project, until_good=True)
    assert answers.problems(PARTS) == {}
    assert len(project.published) == 3


def test_a_permission_that_does_not_come_is_reported_in_the_end(project: FakeGuardProject) -> None:
    project.google.missing = {PERMISSIONS[0]}
    answers = asked(project, until_good=True)
    assert len(project.published) == 3  # once a minute
    assert f"the permission {PERMISSIONS[0]} is missing" in answers.problems(PARTS)


def test_a_topic_without_a_trigger_is_named_and_the_clock_is_not_called(project: FakeGuardProject) -> None:
    project.has_trigger = False
    project.run_clock(ago=timedelta(minutes=10))
    answers = asked(project)
    (problem,) = answers.problems(PARTS)
    assert "does not answer a message on the topic sluice-budget" in problem
    assert answers.on_clock
    assert project.runs == 1  # whether the time is up is not known, and a call would stop the nodes


def test_a_clock_whose_time_is_up_is_not_called(project: FakeGuardProject) -> None:
    project.google.created = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    project.settings = {"GUARD_TTL_HOURS": "2"}
    answers = asked(project)
    assert (project.google.changes, project.runs) == ([], 0)
    (problem,) = answers.problems(PARTS)
    assert "does not answer the clock's calls (the Scheduler's log has no call)" in problem


def test_a_scheduler_that_may_not_call_the_guard_is_named_with_the_response(project: FakeGuardProject) -> None:
    project.may_invoke = False
    (problem,) = asked(project).problems(PARTS)
    assert "does not answer the clock's calls (the Scheduler was answered with 403)" in problem


def test_a_paused_clock_and_a_missing_one_are_named(project: FakeGuardProject) -> None:
    assert project.google.job
    project.google.job["state"] = "PAUSED"
    (problem,) = asked(project).problems(PARTS)
    assert "(the clock is PAUSED)" in problem
    project.google.job = None
    assert any("(the clock does not exist)" in problem for problem in asked(project).problems(PARTS))
    assert project.runs == 0
