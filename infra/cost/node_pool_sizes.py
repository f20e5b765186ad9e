"""The node pools of a stack: how many nodes each needs, and may have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.cost.capacity import NodeCounts, allocatable, pack_pods
from infra.cost.machine_types import parse_machine_type
from infra.cost.pod_requests import PodRequests
from infra.gcp.node_pools import STEADY, pool_specs
from infra.settings.gcp_settings import GcpSettings

DEFAULT_DISK_TYPE = "pd-balanced"
"""Disk type of nodes, and of volumes in the stack's own storage class."""


@dataclass(frozen=True, kw_only=True)
class BilledNodePool:
    """A node pool of `min_nodes` to `max_nodes` machines in all zones together, each with a boot disk."""

    name: str
    max_setting: str
    """The setting that limits the number of nodes."""
    needed_nodes: int
    """Nodes with which every pod runs; above `max_nodes` where the setting does not allow as many."""
    needed_without_spot: int
    """The same where no spot machine is to be had."""
    machine_type: str
    spot: bool
    min_nodes: int
    max_nodes: int
    surge_nodes: int
    """Nodes above `max_nodes` while GKE upgrades the pool; it upgrades one pool at a time."""
    disk_gib: int
    disk_type: str


def count_nodes(gcp: GcpSettings, pods: Iterable[PodRequests], *, spot_available: bool = True) -> NodeCounts:
    """Count the nodes that each pool needs, with every pod where infra/gcp/pod_placement.py lets it run.

    A pool of an unknown machine type counts as one node.
    """
    pools = pool_specs(gcp.nodes)
    pinned = [pod for pod in pods if pod.part in gcp.nodes.on_demand_for]
    flexible = [pod for pod in pods if pod.part not in gcp.nodes.on_demand_for]
    machine_type = parse_machine_type(gcp.nodes.machine_type)
    if machine_type is None:
        return NodeCounts(nodes={pool.name: 1 for pool in pools}, too_large=())
    # The autoscaler adds the cheapest node: of the spot pool, until that has its maximum or no machine is to be had.
    limits = [(pool.name, pool.high) for pool in reversed(pools) if spot_available or not pool.spot]
    return pack_pods({STEADY: pinned}, flexible, allocatable(machine_type), limits)


def size_node_pools(gcp: GcpSettings, pods: Sequence[PodRequests]) -> Iterable[BilledNodePool]:
    """Yield each pool: from the fewest nodes with which every pod runs to the most that autoscaling may add."""
    counts, without_spot = count_nodes(gcp, pods), count_nodes(gcp, pods, spot_available=False)
    for pool in pool_specs(gcp.nodes):
        needed = max(pool.low, counts.nodes[pool.name])
        yield BilledNodePool(
            name=pool.name,
            max_setting="nodes.spotMax" if pool.spot else "nodes.onDemandMax",
            needed_nodes=needed,
            needed_without_spot=0 if pool.spot else max(pool.low, without_spot.nodes[pool.name]),
            machine_type=gcp.nodes.machine_type,
            spot=pool.spot,
            min_nodes=min(needed, pool.high),
            max_nodes=pool.high,
            surge_nodes=pool.surge,
            disk_gib=gcp.nodes.disk_gb,
            disk_type=DEFAULT_DISK_TYPE,
        )
