"""How many nodes it takes for everything to run, by what each pod is promised and what GKE keeps of a node."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from infra.cost.machine_types import Machine
from infra.cost.pod_requests import EACH_NODE, ONCE, Pod

_GIB = 1024
_EVICTION_MI = 100
_CPU_KEPT = ((1, 0.06), (1, 0.01), (2, 0.005), (None, 0.0025))
"""The share that GKE keeps of the first core, of the next, and so on."""
_MEMORY_KEPT = ((4 * _GIB, 0.25), (4 * _GIB, 0.2), (8 * _GIB, 0.1), (112 * _GIB, 0.06), (None, 0.02))
"""The same of MiB."""
_SHARED_CORE_M = 940
"""What is left of a shared core, whatever its size."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a node has for pods: thousandths of a core, and MiB."""

    cpu_m: int
    memory_mi: int


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How many nodes each pool needs, by its name, and the pods that are too large for any."""

    nodes: Mapping[str, int]
    too_large: tuple[Pod, ...]


@dataclass(kw_only=True)
class _Node:
    cpu_m: int
    memory_mi: int
    names: set[str] = field(default_factory=set[str])

    def takes(self, pod: Pod) -> bool:
        if pod.cpu_m > self.cpu_m or pod.memory_mi > self.memory_mi or (pod.apart and pod.name in self.names):
            return False
        self.cpu_m -= pod.cpu_m
        self.memory_mi -= pod.memory_mi
        self.names.add(pod.name)
        return True


def room(machine: Machine) -> Room:
    """What a node of this machine has for pods of others than GKE."""
    cores, mib = float(machine.cores), float(machine.gib) * _GIB
    cpu_m = _SHARED_CORE_M if machine.shared else cores * 1000 - _kept(cores, _CPU_KEPT) * 1000
    memory = mib - _kept(mib, _MEMORY_KEPT) - _EVICTION_MI
    return Room(cpu_m=int(cpu_m) - EACH_NODE.cpu_m, memory_mi=int(memory) - EACH_NODE.memory_mi)


def _kept(amount: float, shares: Iterable[tuple[int | None, float]]) -> float:
    kept = 0.0
    for size, share in shares:
        part = amount if size is None else min(amount, size)
        kept, amount = kept + part * share, amount - part
    return kept


def fit(pools: Mapping[str, Sequence[Pod]], each: Room) -> Fit:
    """Put every pod on a node of its pool, the largest first, and GKE's own wherever there is room."""
    nodes: dict[str, list[_Node]] = {name: [] for name in pools}
    too_large: list[Pod] = []
    for name, pods in pools.items():
        largest_first = sorted(pods, key=lambda pod: (pod.memory_mi, pod.cpu_m), reverse=True)
        too_large += [pod for pod in largest_first if not _put(pod, nodes[name], grows=nodes[name], each=each)]
    if any(nodes.values()):
        last = list(nodes.values())[-1]
        for pod in ONCE:
            _put(pod, [node for pool in nodes.values() for node in pool], grows=last, each=each)
    return Fit(nodes={name: len(found) for name, found in nodes.items()}, too_large=tuple(too_large))


def _put(pod: Pod, there: Sequence[_Node], *, grows: list[_Node], each: Room) -> bool:
    if any(node.takes(pod) for node in there):
        return True
    new = _Node(cpu_m=each.cpu_m, memory_mi=each.memory_mi)
    if not new.takes(pod):
        return False
    grows.append(new)
    return True
