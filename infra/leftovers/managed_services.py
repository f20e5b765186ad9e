"""What services without sizes hold: clusters, the clock, functions, alerts, log buckets."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from infra.gcp.cloud_context import STACK_LABEL
from infra.gcp.google_api import PARTIAL, ApiError
from infra.gcp.guard_config import CLOCK_JOB
from infra.leftovers.leftover import Found, Leftover
from infra.leftovers.search_context import Search

CLUSTERS, FUNCTIONS, ALERTS, LOGS = "container", "cloudfunctions", "monitoring", "logging"
CLOCKS = "cloudscheduler"
_FREE_DAYS = 30
"""For which a log bucket keeps logs that were paid for when they came."""


def clusters(search: Search) -> Found:
    """Clusters that have the stack's label; in doubt those that only have the name of the stack's."""
    answer = search.google.get(CLUSTERS, f"v1/projects/{search.project}/locations/-/clusters")
    _all_there(answer.get("missingZones"))
    sure: list[Leftover] = []
    doubtful: list[Leftover] = []
    for entry in answer.get("clusters", []):
        labels = entry.get("resourceLabels", {})
        if search.mark.on(labels):
            sure.append(_cluster(search, entry))
        elif entry["name"] == search.mark.cluster:
            doubtful.append(replace(_cluster(search, entry), doubt=_NAMESAKE))
    return Found(sure=tuple(sure), doubtful=tuple(doubtful))


_NAMESAKE = (
    "It has the name of the stack's cluster and not the stack's label. What GKE has marked with that name is taken for"
    " its own: only what has the stack's label is listed."
)


def _cluster(search: Search, entry: dict[str, Any]) -> Leftover:
    return Leftover(
        name=entry["name"],
        place=entry["location"],
        detail=f"{entry.get('currentNodeCount', 0)} nodes, {entry.get('status', '').lower()}; its fee alone",
        cost=search.monthly("cluster-fee", search.region, Decimal(1)),
        service=CLUSTERS,
        path=f"v1/projects/{search.project}/locations/{entry['location']}/clusters/{entry['name']}",
    )


def clocks(search: Search) -> Found:
    """The guard's Scheduler job. It has no labels: its name and its description say whose it is."""
    return Found(
        sure=tuple(
            Leftover(
                name=_part(entry, -1),
                place=location,
                detail="calls the guard; three are free for a billing account",
                cost=search.monthly("clock", location, Decimal(1)),
                service=CLOCKS,
                path=f"v1/{entry['name']}",
            )
            for location in locations(search, CLOCKS)
            for entry in _everything(search, CLOCKS, "v1", f"locations/{location}/jobs", "jobs")
            if entry["name"].endswith(f"-{CLOCK_JOB}") and f"{search.mark.description}," in entry.get("description", "")
        )
    )


def functions(search: Search) -> Found:
    """The guard. It costs nothing while nobody calls it."""
    return Found(
        sure=tuple(
            Leftover(
                name=_part(entry, -1),
                place=_part(entry, 3),
                detail="costs by the call",
                cost=Decimal(0),
                service=FUNCTIONS,
                path=f"v2/{entry['name']}",
            )
            for entry in _everything(search, FUNCTIONS, "v2", "locations/-/functions", "functions")
            if search.mark.on(entry.get("labels", {}))
        )
    )


def alerts(search: Search) -> Found:
    """Alerting policies."""
    return Found(
        sure=tuple(
            Leftover(
                name=_part(entry, -1),
                place="global",
                detail=entry.get("displayName", ""),
                cost=search.monthly("alert", search.region, Decimal(1)),
                service=ALERTS,
                path=f"v3/{entry['name']}",
            )
            for entry in _everything(search, ALERTS, "v3", "alertPolicies", "alertPolicies")
            if search.mark.on(entry.get("userLabels", {}))
        )
    )


def log_buckets(search: Search) -> Found:
    """Log buckets. They have no labels: the stack's is in their description, as sluice-stack=NAME."""
    words = f"{STACK_LABEL}={search.mark.stack}"
    return Found(
        sure=tuple(
            Leftover(
                name=_part(entry, -1),
                place=_part(entry, 3),
                detail=f"logs of {entry.get('retentionDays', _FREE_DAYS)} days",
                # What it holds for longer is paid for by its size, which nobody tells.
                cost=Decimal(0) if entry.get("retentionDays", _FREE_DAYS) <= _FREE_DAYS else None,
                service=LOGS,
                path=f"v2/{entry['name']}",
            )
            for entry in _everything(search, LOGS, "v2", "locations/-/buckets", "buckets")
            if words in entry.get("description", "").replace(",", " ").split()
            and entry.get("lifecycleState") != "DELETE_REQUESTED"
        )
    )


def locations(search: Search, service: str) -> Iterator[str]:
    """Every location of a service that has no list of all."""
    for page in search.google.pages(service, f"v1/projects/{search.project}/locations"):
        for location in page.get("locations", []):
            yield location["locationId"]


def _everything(search: Search, service: str, version: str, path: str, field: str) -> Iterator[dict[str, Any]]:
    for page in search.google.pages(service, f"{version}/projects/{search.project}/{path}"):
        _all_there(page.get("unreachable"))
        yield from page.get(field, [])


def _all_there(missing: list[str] | None) -> None:
    """A list that lacks a place would say that nothing is left there."""
    if missing:
        raise ApiError(f"{', '.join(missing)} cannot be listed", code=PARTIAL)


def _part(entry: dict[str, Any], number: int) -> str:
    """One part of projects/P/locations/L/things/NAME."""
    return entry["name"].split("/")[number]
