"""What the guard is told, and what its scripts are told of it."""

from collections.abc import Mapping
from typing import Any

from infra.gcp.cloud_context import CloudContext
from infra.gcp.node_pools import pools

SECONDS = 540
"""How long a function may run: the most that one for events may have."""
_PERCENT = 100
CLOCK = "guard-clock"


def clock_job(site: CloudContext) -> str:
    """The full name of the Scheduler job, known before it is there: the functions ask it for the time."""
    return f"projects/{site.project}/locations/{site.region}/jobs/{site.name(CLOCK)}"


def environment(site: CloudContext) -> dict[str, str]:
    """What both functions are told."""
    guard, budget, place = site.settings.guard, site.settings.budget, site.settings.place
    return {
        "GUARD_PROJECT": site.project,
        "GUARD_LOCATION": site.location,
        "GUARD_CLUSTER": place.cluster,
        "GUARD_MODE": guard.mode,
        "GUARD_SHARE": str(guard.percent / _PERCENT),
        "GUARD_CURRENCY": budget.currency,
        "GUARD_CLOCK_JOB": clock_job(site),
        "GUARD_TTL_HOURS": str(guard.ttl_hours),
        "GUARD_TIMEOUT_SECONDS": str(SECONDS),
    }


def told(site: CloudContext) -> Mapping[str, Any]:
    """What scripts/extend and scripts/wake work on, in the words of GKE's API."""
    return {
        "project": site.project,
        "location": site.location,
        "cluster": site.settings.place.cluster,
        "clockJob": clock_job(site),
        "mode": site.settings.guard.mode,
        "pools": {pool.name: pool.told for pool in pools(site.settings.nodes)},
    }
