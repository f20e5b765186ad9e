"""What services without sizes hold: clusters, functions, alerts, log buckets."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from infra.cost.api import ApiError
from infra.leftovers.items import LABEL, Found, Leftover
from infra.leftovers.search import Search

CLUSTERS, FUNCTIONS, ALERTS, LOGS = "container", "cloudfunctions", "monitoring", "logging"


def clusters(search: Search) -> Found:
    """Clusters that have the stack's label."""
    answer = search.google.get(CLUSTERS, f"v1/projects/{search.project}/locations/-/clusters")
    _all_there("clusters", answer.get("missingZones"))
    ours = (entry for entry in answer.get("clusters", []) if search.mark.on(entry.get("resourceLabels", {})))
    return Found(
        sure=tuple(
            Leftover(
                name=entry["name"],
                place=entry["location"],
                detail=f"{entry.get('currentNodeCount', 0)} nodes, {entry.get('status', '').lower()}; its fee alone",
                cost=search.monthly("cluster-fee", search.region, Decimal(1)),
                service=CLUSTERS,
                path=f"v1/projects/{search.project}/locations/{entry['location']}/clusters/{entry['name']}",
            )
            for entry in ours
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
    words = f"{LABEL}={search.mark.stack}"
    return Found(
        sure=tuple(
            Leftover(
                name=_part(entry, -1),
                place=_part(entry, 3),
                detail=f"logs of {entry.get('retentionDays', 30)} days",
                cost=None,
                service=LOGS,
                path=f"v2/{entry['name']}",
            )
            for entry in _everything(search, LOGS, "v2", "locations/-/buckets", "buckets")
            if words in entry.get("description", "").replace(",", " ").split()
            and entry.get("lifecycleState") != "DELETE_REQUESTED"
        )
    )


def _everything(search: Search, service: str, version: str, path: str, field: str) -> Iterator[dict[str, Any]]:
    for page in search.google.pages(service, f"{version}/projects/{search.project}/{path}"):
        _all_there(field, page.get("unreachable"))
        yield from page.get(field, [])


def _all_there(what: str, missing: list[str] | None) -> None:
    """A list that lacks a place would say that nothing is left there."""
    if missing:
        raise ApiError(f"{what} in {', '.join(missing)} cannot be listed; try again in a while")


def _part(entry: dict[str, Any], number: int) -> str:
    """One part of projects/P/locations/L/things/NAME."""
    return entry["name"].split("/")[number]
