"""What Compute Engine holds: machines, disks, addresses, gateways, forwarding rules, snapshots, images."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from infra.cost.machine_types import parse_machine_type
from infra.gcp.google_api import PARTIAL, ApiError
from infra.leftovers.leftover import CLAIM, Found, Leftover, made_for
from infra.leftovers.search_context import GIB, Search

SERVICE = "compute"
_EMPTY = "NO_RESULTS_ON_PAGE"


def instances(search: Search) -> Found:
    """Machines: nodes, for the most part."""
    return _all(search, "instances", _instance)


def disks(search: Search) -> Found:
    """Disks, those of claims among them: a cluster that is removed leaves them behind."""
    sure: list[Leftover] = []
    doubtful: list[Leftover] = []
    for scope, disk in _everywhere(search, "disks"):
        if search.mark.on(disk.get("labels", {})):
            sure.append(_disk(search, scope, disk))
        elif search.mark.perhaps(disk):
            doubtful.append(replace(_disk(search, scope, disk), doubt=_doubt(search, scope, disk["name"])))
    return Found(sure=tuple(sure), doubtful=tuple(doubtful))


def _doubt(search: Search, scope: str, name: str) -> str:
    kind, _, place = scope.partition("/")
    return (
        "It was made for a namespace of this name, but does not say in which cluster: it is not touched. See for"
        f" yourself: gcloud compute disks describe {name} --{kind.removesuffix('s')} {place} --project {search.project}"
    )


def addresses(search: Search) -> Found:
    """Reserved addresses."""
    return _all(search, "addresses", _address)


def forwarding_rules(search: Search) -> Found:
    """Forwarding rules: what a load balancer leaves."""
    return _all(search, "forwardingRules", _rule)


def gateways(search: Search) -> Found:
    """NAT gateways. A router has no labels: its network says in its description whose it is."""
    found: list[Leftover] = []
    whose: dict[str, bool] = {}
    for scope, router in _everywhere(search, "routers"):
        network = _last(router.get("network", ""))
        if router.get("nats") and network not in whose:
            described = search.google.get(SERVICE, f"compute/v1/projects/{search.project}/global/networks/{network}")
            whose[network] = described.get("description") == search.mark.description
        if router.get("nats") and whose[network]:
            cost = search.monthly("address", _region(search, scope), Decimal(1))
            found.append(_leftover(search, scope, "routers", router, f"NAT of {network}; its address", cost))
    return Found(sure=tuple(found))


def snapshots(search: Search) -> Found:
    """Snapshots of disks."""
    return _global(search, "snapshots", "storageBytes", "snapshot")


def images(search: Search) -> Found:
    """Images of disks."""
    return _global(search, "images", "archiveSizeBytes", "image")


def _everywhere(search: Search, collection: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything of a kind with where it is, such as zones/us-central1-a."""
    path = f"compute/v1/projects/{search.project}/aggregated/{collection}"
    for page in search.google.pages(SERVICE, path):
        if missing := page.get("unreachables"):
            raise ApiError(f"{', '.join(map(_last, missing))} cannot be listed", code=PARTIAL)
        for scope, found in page.get("items", {}).items():
            warning = found.get("warning", {}).get("code", _EMPTY)
            if warning != _EMPTY:
                raise ApiError(f"{scope} cannot be listed ({warning})", code=PARTIAL)
            for entry in found.get(collection, []):
                yield scope, entry


def _all(search: Search, collection: str, described: Any) -> Found:
    ours = (
        (scope, entry) for scope, entry in _everywhere(search, collection) if search.mark.on(entry.get("labels", {}))
    )
    return Found(sure=tuple(described(search, scope, entry) for scope, entry in ours))


def _global(search: Search, collection: str, size: str, price: str) -> Found:
    found: list[Leftover] = []
    for page in search.google.pages(SERVICE, f"compute/v1/projects/{search.project}/global/{collection}"):
        for entry in page.get("items", []):
            if search.mark.on(entry.get("labels", {})):
                gib = Decimal(entry.get(size, 0)) / GIB
                places = entry.get("storageLocations") or [search.region]
                cost = search.monthly(price, places[0], gib)
                found.append(_leftover(search, "global", collection, entry, f"{gib:.1f} GiB", cost))
    return Found(sure=tuple(found))


def _instance(search: Search, scope: str, entry: Mapping[str, Any]) -> Leftover:
    kind = _last(entry.get("machineType", ""))
    parts = parse_machine_type(kind)
    spot = "-spot" if entry.get("scheduling", {}).get("provisioningModel") == "SPOT" else ""
    costs: Iterable[Decimal | None] = [None]
    if parts:
        region = _region(search, scope)
        costs = [
            search.monthly(f"{parts.family}-core{spot}", region, parts.cores),
            search.monthly(f"{parts.family}-ram{spot}", region, parts.gib),
        ]
    known = [cost for cost in costs if cost is not None]
    cost = sum(known, Decimal(0)) if len(known) == len(list(costs)) else None
    return _leftover(search, scope, "instances", entry, f"{kind}{' on spot' if spot else ''}", cost)


def _disk(search: Search, scope: str, entry: Mapping[str, Any]) -> Leftover:
    gib, kind = Decimal(entry.get("sizeGb", 0)), _last(entry.get("type", ""))
    claim = made_for(entry).get(CLAIM)
    detail = f"{gib:f} GiB {kind}{f', claim {claim}' if claim else ''}"
    users = ", ".join(_last(user) for user in entry.get("users", []))
    regional = scope.startswith("regions/")
    cost = None if regional else search.monthly(kind, _region(search, scope), gib)
    return _leftover(search, scope, "disks", entry, detail, cost, used_by=users)


def _address(search: Search, scope: str, entry: Mapping[str, Any]) -> Leftover:
    used = entry.get("status") == "IN_USE"
    internal = entry.get("addressType") == "INTERNAL"
    cost = (
        Decimal(0)
        if internal
        else search.monthly("address" if used else "address-idle", _region(search, scope), Decimal(1))
    )
    users = ", ".join(_last(user) for user in entry.get("users", []))
    return _leftover(search, scope, "addresses", entry, str(entry.get("address", "")), cost, used_by=users)


def _rule(search: Search, scope: str, entry: Mapping[str, Any]) -> Leftover:
    cost = search.monthly("forwarding-rule", _region(search, scope), Decimal(1))
    return _leftover(search, scope, "forwardingRules", entry, str(entry.get("IPAddress", "")), cost)


def _leftover(  # noqa: PLR0917 - where and what, as every caller has them at hand
    search: Search,
    scope: str,
    collection: str,
    entry: Mapping[str, Any],
    detail: str,
    cost: Decimal | None,
    *,
    used_by: str = "",
) -> Leftover:
    return Leftover(
        name=entry["name"],
        place=_last(scope),
        detail=detail,
        cost=cost,
        service=SERVICE,
        path=f"compute/v1/projects/{search.project}/{scope}/{collection}/{entry['name']}",
        used_by=used_by,
    )


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _region(search: Search, scope: str) -> str:
    """The region of zones/us-central1-a or regions/us-central1; the stack's for what is in none."""
    kind, _, name = scope.partition("/")
    return name.rpartition("-")[0] if kind == "zones" else name or search.region
