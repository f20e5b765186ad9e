"""The node pools of a stack: how many nodes each has, at least and at most."""

from collections.abc import Iterable

from infra.cost.billed_resources import Nodes
from infra.cost.capacity import Fit, fit, room
from infra.cost.machine_types import machine
from infra.cost.pod_requests import Pod
from infra.gcp.node_pools import SPOT, STEADY, pool_specs
from infra.settings.gcp_settings import GcpSettings

DISK = "pd-balanced"
"""Of nodes, and of the volumes of the stack's own storage class."""


def fitted(cloud: GcpSettings, asking: Iterable[Pod]) -> Fit:
    """Place every pod as infra/gcp/pod_placement.py does; a pool of a machine type unknown here gets one node."""
    steady, has_spot = cloud.nodes.on_demand_for, bool(cloud.nodes.spot_max)
    of_pool: dict[str, list[Pod]] = {pool.name: [] for pool in pool_specs(cloud.nodes)}
    for pod in asking:
        of_pool[STEADY if pod.part in steady or not has_spot else SPOT].append(pod)
    kind = machine(cloud.nodes.machine_type)
    if kind is None:
        return Fit(nodes={name: int(bool(there)) for name, there in of_pool.items()}, too_large=())
    return fit(of_pool, room(kind))


def nodes(cloud: GcpSettings, found: Fit) -> Iterable[Nodes]:
    """Each pool, from the fewest nodes with which everything runs to the most that autoscaling may add."""
    for pool in pool_specs(cloud.nodes):
        needed = max(pool.low, found.nodes[pool.name])
        yield Nodes(
            name=pool.name,
            setting="nodes.spotMax" if pool.spot else "nodes.onDemandMax",
            needed=needed,
            machine=cloud.nodes.machine_type,
            spot=pool.spot,
            low=min(needed, pool.high),
            high=pool.high,
            disk_gib=cloud.nodes.disk_gb,
            disk_type=DISK,
        )
