"""Alerts about a guard that no longer works, which cannot report that itself."""

import json

import pytest

from infra.gcp.guard_alerts import guard_alerts
from infra.gcp.guard_email import guard_policy_names
from tests.unit.infra.gcp.conftest import NEEDED, cloud, only
from tests.unit.infra.gcp.guard_commands.fake_guard_project import Entry, matches
from tests.unit.infra.gcp.guard_function.test_program_contract import cloud_context
from tests.unit.infra.recording_monitor import Made

CLOCK = "sluice-guard-clock"
FAILED: Entry = {
    "severity": "ERROR",
    "resource": {"type": "cloud_scheduler_job", "labels": {"job_id": CLOCK}},
    "httpRequest": {"status": 403},
}
NAMES = ("guard-clock-fails", "guard-clock-changed", "guard-clock-silent", "guard-budget-silent")


def condition(made: list[Made], name: str) -> dict[str, dict[str, object]]:
    (found,) = only(made, "AlertPolicy", name).plain["conditions"]
    return found


def log_filter(made: list[Made], name: str) -> str:
    return str(condition(made, name)["conditionMatchedLog"]["filter"])


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_is_mailed_and_names_the_command(made: list[Made], name: str) -> None:
    policy = only(made, "AlertPolicy", name).plain
    assert len(policy["notificationChannels"]) == 2
    assert "`scripts/guard-test`" in policy["documentation"]["content"]
    # Google requires a rate limit for conditions about log entries, and refuses one for others.
    is_about_logs = "conditionMatchedLog" in policy["conditions"][0]
    assert ("notificationRateLimit" in policy["alertStrategy"]) == is_about_logs


def test_a_failed_call_of_this_clock_is_found_and_no_other_entry(made: list[Made]) -> None:
    said = log_filter(made, "guard-clock-fails")
    assert matches(FAILED, said)
    assert not matches({**FAILED, "severity": "INFO"}, said)
    other = {"type": "cloud_scheduler_job", "labels": {"job_id": "other"}}
    assert not matches({**FAILED, "resource": other}, said)


def test_pausing_and_deleting_the_clock_are_found_by_their_audit_entries(made: list[Made]) -> None:
    said = log_filter(made, "guard-clock-changed")
    assert 'logName="projects/my-lab/logs/cloudaudit.googleapis.com%2Factivity"' in said
    assert 'protoPayload.serviceName="cloudscheduler.googleapis.com"' in said
    assert 'protoPayload.methodName:("PauseJob" OR "DeleteJob")' in said
    assert f'protoPayload.resourceName:"jobs/{CLOCK}"' in said


def test_a_clock_that_never_called_is_silent_too(made: list[Made]) -> None:
    # A metric-absence condition needs one value after the policy was created; absent_over_time() needs none.
    silent = condition(made, "guard-clock-silent")["conditionPrometheusQueryLanguage"]
    query = str(silent["query"])
    assert query.startswith("absent_over_time(run_googleapis_com:request_count{")
    assert query.endswith("[1h])")
    assert 'service_name="sluice-on-clock"' in query
    assert 'response_code_class="2xx"' in query
    # The clock first calls up to 15 minutes after the policy is created.
    assert (silent["duration"], silent["disableMetricValidation"]) == ("1800s", True)


def test_a_budget_that_no_longer_reports_is_found_within_a_day(made: list[Made]) -> None:
    absent = condition(made, "guard-budget-silent")["conditionAbsent"]
    assert 'resource.labels.service_name="sluice-on-budget"' in str(absent["filter"])
    assert absent["duration"] == "84600s"  # 23.5 hours: Google allows no more
    (aggregation,) = json.loads(json.dumps(absent["aggregations"]))
    assert aggregation["crossSeriesReducer"] == "REDUCE_SUM"  # a new revision is not the end of the old one's calls


def test_nothing_is_expected_of_a_budget_that_does_not_exist() -> None:
    without = {"budget.allowWithoutBudget": "true", "guard.ttlHours": "8"}
    names = {entry.name for entry in cloud({**NEEDED, **without}, granted=False) if entry.kind == "AlertPolicy"}
    assert {"guard-clock-silent"} <= names
    assert "guard-budget-silent" not in names


def test_the_output_names_the_alerts_that_exist(made: list[Made]) -> None:
    named = guard_policy_names(cloud_context(), has_budget=True)
    policies = [entry.plain for entry in made if entry.kind == "AlertPolicy" and entry.name.startswith("guard-")]
    assert sorted(named) == sorted(policy["displayName"] for policy in policies)
    assert set(guard_alerts(cloud_context(), has_budget=True)) == set(NAMES)
