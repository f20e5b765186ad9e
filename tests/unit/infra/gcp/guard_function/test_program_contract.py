"""The Pulumi program sets the environment of the guard's functions, and the output `guard` for its commands."""

import json

import pytest

from infra.gcp.cloud_context import CloudContext
from infra.gcp.guard_commands.guarded_cluster import GuardedCluster
from infra.gcp.guard_config import function_environment, guard_output
from infra.gcp.guard_function.sluice_guard.environment import GuardSettings
from infra.gcp.guard_permissions import PERMISSIONS
from infra.gcp.guard_source import source_files
from infra.settings.stack_settings import Settings

NEEDED = {
    "gcp.project": "my-lab",
    "budget.billingAccount": "01AB23-45CD67-89EF01",
    "budget.emails": '["me@example.com"]',
}
COST = "at least $7.30"


def cloud_context(**settings: str) -> CloudContext:
    parsed = Settings.parse({**NEEDED, **settings})
    assert parsed.gcp
    return CloudContext(settings=parsed.gcp, stack="gke")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"guard.mode": "notify"},
        {"guard.mode": "off"},
        {"guard.percent": "1", "guard.ttlHours": "0"},
        {"guard.percent": "1000", "guard.ttlHours": "744", "guard.deleteAfterDays": "365"},
        {"guard.deleteAfterDays": "7", "gcp.deletionProtection": "true", "gcp.project": "example.com:my-lab"},
    ],
)
def test_the_guard_starts_with_any_valid_settings(settings: dict[str, str]) -> None:
    parsed = Settings.parse({**NEEDED, **settings})
    assert parsed.gcp
    read = GuardSettings.parse(function_environment(cloud_context(**settings), sleep_cost=COST))
    assert read.mode == parsed.gcp.guard.mode
    assert read.share == parsed.gcp.guard.percent / 100
    assert (read.sleep.delete_after.days if read.sleep.delete_after else 0) == parsed.gcp.guard.delete_after_days
    assert read.sleep.protected is parsed.gcp.cluster.deletion_protection
    assert read.sleep.monthly_cost == COST
    assert (read.ttl.total_seconds() / 3600 if read.ttl else 0) == parsed.gcp.guard.ttl_hours


def test_the_scripts_and_the_guard_mean_the_same_cluster_and_clock() -> None:
    context = cloud_context()
    guarded = GuardedCluster.parse(json.dumps(guard_output(context, has_budget=True, alerts=[])))
    read = GuardSettings.parse(function_environment(context, sleep_cost=COST))
    assert (guarded.project, guarded.location, guarded.cluster) == (read.project, read.location, read.cluster)
    assert guarded.delete_after_days == context.settings.guard.delete_after_days
    assert (guarded.clock_job, guarded.mode) == (read.clock_job, read.mode)
    assert all(size.autoscaling for size in guarded.pools.values())


def test_the_account_may_do_what_the_guard_asks_for_and_nothing_else() -> None:
    assert set(PERMISSIONS) == {
        "container.clusters.get",
        "container.clusters.update",
        "container.operations.get",
        "compute.instanceGroupManagers.get",
        "cloudscheduler.jobs.get",
    }


def test_every_import_of_main_is_deployed() -> None:
    files = source_files()
    assert {"main.py", "requirements.txt", "sluice_guard/__init__.py", "sluice_guard/handlers.py"} <= set(files)
    assert not any(name.endswith(".pyc") for name in files)
