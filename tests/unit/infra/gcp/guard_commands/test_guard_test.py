"""scripts/guard-test, against a fake project in which one part of the guard is broken."""

import json
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.gcp.google_api import ENDPOINT
from infra.gcp.guard_commands import guard_test
from infra.gcp.guard_commands.guarded_cluster import ROOT
from infra.gcp.guard_permissions import PERMISSIONS
from producer.runtime.exit_status import Exit
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.gcp.guard_commands.conftest import OUTPUT, Shell
from tests.unit.infra.gcp.guard_commands.fake_guard_project import ON_BUDGET, ON_CLOCK, FakeGuardProject

PAGE = (ROOT / "docs/cost.md").read_text()
DISABLED = {
    "details": [{"reason": "SERVICE_DISABLED"}],
    "status": "PERMISSION_DENIED",
}


@pytest.fixture
def project(shell: Shell) -> FakeGuardProject:
    shell.google.created = datetime.now(UTC).isoformat()
    return FakeGuardProject(shell.google, settings={"GUARD_TTL_HOURS": "2"})


def run(shell: Shell, project: FakeGuardProject, *arguments: str) -> Exit:
    with serving(project.answer) as apis:
        return shell.run(guard_test.main, arguments, **{ENDPOINT: apis.url})


def test_a_guard_that_works(shell: Shell, project: FakeGuardProject) -> None:
    assert run(shell, project) == Exit.OK
    for permission in PERMISSIONS:
        assert f"ok      permission              {permission}" in shell.output
    for text in (
        "sluice-on-clock is active",
        "it calls the guard next at soon",
        "sluice: one",
        "me@example.com gets the alerts",
        "sluice-budget sends messages to the guard",
        "Google may publish the budget's messages",
        "none in two days",
        "sluice-on-budget has answered a message on the topic sluice-budget",
        "sluice-on-clock has answered a call of the clock",
        "its node pools: steady (1 nodes), spot (2 nodes)",
        "The guard can stop the nodes of sluice in lab.",
    ):
        assert text in shell.output
    assert "other@example.com" not in shell.output
    assert shell.google.changes == []


def pause(project: FakeGuardProject) -> None:
    assert project.google.job
    project.google.job["state"] = "PAUSED"


def delete_clock(project: FakeGuardProject) -> None:
    project.google.job = None


def take_permission(project: FakeGuardProject) -> None:
    project.google.missing = {"container.clusters.update"}


def break_function(project: FakeGuardProject) -> None:
    project.functions[ON_CLOCK]["state"] = "FAILED"


def delete_function(project: FakeGuardProject) -> None:
    del project.functions[ON_BUDGET]


def disable_alert(project: FakeGuardProject) -> None:
    project.alerts[0]["enabled"] = False


def delete_alert(project: FakeGuardProject) -> None:
    del project.alerts[1]


def send_alert_to_nobody(project: FakeGuardProject) -> None:
    project.alerts[1]["notificationChannels"] = []


def leave_unverified(project: FakeGuardProject) -> None:
    project.channels[0]["verificationStatus"] = "UNVERIFIED"


def disable_channel(project: FakeGuardProject) -> None:
    project.channels[0]["enabled"] = False


def delete_channels(project: FakeGuardProject) -> None:
    project.channels.clear()


def delete_budget(project: FakeGuardProject) -> None:
    del project.budgets[1]


def disconnect_budget(project: FakeGuardProject) -> None:
    project.budgets[1]["notificationsRule"] = {}


def take_publisher(project: FakeGuardProject) -> None:
    project.publishers.clear()


def disable_scheduler(project: FakeGuardProject) -> None:
    project.refused["/cloudscheduler/"] = (403, DISABLED)


def hide_budgets(project: FakeGuardProject) -> None:
    project.refused["/billingbudgets/"] = (403, {})


