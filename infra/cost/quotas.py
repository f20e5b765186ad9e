"""Compares what a stack may grow to with Google's quotas: a trial's, or the project's own (scripts/cost --live)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from infra.cost.billed_resources import BilledResources
from infra.cost.machine_types import count_vcpus
from infra.cost.node_pool_sizes import BilledNodePool
from infra.gcp.google_api import Google

CPUS, ALL_CPUS, SPOT_CPUS = "CPUS", "CPUS_ALL_REGIONS", "PREEMPTIBLE_CPUS"
SSD, ADDRESSES = "SSD_TOTAL_GB", "IN_USE_ADDRESSES"
_SSD_TYPES = ("pd-balanced", "pd-ssd")
"""Types of disks that count to SSD_TOTAL_GB; pd-standard counts to DISKS_TOTAL_GB."""
_LEAST_DISK_GB = 30
"""Below it the images of the pods fill a boot disk."""


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """Limits by the name of the quota; `owner` is whose they are, for display."""

    owner: str
    limits: Mapping[str, int]


TRIAL = Quotas(
    owner="a trial's",
    limits={
        # Google's terms of its trial allow 8 cores at a time, and no request for more (docs.cloud.google.com/free; as
        # quoted in kelseyhightower/kubernetes-the-hard-way issue 669). Spot machines count too, unless the project was
        # granted PREEMPTIBLE_CPUS (docs.cloud.google.com/compute/docs/instances/create-use-spot).
        CPUS: 8,
        ALL_CPUS: 8,
        # Not documented. 250 in terraform-google-modules/terraform-google-kubernetes-engine issue 1795 and in
        # kubeflow/pipelines issue 10907 (2023, 2024), 500 elsewhere. Read 2026-11-26.
        SSD: 250,
        # Not documented. 8 in google/caliban issue 66 (2020), 4 where it was lowered; only the NAT has an address.
        ADDRESSES: 4,
    },
)


@dataclass(frozen=True, kw_only=True)
class _Usage:
    """What counts to a quota: an amount for each node, by pool name, and a fixed one."""

    pools: Sequence[BilledNodePool]
    per_node: Mapping[str, int]
    fixed: int = 0

    @property
    def low(self) -> int:
        """With the fewest nodes."""
        return self.fixed + sum(pool.min_nodes * self.per_node[pool.name] for pool in self.pools)

    @property
    def high(self) -> int:
        """With all that autoscaling may add, and those of one pool's upgrade."""
        surge = max(pool.surge_nodes * self.per_node[pool.name] for pool in self.pools)
        return self.fixed + surge + sum(pool.max_nodes * self.per_node[pool.name] for pool in self.pools)

    def fitting_nodes(self, limit: int) -> Iterable[tuple[str, int]]:
        """Yield each setting with which all fits, and its highest value; of the spot pool first."""
        for pool in sorted(self.pools, key=lambda pool: not pool.spot):
            amount = self.per_node[pool.name]
            fewer = ceil((self.high - limit) / amount) if amount else pool.max_nodes
            if pool.max_nodes - fewer >= max(pool.min_nodes, 1):
                yield pool.max_setting, pool.max_nodes - fewer


def fetch_quotas(google: Google, *, project: str, region: str) -> Quotas:
    """Return a project's own quotas in a region; raises ApiError. Needs compute.regions.get, compute.projects.get."""
    found = [
        *google.get("compute", f"v1/projects/{project}/regions/{region}").get("quotas", []),
        *google.get("compute", f"v1/projects/{project}").get("quotas", []),
    ]
    return Quotas(
        owner=f"{project}'s",
        limits={entry["metric"]: int(entry["limit"]) for entry in found if "metric" in entry and "limit" in entry},
    )


def quota_problems(resources: BilledResources, quotas: Quotas = TRIAL) -> Iterable[str]:
    """Yield each quota that the stack may exceed, and which setting to change."""
    usages = _usages(resources, with_spot=not quotas.limits.get(SPOT_CPUS))
    if CPUS not in usages:
        machine_type = resources.node_pools[0].machine_type
        yield f"Not compared with {quotas.owner} quota of CPUs: how many a {machine_type} has is not known here."
    for names in ((CPUS, ALL_CPUS), (SPOT_CPUS,), (SSD,), (ADDRESSES,)):
        limits = [(quotas.limits[name], name) for name in names if name in usages and name in quotas.limits]
        if limits:
            limit, name = min(limits)
            yield from _compare(usages[name], name, limit, quotas.owner)


def _compare(usage: _Usage, name: str, limit: int, owner: str) -> Iterable[str]:
    if usage.high <= limit:
        return
    advice = _advice(usage, name, limit)
    if usage.low > limit:
        yield (
            f"More than {owner} quota {name} of {limit}: the fewest nodes need {usage.low}. A paid account can request"
            f" more (console: IAM & Admin, Quotas); or {advice}."
        )
    else:
        yield (
            f"More than {owner} quota {name} of {limit}: the nodes may grow to {usage.high}, upgrades included, and"
            f" pods wait for what exceeds it; {advice}."
        )


def _advice(usage: _Usage, name: str, limit: int) -> str:
    """Return which setting to change."""
    smaller = {SSD: "set smaller disks (nodes.diskGb, kafka.storage, mysql.storage)", ADDRESSES: "use another project"}
    found = [f"set {setting} to {most}" for setting, most in usage.fitting_nodes(limit)][:1]
    if name == SSD:
        nodes = sum(pool.max_nodes for pool in usage.pools) + max(pool.surge_nodes for pool in usage.pools)
        size = (limit - usage.fixed) // nodes
        found = [*([f"set nodes.diskGb to {size}"] if size >= _LEAST_DISK_GB else []), *found]
    return " or ".join(found) or smaller.get(name, "set a smaller nodes.machineType, or the small profile")


def _usages(resources: BilledResources, *, with_spot: bool) -> Mapping[str, _Usage]:
    """Return what counts to each quota; nothing for CPUs if the machine type is unknown.

    `with_spot`: spot machines count to the quotas of the others.
    """
    pools = resources.node_pools
    disks = {pool.name: pool.disk_gib if pool.disk_type in _SSD_TYPES else 0 for pool in pools}
    volumes = ceil(sum(volume.gib for volume in resources.volumes if volume.type in _SSD_TYPES))
    usages = {
        SSD: _Usage(pools=pools, per_node=disks, fixed=volumes),
        ADDRESSES: _Usage(pools=pools, per_node=dict.fromkeys(disks, 0), fixed=resources.nat_addresses),
    }
    vcpus = count_vcpus(pools[0].machine_type)
    if vcpus is None:
        return usages
    standard = {pool.name: 0 if pool.spot and not with_spot else vcpus for pool in pools}
    spot = {name: vcpus - count for name, count in standard.items()}
    cpus = _Usage(pools=pools, per_node=standard)
    return {**usages, CPUS: cpus, ALL_CPUS: cpus, SPOT_CPUS: _Usage(pools=pools, per_node=spot)}
