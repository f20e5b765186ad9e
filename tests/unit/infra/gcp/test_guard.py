"""The guard's resources match infra/gcp/guard_function/README.md."""

import json
import re
from base64 import b64decode
from datetime import timedelta
from typing import Any

from infra.gcp.guard_commands.guarded_cluster import GuardedCluster
from infra.gcp.guard_function.sluice_guard.environment import GuardSettings
from infra.gcp.guard_function.sluice_guard.log import MAIL_DAILY, MAIL_NOW, MAIL_SLEEP
from infra.gcp.guard_function.sluice_guard.sleep_state import OBJECT
from infra.gcp.guard_permissions import DELETE_PERMISSIONS, END_PERMISSIONS, PERMISSIONS
from infra.gcp.guard_source import FOLDER, source_files
from tests.unit.infra.gcp.conftest import NEEDED, cloud, only
from tests.unit.infra.recording_monitor import Made

README = (FOLDER / "README.md").read_text()


def function(made: list[Made], name: str) -> Made:
    return only(made, "Function", name)


def test_functions_start_with_their_environment(made: list[Made]) -> None:
    environments = [
        function(made, name).plain["serviceConfig"]["environmentVariables"] for name in ("on-budget", "on-clock")
    ]
    assert environments[0] == environments[1]
    parsed = GuardSettings.parse(environments[0])
    assert (parsed.project, parsed.location, parsed.cluster) == ("my-lab", "us-central1-a", "sluice")
    assert (parsed.mode, parsed.share, parsed.currency) == ("scale-to-zero", 0.9, "USD")
    assert parsed.ttl
    assert parsed.ttl.total_seconds() == 12 * 3600
    assert parsed.timeout == function(made, "on-clock").plain["serviceConfig"]["timeoutSeconds"]


def test_functions_start_with_any_settings() -> None:
    for settings in ({"guard.mode": "notify", "guard.ttlHours": "0"}, {"guard.mode": "off", "guard.percent": "1000"}):
        made = cloud({**NEEDED, **settings})
        assert GuardSettings.parse(function(made, "on-clock").plain["serviceConfig"]["environmentVariables"])


def test_every_variable_of_the_readme_is_set(made: list[Made]) -> None:
    table = set(re.findall(r"^\| `(GUARD_\w+)`", README, re.MULTILINE))
    assert table == function(made, "on-budget").plain["serviceConfig"]["environmentVariables"].keys()


def test_rights_are_those_of_the_readme() -> None:
    roles = README.partition("## IAM roles")[2].partition("\n## ")[0]
    first, _, more = roles.partition("Nothing else")
    assert _permissions(first) == set(PERMISSIONS)
    without, _, conditional = more.partition("`guard.deleteAfterDays`")[2].partition("condition")
    assert _permissions(without) == set(END_PERMISSIONS)
    assert _permissions(conditional) == set(DELETE_PERMISSIONS)


def _permissions(text: str) -> set[str]:
    return set(re.findall(r"`([a-z]+\.[a-zA-Z]+\.[a-zA-Z]+)`", text))


def test_rights_to_delete_are_granted_only_with_the_setting_and_for_the_stacks_own() -> None:
    assert not [entry.name for entry in cloud(NEEDED) if entry.name.startswith(("guard-end", "guard-delete"))]
    made = cloud({**NEEDED, "guard.deleteAfterDays": "30"})
    for name, permissions in (("guard-end", END_PERMISSIONS), ("guard-delete", DELETE_PERMISSIONS)):
        role = only(made, "IAMCustomRole", name)
        grant = only(made, "IAMMember", f"{name}-role")
        assert role.plain["permissions"] == list(permissions)
        assert role.urn in grant.dependencies
        assert grant.plain["member"] == "serviceAccount:sluice-guard@my-lab.iam.gserviceaccount.com"
        assert ("condition" in grant.plain) == (permissions == DELETE_PERMISSIONS)
    expression = only(made, "IAMMember", "guard-delete-role").plain["condition"]["expression"]
    assert expression == (
        'resource.name.endsWith("/clusters/sluice") || resource.name.extract("/disks/{name}").startsWith("pvc-")'
    )
    state = only(made, "BucketIAMMember", "guard-writes-state").plain
    (bucket,) = (entry.plain["name"] for entry in made if entry.type == "gcp:storage/bucket:Bucket")
    assert state["bucket"] == bucket == environment(made)["GUARD_BUCKET"]
    assert state["condition"]["expression"] == f'resource.name == "projects/_/buckets/{bucket}/objects/{OBJECT}"'


def test_the_guard_recognizes_what_the_program_creates(made: list[Made]) -> None:
    settings = GuardSettings.parse(environment(made)).sleep
    assert only(made, "Cluster").plain["resourceLabels"] == settings.labels
    (disks,) = (entry for entry in made if entry.kind == "StorageClass")
    assert disks.plain["parameters"]["labels"] == environment(made)["GUARD_LABELS"]
    router, network = only(made, "Router").plain, only(made, "Network").plain
    assert settings.router == f"projects/my-lab/regions/{router['region']}/routers/{router['name']}"
    assert settings.description == network["description"]
    assert settings.delete_after == timedelta(days=30)
    assert re.fullmatch(r"\$\d+\.\d\d", settings.monthly_cost)


