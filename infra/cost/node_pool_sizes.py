"""The node pools of a stack: minimum and maximum number of nodes of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from infra.cost.capacity import NodeCounts, allocatable, pack_pods
from infra.cost.machine_types import parse_machine_type
from infra.cost.pod_requests import PodRequests
from infra.gcp.node_pools import SPOT, STEADY, pool_specs
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
    machine_type: str
    spot: bool
    min_nodes: int
    max_nodes: int
    surge_nodes: int
    """Nodes above `max_nodes` while GKE upgrades the pool; it upgrades one pool at a time."""
    disk_gib: int
    disk_type: str


def count_nodes(gcp: GcpSettings, pods: Iterable[PodRequests]) -> NodeCounts:
    """Assign every pod to the pool that infra/gcp/pod_placement.py gives it, and count the nodes that each pool needs.

    A pool of an unknown machine type counts as one node.
    """
    steady, has_spot = gcp.nodes.on_demand_for, bool(gcp.nodes.spot_max)
    pods_of_pool: dict[str, list[PodRequests]] = {pool.name: [] for pool in pool_specs(gcp.nodes)}
    for pod in pods:
        pods_of_pool[STEADY if pod.part in steady or not has_spot else SPOT].append(pod)
    machine_type = parse_machine_type(gcp.nodes.machine_type)
    if machine_type is None:
        return NodeCounts(nodes={name: int(bool(assigned)) for name, assigned in pods_of_pool.items()}, too_large=())
    return pack_pods(pods_of_pool, allocatable(machine_type))


def size_node_pools(gcp: GcpSettings, counts: NodeCounts) -> Iterable[BilledNodePool]:
    """Yield each pool: from the fewest nodes with which every pod runs to the most that autoscaling may add."""
    for pool in pool_specs(gcp.nodes):
        needed = max(pool.low, counts.nodes[pool.name])
        yield BilledNodePool(
            name=pool.name,
            max_setting="nodes.spotMax" if pool.spot else "nodes.onDemandMax",
            needed_nodes=needed,
            machine_type=gcp.nodes.machine_type,
            spot=pool.spot,
            min_nodes=min(needed, pool.high),
            max_nodes=pool.high,
            surge_nodes=1,
            disk_gib=gcp.nodes.disk_gb,
            disk_type=DEFAULT_DISK_TYPE,
        )