BROKEN: list[tuple[Callable[[FakeGuardProject], None], str, str]] = [
    (pause, "it is PAUSED", "gcloud scheduler jobs resume sluice-clock --location us-central1 --project lab"),
    (delete_clock, "does not exist", "pulumi up --refresh"),
    (take_permission, "the permission container.clusters.update is missing", "pulumi up --refresh"),
    (break_function, "sluice-on-clock is FAILED", "gcloud functions describe sluice-on-clock --gen2"),
    (delete_function, "sluice-on-budget does not exist", "pulumi up --refresh"),
    (disable_alert, "'sluice: one' is disabled", "gcloud monitoring policies update projects/lab/alertPolicies/0"),
    (delete_alert, "'sluice: two' does not exist", "pulumi up --refresh"),
    (send_alert_to_nobody, "'sluice: two' is sent to nobody", "pulumi up --refresh"),
    (leave_unverified, "me@example.com is not verified", "alerting/notifications?project=lab"),
    (disable_channel, "me@example.com is disabled", "alerting/notifications?project=lab"),
    (delete_channels, "no address gets the alerts", "pulumi up --refresh"),
    (delete_budget, "no budget of 01AB23-45CD67-89EF01 sends messages", "pulumi up --refresh"),
    (disconnect_budget, "it was deleted, or disconnected", "pulumi up --refresh"),
    (take_publisher, "so the budget's messages are lost", "gcloud pubsub topics add-iam-policy-binding sluice-budget"),
    (disable_scheduler, "cloudscheduler is not enabled", "gcloud services enable cloudscheduler.googleapis.com"),
    (hide_budgets, "UNKNOWN budget", "docs/gke.md"),
]


@pytest.mark.parametrize(("break_it", "text", "remedy"), BROKEN, ids=[entry[0].__name__ for entry in BROKEN])
def test_a_broken_part_is_named_with_what_mends_it(
    shell: Shell, project: FakeGuardProject, break_it: Callable[[FakeGuardProject], None], text: str, remedy: str
) -> None:
    break_it(project)
    assert run(shell, project) == Exit.FAILED
    assert text in shell.output
    assert remedy in shell.output
    assert "the guard does not work, or could not be checked" in shell.output
    assert "Traceback" not in shell.output


def test_the_last_message_of_the_budget_is_shown(shell: Shell, project: FakeGuardProject) -> None:
    resource = {"type": "cloud_run_revision", "labels": {"service_name": ON_BUDGET}}
    stamp = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    said = {"sluice_guard": "below-share", "message": "7 of 20 spent"}
    project.entries.append({"timestamp": stamp, "resource": resource, "jsonPayload": said})
    assert run(shell, project) == Exit.OK
    assert f"the last at {stamp}: 7 of 20 spent" in shell.output


def test_a_test_is_not_a_message_of_the_budget(shell: Shell, project: FakeGuardProject) -> None:
    for _ in range(2):
        assert run(shell, project) == Exit.OK
    assert "none in two days" in shell.output


def install(shell: Shell, **parts: object) -> None:
    shell.install_pulumi(json.dumps({**OUTPUT, "parts": {**OUTPUT["parts"], **parts}}))


def test_a_permission_with_a_condition_is_looked_up_in_the_policy(shell: Shell, project: FakeGuardProject) -> None:
    install(shell, conditionalPermissions=["container.clusters.delete"])
    assert run(shell, project) == Exit.OK
    assert "container.clusters.delete is granted; its condition was not tried" in shell.output
    project.bindings.clear()
    assert run(shell, project) == Exit.FAILED
    assert "container.clusters.delete is not granted" in shell.output


def test_a_guard_that_only_notifies_is_said_to(shell: Shell, project: FakeGuardProject) -> None:
    shell.install_pulumi(json.dumps({**OUTPUT, "mode": "notify"}))
    assert run(shell, project) == Exit.OK
    assert "can stop the nodes of sluice in lab, but does not: guard.mode is notify" in shell.output


def test_without_a_budget_that_is_noted(shell: Shell, project: FakeGuardProject) -> None:
    install(shell, billingAccount=None)
    assert run(shell, project) == Exit.OK
    assert "only the clock stops the nodes" in shell.output


def test_credentials_that_are_not_accepted_end_the_command(shell: Shell, project: FakeGuardProject) -> None:
    project.refused["/"] = (401, {})
    assert run(shell, project) == Exit.UNAVAILABLE
    assert "gcloud auth application-default login" in shell.output


def test_an_output_of_an_earlier_version_is_named(shell: Shell, project: FakeGuardProject) -> None:
    shell.install_pulumi(json.dumps({name: value for name, value in OUTPUT.items() if name != "parts"}))
    assert run(shell, project) == Exit.FAILED
    assert "`pulumi up` writes it again" in shell.output


@pytest.mark.parametrize("command", re.findall(r"^scripts/guard-test[^#\n]*", PAGE, re.MULTILINE))
def test_the_examples_of_the_page_run(shell: Shell, project: FakeGuardProject, command: str, tmp_path: Path) -> None:
    file = tmp_path / "output.json"
    file.write_text(json.dumps(OUTPUT))
    assert run(shell, project, *shlex.split(command.replace(file.name, str(file)))[1:]) == Exit.OK
