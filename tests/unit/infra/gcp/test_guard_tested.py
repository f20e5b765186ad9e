"""The resource at the end of `pulumi up` that asks the guard."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from infra.gcp.google_api import ENDPOINT
from infra.gcp.guard_permissions import PERMISSIONS
from infra.gcp.guard_tested import GuardTestError, GuardTestProvider, run_guard_test
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.gcp.conftest import NEEDED, cloud, only
from tests.unit.infra.gcp.guard_commands.fake_guard_project import ON_BUDGET, ON_CLOCK, TOPIC, FakeGuardProject
from tests.unit.infra.gcp.guard_function.conftest import Seconds
from tests.unit.infra.gcp.guard_function.fake_gke import JOB
from tests.unit.infra.gcp.guard_function.fake_gke_server import fake_google
from tests.unit.infra.recording_monitor import Made

PROPS: dict[str, Any] = {
    "project": "lab",
    "topic": TOPIC,
    "clock_job": JOB,
    "on_budget": ON_BUDGET,
    "on_clock": ON_CLOCK,
    "permissions": ",".join(PERMISSIONS),
    "code": "guard-1.zip",
}


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGuardProject]:
    with fake_google() as google:
        google.created = datetime.now(UTC).isoformat()
        fake = FakeGuardProject(google)
        with serving(fake.answer) as apis:
            monkeypatch.setenv(ENDPOINT, apis.url)
            yield fake


def test_a_guard_that_works_is_created_and_updated(project: FakeGuardProject) -> None:
    provider = GuardTestProvider()
    assert provider.create(dict(PROPS)).id == JOB
    assert provider.update(JOB, dict(PROPS), {**PROPS, "code": "guard-2.zip"}).outs == {**PROPS, "code": "guard-2.zip"}
    assert len(project.published) == 2


def test_a_guard_without_a_permission_fails_with_its_name_and_what_to_do(project: FakeGuardProject) -> None:
    project.google.missing = {"container.clusters.update"}
    with pytest.raises(GuardTestError) as raised:
        run_guard_test(PROPS, wait_limit=Seconds().wait_limit(60))
    assert "the permission container.clusters.update is missing (pulumi up --refresh" in str(raised.value)
    assert "scripts/guard-test" in str(raised.value)


def test_an_answer_of_the_functions_last_version_does_not_count(project: FakeGuardProject) -> None:
    project.run_clock(ago=timedelta(minutes=1))  # the regular call, of the last version, which knew fewer permissions
    project.settings = {"GUARD_PERMISSIONS": f"{','.join(PERMISSIONS)},compute.disks.list"}
    project.may_invoke = False
    props = {**PROPS, "permissions": project.settings["GUARD_PERMISSIONS"]}
    with pytest.raises(GuardTestError, match="does not answer the clock's calls"):
        run_guard_test(props, wait_limit=Seconds().wait_limit(60))
    project.may_invoke = True
    run_guard_test(props, wait_limit=Seconds().wait_limit(60))


def test_it_asks_again_only_when_the_guard_changes() -> None:
    provider = GuardTestProvider()
    assert not provider.diff(JOB, PROPS, {**PROPS, "__provider": "other code"}).changes
    for name in PROPS:
        different = provider.diff(JOB, PROPS, {**PROPS, name: "other"})
        assert (different.changes, different.replaces) == (True, [])


def test_no_code_is_in_the_state() -> None:
    assert len(serialize_provider(GuardTestProvider())) < 100


def test_the_program_asks_after_the_guard_and_the_nodes_and_nothing_waits_for_it(made: list[Made]) -> None:
    tested = only(made, "GuardTested")
    after = {urn.rpartition("::")[2] for urn in tested.dependencies}
    assert {"on-clock", "on-budget", "clock", "call-on-clock", "call-on-budget", "guard-role", "spot"} <= after
    assert not [entry.name for entry in made if tested.urn in entry.dependencies]
    assert set(tested.plain) - {"__provider"} == set(PROPS)


def test_a_guard_that_is_off_is_not_asked() -> None:
    assert not [entry for entry in cloud({**NEEDED, "guard.mode": "off"}) if entry.kind == "GuardTested"]