def environment(made: list[Made]) -> dict[str, str]:
    return function(made, "on-clock").plain["serviceConfig"]["environmentVariables"]


def test_functions_are_small_and_one_at_a_time(made: list[Made]) -> None:
    for name, entry_point in (("on-budget", "on_budget"), ("on-clock", "on_clock")):
        plain = function(made, name).plain
        assert plain["buildConfig"]["entryPoint"] == entry_point
        assert plain["buildConfig"]["serviceAccount"].endswith("/sluice-guard-build@my-lab.iam.gserviceaccount.com")
        service = plain["serviceConfig"]
        assert (service["minInstanceCount"], service["maxInstanceCount"]) == (0, 1)
        assert service["maxInstanceRequestConcurrency"] == 1
        assert service["ingressSettings"] == "ALLOW_INTERNAL_ONLY"
        assert service["serviceAccountEmail"] == "sluice-guard@my-lab.iam.gserviceaccount.com"


def test_budget_and_clock_call_their_own_function(made: list[Made]) -> None:
    trigger = function(made, "on-budget").plain["eventTrigger"]
    assert trigger["pubsubTopic"] == only(made, "Topic").name
    assert trigger["eventType"] == "google.cloud.pubsub.topic.v1.messagePublished"
    assert trigger["retryPolicy"] == "RETRY_POLICY_RETRY"
    assert "eventTrigger" not in function(made, "on-clock").plain
    clock = only(made, "Job", "clock")
    assert clock.plain["schedule"] == "*/15 * * * *"
    target = clock.plain["httpTarget"]
    assert target["httpMethod"] == "POST"
    assert target["uri"] == target["oidcToken"]["audience"] == "https://on-clock.run.app"
    assert target["oidcToken"]["serviceAccountEmail"] == "sluice-guard-caller@my-lab.iam.gserviceaccount.com"
    assert b64decode(target["body"]) == b"{}"
    # scripts/extend stores the deadline there.
    assert clock.ignore_changes == ("httpTarget.body",)


def test_clock_has_the_name_in_the_functions_environment(made: list[Made]) -> None:
    clock = only(made, "Job", "clock").plain
    full = f"projects/{clock['project']}/locations/{clock['region']}/jobs/{clock['name']}"
    assert function(made, "on-clock").plain["serviceConfig"]["environmentVariables"]["GUARD_CLOCK_JOB"] == full


def test_scripts_understand_the_output() -> None:
    exported: dict[str, Any] = {}
    made = cloud(NEEDED, exported=exported)
    guarded = GuardedCluster.parse(json.dumps(exported["guard"]))
    assert guarded.pools.keys() == {entry.name for entry in made if entry.kind == "NodePool"}
    assert guarded.pools["spot"].autoscaling == {
        "totalMinNodeCount": 0,
        "totalMaxNodeCount": 1,
        "locationPolicy": "ANY",
    }
    # scripts/wake, too, waits for no spot machine.
    assert {name: pool.nodes for name, pool in guarded.pools.items()} == {"spot": 0, "steady": 1}


MAILS = (
    ("guard-now", MAIL_NOW, "300s"),
    ("guard-daily", MAIL_DAILY, "86400s"),
    ("guard-sleep", MAIL_SLEEP, "86400s"),
)


def test_log_entries_of_the_guard_are_mailed(made: list[Made]) -> None:
    for name, entries, limit in MAILS:
        alert = only(made, "AlertPolicy", name).plain
        (condition,) = alert["conditions"]
        said = condition["conditionMatchedLog"]["filter"]
        assert said.startswith(entries)
        assert '("sluice-on-budget" OR "sluice-on-clock")' in said
        assert alert["alertStrategy"]["notificationRateLimit"] == {"period": limit}
        assert len(alert["notificationChannels"]) == 2
        extracted = condition["conditionMatchedLog"]["labelExtractors"]
        assert set(re.findall(r"extracted_label\.(\w+)", alert["documentation"]["content"])) == extracted.keys()


def test_values_that_differ_each_time_are_not_extracted_into_daily_mails(made: list[Made]) -> None:
    """Google limits each combination of extracted values separately."""
    (condition,) = only(made, "AlertPolicy", "guard-daily").plain["conditions"]
    assert condition["conditionMatchedLog"]["labelExtractors"] == {"event": "EXTRACT(jsonPayload.sluice_guard)"}


def test_builder_reads_what_google_copies_the_archive_to_and_no_other_bucket(made: list[Made]) -> None:
    copied = only(made, "IAMMember", "builder-reads-copy").plain
    where = "projects/_/buckets/gcf-v2-sources-123456789-us-central1/objects/"
    assert copied["condition"]["expression"] == f'resource.name.startsWith("{where}")'
    (bucket,) = (entry for entry in made if entry.type == "gcp:storage/bucket:Bucket")
    assert only(made, "BucketIAMMember", "builder-reads").plain["bucket"] == bucket.plain["name"]


def test_archive_holds_what_the_function_needs_and_nothing_else() -> None:
    files = source_files()
    assert {"main.py", "requirements.txt", "sluice_guard/handlers.py"} <= files.keys()
    assert not [name for name in files if name.endswith((".md", ".pyc")) or "__pycache__" in name]
    assert files["main.py"].read_text().count("def on_budget") == 1
