"""How many nodes the pods need: by their requests, and by what GKE reserves of each node."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from infra.cost.machine_types import MachineType
from infra.cost.pod_requests import SYSTEM_PODS_OF_CLUSTER, SYSTEM_PODS_OF_NODE, PodRequests

_MIB_PER_GIB = 1024
_EVICTION_MI = 100
"""MiB of each node that the kubelet keeps free (its eviction threshold)."""
_CPU_RESERVED = ((1, 0.06), (1, 0.01), (2, 0.005), (None, 0.0025))
"""(number of cores, share of them that GKE reserves), from the first core on."""
_MEMORY_RESERVED = (
    (4 * _MIB_PER_GIB, 0.25),
    (4 * _MIB_PER_GIB, 0.2),
    (8 * _MIB_PER_GIB, 0.1),
    (112 * _MIB_PER_GIB, 0.06),
    (None, 0.02),
)
"""(MiB, share of them that GKE reserves), from the first MiB on."""
_SHARED_CORE_M = 940
"""Millicores left for pods on a shared-core machine, whatever its size."""


@dataclass(frozen=True, kw_only=True)
class Allocatable:
    """CPU (millicores) and memory (MiB) of one node that the pipeline's pods can request."""

    cpu_m: int
    memory_mi: int


NodeLimits = Sequence[tuple[str, int]]
"""Name and maximum number of nodes of each pool that the autoscaler may add a node to, the cheapest first."""


@dataclass(frozen=True, kw_only=True)
class NodeCounts:
    """Number of nodes that each pool needs, by pool name, and the pods that are larger than a node."""

    nodes: Mapping[str, int]
    too_large: tuple[PodRequests, ...]


@dataclass(kw_only=True)
class _Node:
    cpu_m: int
    memory_mi: int
    pod_names: set[str] = field(default_factory=set[str])

    def add(self, pod: PodRequests) -> bool:
        """Place a pod here; False if it does not fit."""
        if pod.cpu_m > self.cpu_m or pod.memory_mi > self.memory_mi:
            return False
        if pod.one_per_node and pod.name in self.pod_names:
            return False
        self.cpu_m -= pod.cpu_m
        self.memory_mi -= pod.memory_mi
        self.pod_names.add(pod.name)
        return True


def allocatable(machine: MachineType) -> Allocatable:
    """Return what a node of this machine type has left for the pipeline, after GKE's reservation and system pods."""
    cores, mib = float(machine.cores), float(machine.gib) * _MIB_PER_GIB
    cpu_m = _SHARED_CORE_M if machine.shared_core else cores * 1000 - _reserved(cores, _CPU_RESERVED) * 1000
    memory = mib - _reserved(mib, _MEMORY_RESERVED) - _EVICTION_MI
    return Allocatable(
        cpu_m=int(cpu_m) - SYSTEM_PODS_OF_NODE.cpu_m, memory_mi=int(memory) - SYSTEM_PODS_OF_NODE.memory_mi
    )


def _reserved(amount: float, shares: Iterable[tuple[int | None, float]]) -> float:
    reserved = 0.0
    for size, share in shares:
        part = amount if size is None else min(amount, size)
        reserved, amount = reserved + part * share, amount - part
    return reserved


def pack_pods(
    pinned: Mapping[str, Sequence[PodRequests]], flexible: Sequence[PodRequests], node: Allocatable, limits: NodeLimits
) -> NodeCounts:
    """Place every pod on a node, as scheduler and autoscaler would: on one with room, else on a new one.

    `pinned` maps a pool's name to the pods that run only there. They come first, then the flexible ones, the largest
    first of each, then GKE's own. `limits` are the pools that a new node may belong to and their maximum, the cheapest
    first; beyond all of them the last pool grows. Each node has the resources of `node`.
    """
    nodes: dict[str, list[_Node]] = {name: [] for name in {**pinned, **dict(limits)}}
    too_large: list[PodRequests] = []
    for name, pods in pinned.items():
        too_large += [pod for pod in _largest_first(pods) if not _place(pod, nodes[name], grows=nodes[name], node=node)]
    system = SYSTEM_PODS_OF_CLUSTER if flexible or any(nodes.values()) else ()
    for pod in [*_largest_first(flexible), *system]:
        grows = next((nodes[name] for name, most in limits if len(nodes[name]) < most), nodes[limits[-1][0]])
        if not _place(pod, [each for pool in nodes.values() for each in pool], grows=grows, node=node):
            too_large.append(pod)
    return NodeCounts(nodes={name: len(pool) for name, pool in nodes.items()}, too_large=tuple(too_large))


def _largest_first(pods: Iterable[PodRequests]) -> Sequence[PodRequests]:
    return sorted(pods, key=lambda pod: (pod.memory_mi, pod.cpu_m), reverse=True)


def _place(pod: PodRequests, existing: Sequence[_Node], *, grows: list[_Node], node: Allocatable) -> bool:
    """Place a pod on one of the nodes, else on a new one in `grows`; False if it is larger than a node."""
    if any(each.add(pod) for each in existing):
        return True
    new = _Node(cpu_m=node.cpu_m, memory_mi=node.memory_mi)
    if not new.add(pod):
        return False
    grows.append(new)
    return True
