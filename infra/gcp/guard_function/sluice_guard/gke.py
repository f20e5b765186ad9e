"""A cluster and its node pools, by the GKE API; how many nodes a pool has is known to its instance groups only."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .google_requests import Api, ApiError, Patience

_GROUP = re.compile(r"/(projects/[^/]+/zones/[^/]+/)instanceGroup(?:Manager)?s/([^/]+)$")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A node pool; `nodes` in all its zones, None where that could not be read."""

    name: str
    autoscaling: Mapping[str, object]
    nodes: int | None

    @property
    def scales_itself(self) -> bool:
        """Whether the autoscaler may change its size."""
        return bool(self.autoscaling.get("enabled"))


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster that exists and is not being deleted."""

    created: datetime
    pools: tuple[Pool, ...]


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of one pool: a method of the API and what it is told."""

    pool: str
    method: str
    body: Mapping[str, object]

    @classmethod
    def autoscaling(cls, pool: str, limits: Mapping[str, object] | None) -> "Change":
        """Let a pool scale itself within `limits` (fields of NodePoolAutoscaling); None for not at all."""
        return cls(
            pool=pool, method="setAutoscaling", body={"autoscaling": {**(limits or {}), "enabled": bool(limits)}}
        )

    @classmethod
    def size(cls, pool: str, nodes: int) -> "Change":
        """Give a pool so many nodes in each of its zones."""
        return cls(pool=pool, method="setSize", body={"nodeCount": nodes})


class Gke:
    """One cluster, read and changed."""

    def __init__(self, api: Api, *, project: str, location: str, cluster: str) -> None:
        self._api = api
        self._place = f"{api.apis.container}/v1/projects/{project}/locations/{location}"
        self._cluster = f"{self._place}/clusters/{cluster}"

    def cluster(self) -> Cluster | None:
        """The cluster as it is; None where it is gone or going. Raises ApiError."""
        try:
            found = self._api.get(self._cluster)
        except ApiError as error:
            if error.gone:
                return None
            raise
        if found.get("status") == "STOPPING":
            return None
        try:
            created = datetime.fromisoformat(str(found["createTime"]))
        except (KeyError, ValueError) as error:
            raise ApiError(f"the cluster {self._cluster} has no createTime that can be read") from error
        pools = (pool for pool in found.get("nodePools", []) if pool.get("status") != "STOPPING")
        return Cluster(created=created, pools=tuple(self._pool(pool) for pool in pools))

    def _pool(self, found: Mapping[str, Any]) -> Pool:
        sizes = [self._size(url) for url in found.get("instanceGroupUrls", [])]
        known = [size for size in sizes if size is not None]
        return Pool(
            name=found["name"],
            autoscaling=found.get("autoscaling", {}),
            nodes=sum(known) if sizes and len(known) == len(sizes) else None,
        )

    def _size(self, group: str) -> int | None:
        found = _GROUP.search(group)
        if found is None:
            return None
        url = f"{self._api.apis.compute}/compute/v1/{found[1]}instanceGroupManagers/{found[2]}"
        try:
            size = self._api.get(url).get("targetSize")
        except ApiError:  # unknown is taken for not zero, which at worst sets zero once more
            return None
        return size if isinstance(size, int) else None

    def change(self, changes: Iterable[Change], *, patience: Patience, accepted: list[str]) -> None:
        """Make changes, together where the cluster allows it, and wait until they are done.

        Adds to `accepted` the pools of those that have begun. Raises OutOfTimeError, and ApiError where one is refused.
        """
        waiting, running = list(changes), list[str]()
        while True:
            waiting = [change for change in waiting if not self._begin(change, running=running, accepted=accepted)]
            running = [operation for operation in running if not self._is_done(operation)]
            if not waiting and not running:
                return
            patience.pause(", ".join([*(f"{change.method} of {change.pool}" for change in waiting), *running]))

    def _begin(self, change: Change, *, running: list[str], accepted: list[str]) -> bool:
        """Whether nothing is left to ask for: it has begun, or the pool is gone."""
        try:
            operation = self._api.post(f"{self._cluster}/nodePools/{change.pool}:{change.method}", change.body)
        except ApiError as error:
            if error.gone:
                return True
            if error.passing:
                return False
            raise
        accepted.append(change.pool)
        if operation.get("status") != "DONE" and operation.get("name"):
            running.append(operation["name"])
        return True

    def _is_done(self, operation: str) -> bool:
        try:
            found = self._api.get(f"{self._place}/operations/{operation}")
        except ApiError as error:
            if error.passing:
                return False
            if error.gone:
                return True
            raise
        if found.get("error"):
            raise ApiError(f"{operation} of the cluster failed: {found['error'].get('message', found['error'])}")
        return found.get("status") == "DONE"


def stop(gke: Gke, cluster: Cluster, *, patience: Patience, accepted: list[str]) -> None:
    """Bring every pool to zero nodes, all autoscaling off first: one pool's pods would make another grow.

    Adds to `accepted` the pools that were not at rest. Raises as Gke.change does.
    """
    scaling = [pool.name for pool in cluster.pools if pool.scales_itself]
    running = [pool.name for pool in cluster.pools if pool.nodes != 0]
    gke.change((Change.autoscaling(name, None) for name in scaling), patience=patience, accepted=accepted)
    gke.change((Change.size(name, 0) for name in running), patience=patience, accepted=accepted)
