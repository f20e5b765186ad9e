"""Search in services not billed by size: clusters, Scheduler jobs, functions, alerting policies, log buckets."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from infra.gcp.cloud_context import STACK_LABEL
from infra.gcp.google_api import PARTIAL, ApiError
from infra.gcp.guard_config import CLOCK_JOB
from infra.leftovers.leftover import Leftover, Leftovers
from infra.leftovers.search_context import SearchContext

CLUSTERS, FUNCTIONS, ALERTS, LOGS = "container", "cloudfunctions", "monitoring", "logging"
CLOCKS = "cloudscheduler"
_FREE_DAYS = 30
"""Retention that is included in the price of ingesting logs."""


def clusters(context: SearchContext) -> Leftovers:
    """Find clusters with the stack's label; doubtful: those that only have the name of its cluster."""
    answer = context.google.get(CLUSTERS, f"v1/projects/{context.project}/locations/-/clusters")
    _require_complete(answer.get("missingZones"))
    certain: list[Leftover] = []
    doubtful: list[Leftover] = []
    for entry in answer.get("clusters", []):
        labels = entry.get("resourceLabels", {})
        if context.owner.owns(labels):
            certain.append(_cluster(context, entry))
        elif entry["name"] == context.owner.cluster:
            doubtful.append(replace(_cluster(context, entry), doubt=_NAMESAKE))
    return Leftovers(certain=tuple(certain), doubtful=tuple(doubtful))


_NAMESAKE = (
    "It has the name of the stack's cluster, but not the stack's label. Resources that GKE has marked with that name"
    " count as this cluster's: only those with the stack's label are listed."
)


def _cluster(context: SearchContext, entry: dict[str, Any]) -> Leftover:
    return Leftover(
        name=entry["name"],
        place=entry["location"],
        detail=f"{entry.get('currentNodeCount', 0)} nodes, {entry.get('status', '').lower()}; cost of its fee only",
        cost=context.monthly_cost("cluster-fee", context.region, Decimal(1)),
        service=CLUSTERS,
        path=f"v1/projects/{context.project}/locations/{entry['location']}/clusters/{entry['name']}",
    )


def clocks(context: SearchContext) -> Leftovers:
    """Find the guard's Scheduler job. It has no labels: its name and its description tell its stack."""
    return Leftovers(
        certain=tuple(
            Leftover(
                name=_part(entry, -1),
                place=location,
                detail="calls the guard; a billing account has three jobs free",
                cost=context.monthly_cost("clock", location, Decimal(1)),
                service=CLOCKS,
                path=f"v1/{entry['name']}",
            )
            for location in locations(context, CLOCKS)
            for entry in _list_all(context, CLOCKS, "v1", f"locations/{location}/jobs", "jobs")
            if entry["name"].endswith(f"-{CLOCK_JOB}")
            and f"{context.owner.description}," in entry.get("description", "")
        )
    )


def functions(context: SearchContext) -> Leftovers:
    """Find the guard's functions. They cost nothing while nobody calls them."""
    return Leftovers(
        certain=tuple(
            Leftover(
                name=_part(entry, -1),
                place=_part(entry, 3),
                detail="billed per call",
                cost=Decimal(0),
                service=FUNCTIONS,
                path=f"v2/{entry['name']}",
            )
            for entry in _list_all(context, FUNCTIONS, "v2", "locations/-/functions", "functions")
            if context.owner.owns(entry.get("labels", {}))
        )
    )


def alerts(context: SearchContext) -> Leftovers:
    """Find alerting policies."""
    return Leftovers(
        certain=tuple(
            Leftover(
                name=_part(entry, -1),
                place="global",
                detail=entry.get("displayName", ""),
                cost=context.monthly_cost("alert", context.region, Decimal(1)),
                service=ALERTS,
                path=f"v3/{entry['name']}",
            )
            for entry in _list_all(context, ALERTS, "v3", "alertPolicies", "alertPolicies")
            if context.owner.owns(entry.get("userLabels", {}))
        )
    )


def log_buckets(context: SearchContext) -> Leftovers:
    """Find log buckets. They have no labels: their description contains sluice-stack=NAME."""
    mark = f"{STACK_LABEL}={context.owner.stack}"
    return Leftovers(
        certain=tuple(
            Leftover(
                name=_part(entry, -1),
                place=_part(entry, 3),
                detail=f"logs of {entry.get('retentionDays', _FREE_DAYS)} days",
                # Longer retention is billed by the size of the logs, which no API reports.
                cost=Decimal(0) if entry.get("retentionDays", _FREE_DAYS) <= _FREE_DAYS else None,
                service=LOGS,
                path=f"v2/{entry['name']}",
            )
            for entry in _list_all(context, LOGS, "v2", "locations/-/buckets", "buckets")
            if mark in entry.get("description", "").replace(",", " ").split()
            and entry.get("lifecycleState") != "DELETE_REQUESTED"
        )
    )


def locations(context: SearchContext, service: str) -> Iterator[str]:
    """Yield every location of a service whose API has no list over all of them."""
    for page in context.google.pages(service, f"v1/projects/{context.project}/locations"):
        for location in page.get("locations", []):
            yield location["locationId"]


def _list_all(context: SearchContext, service: str, version: str, path: str, field: str) -> Iterator[dict[str, Any]]:
    for page in context.google.pages(service, f"{version}/projects/{context.project}/{path}"):
        _require_complete(page.get("unreachable"))
        yield from page.get(field, [])


def _require_complete(missing: list[str] | None) -> None:
    """Raise ApiError if a list lacks locations: it would seem that nothing is left there."""
    if missing:
        raise ApiError(f"{', '.join(missing)} cannot be listed", code=PARTIAL)


def _part(entry: dict[str, Any], number: int) -> str:
    """Return one part of a name such as projects/P/locations/L/functions/NAME."""
    return entry["name"].split("/")[number]
