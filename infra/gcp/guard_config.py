"""What the guard is told, and what its scripts are told of it."""

from collections.abc import Mapping
from typing import Any

from infra.gcp.cloud_context import CloudContext
from infra.gcp.node_pools import pool_specs

TIMEOUT_SECONDS = 540
"""How long a function may run: the most that one for events may have."""
_PERCENT = 100
CLOCK_JOB = "guard-clock"


def clock_job(context: CloudContext) -> str:
    """The full name of the Scheduler job, known before it is there: the functions ask it for the time."""
    return f"projects/{context.project}/locations/{context.region}/jobs/{context.name(CLOCK_JOB)}"


def function_environment(context: CloudContext) -> dict[str, str]:
    """What both functions are told."""
    guard, budget, place = context.settings.guard, context.settings.budget, context.settings.cluster
    return {
        "GUARD_PROJECT": context.project,
        "GUARD_LOCATION": context.location,
        "GUARD_CLUSTER": place.name,
        "GUARD_MODE": guard.mode,
        "GUARD_SHARE": str(guard.percent / _PERCENT),
        "GUARD_CURRENCY": budget.currency,
        "GUARD_CLOCK_JOB": clock_job(context),
        "GUARD_TTL_HOURS": str(guard.ttl_hours),
        "GUARD_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
    }


def guard_output(context: CloudContext) -> Mapping[str, Any]:
    """What scripts/extend and scripts/wake work on, in the words of GKE's API."""
    return {
        "project": context.project,
        "location": context.location,
        "cluster": context.settings.cluster.name,
        "clockJob": clock_job(context),
        "mode": context.settings.guard.mode,
        "pools": {pool.name: pool.guard_output for pool in pool_specs(context.settings.nodes)},
    }
