"""Search in Compute Engine: machines, disks, addresses, NAT gateways, forwarding rules, snapshots, images."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from infra.cost.machine_types import parse_machine_type
from infra.gcp.google_api import PARTIAL, ApiError
from infra.leftovers.leftover import Leftover, Leftovers
from infra.leftovers.search_context import CLAIM, GIB, SearchContext, claim_of

SERVICE = "compute"
_EMPTY = "NO_RESULTS_ON_PAGE"


def instances(context: SearchContext) -> Leftovers:
    """Find machines: mostly nodes of the cluster."""
    return _find_labelled(context, "instances", _instance)


def disks(context: SearchContext) -> Leftovers:
    """Find disks, also those of PersistentVolumeClaims: deleting a cluster leaves them behind."""
    certain: list[Leftover] = []
    doubtful: list[Leftover] = []
    for scope, disk in _list_all_scopes(context, "disks"):
        if context.owner.owns(disk.get("labels", {})):
            certain.append(_disk(context, scope, disk))
        elif context.owner.may_own(disk):
            doubtful.append(replace(_disk(context, scope, disk), doubt=_doubt(context, scope, disk["name"])))
    return Leftovers(certain=tuple(certain), doubtful=tuple(doubtful))


def _doubt(context: SearchContext, scope: str, name: str) -> str:
    kind, _, place = scope.partition("/")
    where = f"--{kind.removesuffix('s')} {place} --project {context.project}"
    return (
        "It was created for a claim in a namespace of this name, but does not name its cluster, so it is not removed."
        f" To inspect it: gcloud compute disks describe {name} {where}"
    )


def addresses(context: SearchContext) -> Leftovers:
    """Find reserved addresses."""
    return _find_labelled(context, "addresses", _address)


def forwarding_rules(context: SearchContext) -> Leftovers:
    """Find forwarding rules, which load balancers leave behind."""
    return _find_labelled(context, "forwardingRules", _rule)


def gateways(context: SearchContext) -> Leftovers:
    """Find NAT gateways. A router has no labels: the description of its network names the stack."""
    found: list[Leftover] = []
    network_is_ours: dict[str, bool] = {}
    for scope, router in _list_all_scopes(context, "routers"):
        network = _last(router.get("network", ""))
        if router.get("nats") and network not in network_is_ours:
            described = context.google.get(SERVICE, f"compute/v1/projects/{context.project}/global/networks/{network}")
            network_is_ours[network] = described.get("description") == context.owner.description
        if router.get("nats") and network_is_ours[network]:
            cost = context.monthly_cost("address", _region(context, scope), Decimal(1))
            found.append(_leftover(context, scope, "routers", router, f"NAT of {network}; its address", cost))
    return Leftovers(certain=tuple(found))


def snapshots(context: SearchContext) -> Leftovers:
    """Find snapshots of disks."""
    return _find_labelled_global(context, "snapshots", "storageBytes", "snapshot")


def images(context: SearchContext) -> Leftovers:
    """Find images of disks."""
    return _find_labelled_global(context, "images", "archiveSizeBytes", "image")


def _list_all_scopes(context: SearchContext, collection: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every resource of a collection with its scope, such as zones/us-central1-a.

    Raises ApiError if a scope could not be listed: its resources would be missed.
    """
    path = f"compute/v1/projects/{context.project}/aggregated/{collection}"
    for page in context.google.pages(SERVICE, path):
        if missing := page.get("unreachables"):
            raise ApiError(f"{', '.join(map(_last, missing))} cannot be listed", code=PARTIAL)
        for scope, found in page.get("items", {}).items():
            warning = found.get("warning", {}).get("code", _EMPTY)
            if warning != _EMPTY:
                raise ApiError(f"{scope} cannot be listed ({warning})", code=PARTIAL)
            for entry in found.get(collection, []):
                yield scope, entry


def _find_labelled(
    context: SearchContext, collection: str, to_leftover: Callable[[SearchContext, str, Mapping[str, Any]], Leftover]
) -> Leftovers:
    ours = (
        (scope, entry)
        for scope, entry in _list_all_scopes(context, collection)
        if context.owner.owns(entry.get("labels", {}))
    )
    return Leftovers(certain=tuple(to_leftover(context, scope, entry) for scope, entry in ours))


def _find_labelled_global(context: SearchContext, collection: str, size: str, price: str) -> Leftovers:
    found: list[Leftover] = []
    for page in context.google.pages(SERVICE, f"compute/v1/projects/{context.project}/global/{collection}"):
        for entry in page.get("items", []):
            if context.owner.owns(entry.get("labels", {})):
                gib = Decimal(entry.get(size, 0)) / GIB
                places = entry.get("storageLocations") or [context.region]
                cost = context.monthly_cost(price, places[0], gib)
                found.append(_leftover(context, "global", collection, entry, f"{gib:.1f} GiB", cost))
    return Leftovers(certain=tuple(found))


def _instance(context: SearchContext, scope: str, entry: Mapping[str, Any]) -> Leftover:
    kind = _last(entry.get("machineType", ""))
    parts = parse_machine_type(kind)
    spot = "-spot" if entry.get("scheduling", {}).get("provisioningModel") == "SPOT" else ""
    costs: Iterable[Decimal | None] = [None]
    if parts:
        region = _region(context, scope)
        costs = [
            context.monthly_cost(f"{parts.family}-core{spot}", region, parts.cores),
            context.monthly_cost(f"{parts.family}-ram{spot}", region, parts.gib),
        ]
    known = [cost for cost in costs if cost is not None]
    cost = sum(known, Decimal(0)) if len(known) == len(list(costs)) else None
    return _leftover(context, scope, "instances", entry, f"{kind}{' on spot' if spot else ''}", cost)


def _disk(context: SearchContext, scope: str, entry: Mapping[str, Any]) -> Leftover:
    gib, kind = Decimal(entry.get("sizeGb", 0)), _last(entry.get("type", ""))
    claim = claim_of(entry).get(CLAIM)
    detail = f"{gib:f} GiB {kind}{f', claim {claim}' if claim else ''}"
    users = ", ".join(_last(user) for user in entry.get("users", []))
    regional = scope.startswith("regions/")
    cost = None if regional else context.monthly_cost(kind, _region(context, scope), gib)
    return _leftover(context, scope, "disks", entry, detail, cost, used_by=users)


def _address(context: SearchContext, scope: str, entry: Mapping[str, Any]) -> Leftover:
    used = entry.get("status") == "IN_USE"
    internal = entry.get("addressType") == "INTERNAL"
    cost = (
        Decimal(0)
        if internal
        else context.monthly_cost("address" if used else "address-idle", _region(context, scope), Decimal(1))
    )
    users = ", ".join(_last(user) for user in entry.get("users", []))
    return _leftover(context, scope, "addresses", entry, str(entry.get("address", "")), cost, used_by=users)


def _rule(context: SearchContext, scope: str, entry: Mapping[str, Any]) -> Leftover:
    cost = context.monthly_cost("forwarding-rule", _region(context, scope), Decimal(1))
    return _leftover(context, scope, "forwardingRules", entry, str(entry.get("IPAddress", "")), cost)


def _leftover(  # noqa: PLR0917 - the caller has each of them at hand
    context: SearchContext,
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
        path=f"compute/v1/projects/{context.project}/{scope}/{collection}/{entry['name']}",
        used_by=used_by,
    )


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _region(context: SearchContext, scope: str) -> str:
    """Return the region of zones/us-central1-a or regions/us-central1; the stack's region for `global`."""
    kind, _, name = scope.partition("/")
    return name.rpartition("-")[0] if kind == "zones" else name or context.region
