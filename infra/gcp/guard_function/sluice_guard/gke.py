"""Client of the GKE API: reads a cluster and its node pools, changes their size and autoscaling.

The number of nodes of a pool is in the Compute Engine API: in its instance groups.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .google_requests import ApiClient, ApiError, WaitLimit

_GROUP = re.compile(r"/(projects/[^/]+/zones/[^/]+/)instanceGroup(?:Manager)?s/([^/]+)$")


@dataclass(frozen=True, kw_only=True)
class NodePool:
    """A node pool; `nodes` is the number in all zones, None if it could not be read."""

    name: str
    autoscaling: Mapping[str, object]
    nodes: int | None

    @property
    def autoscaled(self) -> bool:
        """Whether the autoscaler may change its size."""
        return bool(self.autoscaling.get("enabled"))


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster that exists."""

    created: datetime
    pools: tuple[NodePool, ...]
    labels: Mapping[str, str]
    stopping: bool
    """Whether it is being deleted."""

    @property
    def asleep(self) -> bool:
        """Whether all node pools are known to have no nodes, and to get none by themselves."""
        return all(pool.nodes == 0 and not pool.autoscaled for pool in self.pools)

    @property
    def runs(self) -> bool:
        """Whether a node pool is known to have nodes, or may get some by itself."""
        return any(pool.nodes or pool.autoscaled for pool in self.pools)


@dataclass(frozen=True, kw_only=True)
class PoolChange:
    """A change of one node pool: a method of the GKE API and its request body."""

    pool: str
    method: str
    body: Mapping[str, object]

    @classmethod
    def autoscaling(cls, pool: str, limits: Mapping[str, object] | None) -> "PoolChange":
        """Turn autoscaling on with `limits` (fields of NodePoolAutoscaling), or off if None."""
        return cls(
            pool=pool, method="setAutoscaling", body={"autoscaling": {**(limits or {}), "enabled": bool(limits)}}
        )

    @classmethod
    def size(cls, pool: str, nodes: int) -> "PoolChange":
        """Set the number of nodes per zone."""
        return cls(pool=pool, method="setSize", body={"nodeCount": nodes})


class Gke:
    """Client of one cluster."""

    def __init__(self, api: ApiClient, *, project: str, location: str, cluster: str) -> None:
        self._api = api
        self._location = f"{api.urls.container}/v1/projects/{project}/locations/{location}"
        self._cluster = f"{self._location}/clusters/{cluster}"

    def read_cluster(self) -> Cluster | None:
        """Read the cluster; None if it is deleted or being deleted. Raises ApiError."""
        cluster = self.find_cluster()
        return None if cluster is None or cluster.stopping else cluster

    def find_cluster(self) -> Cluster | None:
        """Read the cluster; None if it does not exist. Raises ApiError."""
        try:
            found = self._api.get(self._cluster)
        except ApiError as error:
            if error.not_found:
                return None
            raise
        try:
            created = datetime.fromisoformat(str(found["createTime"]))
        except (KeyError, ValueError) as error:
            raise ApiError(f"the cluster {self._cluster} has no createTime that can be read") from error
        pools = (pool for pool in found.get("nodePools", []) if pool.get("status") != "STOPPING")
        return Cluster(
            created=created,
            pools=tuple(self._pool(pool) for pool in pools),
            labels=found.get("resourceLabels", {}),
            stopping=found.get("status") == "STOPPING",
        )

    def delete_cluster(self) -> None:
        """Start the deletion of the cluster, which takes minutes; raises ApiError."""
        self._api.delete(self._cluster)

    def _pool(self, found: Mapping[str, Any]) -> NodePool:
        sizes = [self._size(url) for url in found.get("instanceGroupUrls", [])]
        known = [size for size in sizes if size is not None]
        return NodePool(
            name=found["name"],
            autoscaling=found.get("autoscaling", {}),
            nodes=sum(known) if sizes and len(known) == len(sizes) else None,
        )

    def _size(self, group: str) -> int | None:
        found = _GROUP.search(group)
        if found is None:
            return None
        url = f"{self._api.urls.compute}/compute/v1/{found[1]}instanceGroupManagers/{found[2]}"
        try:
            size = self._api.get(url).get("targetSize")
        except ApiError:  # unknown counts as not zero: at worst zero is set once more
            return None
        return size if isinstance(size, int) else None

    def apply(self, changes: Iterable[PoolChange], *, wait_limit: WaitLimit, accepted: list[str]) -> None:
        """Apply changes, in parallel if the cluster allows it, and wait until they are done.

        Appends to `accepted` the pool of each change that was started. Raises OutOfTimeError; ApiError if Google
        refuses one.
        """
        waiting, running = list(changes), list[str]()
        while True:
            waiting = [change for change in waiting if not self._start(change, running=running, accepted=accepted)]
            running = [operation for operation in running if not self._is_done(operation)]
            if not waiting and not running:
                return
            wait_limit.pause(", ".join([*(f"{change.method} of {change.pool}" for change in waiting), *running]))

    def _start(self, change: PoolChange, *, running: list[str], accepted: list[str]) -> bool:
        """Start a change; False if it has to be tried again later. A pool that is gone needs none."""
        try:
            operation = self._api.post(f"{self._cluster}/nodePools/{change.pool}:{change.method}", change.body)
        except ApiError as error:
            if error.not_found:
                return True
            if error.temporary:
                return False
            raise
        accepted.append(change.pool)
        if operation.get("status") != "DONE" and operation.get("name"):
            running.append(operation["name"])
        return True

    def _is_done(self, operation: str) -> bool:
        try:
            found = self._api.get(f"{self._location}/operations/{operation}")
        except ApiError as error:
            if error.temporary:
                return False
            if error.not_found:
                return True
            raise
        if found.get("error"):
            raise ApiError(f"{operation} of the cluster failed: {found['error'].get('message', found['error'])}")
        return found.get("status") == "DONE"


def scale_to_zero(gke: Gke, cluster: Cluster, *, wait_limit: WaitLimit, accepted: list[str]) -> None:
    """Scale every pool to zero nodes, after all autoscaling is off: one pool's pods would make another grow.

    Appends to `accepted` the pools that were changed. Raises as Gke.apply does.
    """
    autoscaled = [pool.name for pool in cluster.pools if pool.autoscaled]
    running = [pool.name for pool in cluster.pools if pool.nodes != 0]
    gke.apply((PoolChange.autoscaling(name, None) for name in autoscaled), wait_limit=wait_limit, accepted=accepted)
    gke.apply((PoolChange.size(name, 0) for name in running), wait_limit=wait_limit, accepted=accepted)
