"""Number of nodes: by the requests of the pods that the program creates, and by what GKE reserves."""

from collections import Counter
from typing import Any

import pytest

from infra.cost.billed_resources import BilledResources, count_billed_resources
from infra.cost.capacity import Allocatable, allocatable, pack_pods
from infra.cost.estimate_notes import capacity_problems
from infra.cost.machine_types import parse_machine_type
from infra.cost.node_pool_sizes import count_nodes
from infra.cost.pod_requests import SYSTEM_PODS_OF_CLUSTER, PodRequests, parse_memory_mi, pipeline_pods
from infra.cost.stack_file import read_stack_settings
from infra.gcp.node_pools import SPOT, STEADY
from infra.workloads.load_jobs import RESOURCES as JOB
from tests.unit.infra.conftest import workload_context
from tests.unit.infra.gcp.conftest import NEEDED, cloud
from tests.unit.infra.recording_monitor import Made

pytestmark = pytest.mark.slow

PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
NODE = Allocatable(cpu_m=1000, memory_mi=4096)
LARGE = {"profile": "large", "nodes.onDemandMax": "3", "nodes.machineType": "e2-standard-4"}


def resources(*changes: str) -> BilledResources:
    return count_billed_resources(read_stack_settings("gke", changes), "gke")


def pod(name: str, cpu_m: int, memory_mi: int, *, one_per_node: bool = False) -> PodRequests:
    return PodRequests(name=name, part="", cpu_m=cpu_m, memory_mi=memory_mi, one_per_node=one_per_node)


def requests_of(container: Any) -> tuple[int, int]:
    """Millicores and MiB."""
    cpu, memory = container["requests"]["cpu"], container["requests"]["memory"]
    return int(cpu[:-1]) if cpu.endswith("m") else int(cpu) * 1000, int(parse_memory_mi(memory))


def placed(made: Made) -> list[tuple[str, int, int]]:
    """Node pool and requests of each long-running pod of a resource."""
    spec = made.plain.get("spec") or made.plain.get("values") or {}
    template = spec.get("template") or {}
    if made.kind in ("Deployment", "StatefulSet"):
        (container,) = template["spec"]["containers"]
        return [(_pool(template["spec"]), *requests_of(container["resources"]))] * int(spec["replicas"])
    if made.kind in ("KafkaNodePool", "KafkaConnect"):
        return [(_pool(template["pod"]), *requests_of(spec["resources"]))] * int(spec["replicas"])
    if made.kind == "Kafka" and spec:
        operator = spec["entityOperator"]
        both = [requests_of(operator[which]["resources"]) for which in ("topicOperator", "userOperator")]
        return [(_pool(operator["template"]["pod"]), sum(cpu for cpu, _ in both), sum(memory for _, memory in both))]
    if made.kind == "Release":
        return [(_pool(spec), *requests_of(spec["resources"]))]
    return []


def _pool(pod: Any) -> str:
    """Pool that a pod needs, or only prefers."""
    affinity = pod["affinity"]["nodeAffinity"]
    needed = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    terms = needed["nodeSelectorTerms"] if needed else [affinity[PREFERRED][0]["preference"]]
    return terms[0]["matchExpressions"][0]["values"][0]


@pytest.mark.parametrize("settings", [{}, LARGE])
def test_pods_are_those_that_the_program_makes(settings: dict[str, str]) -> None:
    made = Counter(pod for entry in cloud({**NEEDED, **settings}) for pod in placed(entry))
    context = workload_context(**{name: value for name, value in settings.items() if name == "profile"})
    steady = {"kafka", "mysql", "redis", "operator"}
    counted = Counter(
        (STEADY if pod.part in steady else SPOT, pod.cpu_m, pod.memory_mi) for pod in pipeline_pods(context)
    )
    assert counted == made


@pytest.mark.parametrize(
    ("name", "cpu_m", "memory"),
    # GKE's documentation: it reserves 70m and 1.8 GiB of the first, 80m and 2.6 GiB of the second.
    [("e2-standard-2", 1930, 6248), ("e2-standard-4", 3920, 13621), ("e2-medium", 940, 2972)],
)
def test_allocatable_resources_of_a_machine_type(name: str, cpu_m: int, memory: int) -> None:
    kind = parse_machine_type(name)
    assert kind
    found = allocatable(kind)
    assert (found.cpu_m, found.memory_mi) == (cpu_m - 380, memory - 830)


BOTH = [("two", 1), ("one", 9)]
"""The pools' maximum, the cheapest first."""


def test_pods_that_need_a_pool_get_it_and_the_others_what_is_left() -> None:
    both = pack_pods({"one": [pod("a", 300, 3000)]}, [pod("b", 300, 1000)], NODE, BOTH)
    assert both.nodes == {"one": 1, "two": 1}, "GKE's own pods do not fit beside them"
    assert pack_pods({"one": [pod("a", 100, 3000), pod("b", 100, 1200)]}, [], NODE, BOTH).nodes["one"] == 2
    assert pack_pods({"one": []}, [], NODE, BOTH).nodes == {"one": 0, "two": 0}


def test_pods_that_may_be_anywhere_fill_the_cheap_pool_first_then_the_other() -> None:
    large = [pod("b", 100, 3000)]
    assert pack_pods({"one": large}, large, NODE, BOTH).nodes == {"one": 1, "two": 1}
    assert pack_pods({"one": large}, large * 3, NODE, BOTH).nodes == {"one": 3, "two": 1}
    assert pack_pods({"one": large}, large * 3, NODE, [("one", 1)]).nodes == {"one": 4}, "beyond its maximum"


def test_pods_with_anti_affinity_take_a_node_each() -> None:
    three = [pod("broker", 100, 100, one_per_node=True)] * 3
    assert pack_pods({"one": three}, [], NODE, BOTH).nodes == {"one": 3, "two": 0}


def test_a_pod_that_is_larger_than_a_node_is_listed() -> None:
    found = pack_pods({"one": [pod("a", 100, 5000)]}, [pod("b", 100, 100), pod("c", 100, 5000)], NODE, [("one", 9)])
    assert [pod.name for pod in found.too_large] == ["a", "c"]
    assert found.nodes == {"one": 1}


def test_the_default_settings_run_on_one_node_of_each_pool() -> None:
    assert [(pool.name, pool.needed_nodes) for pool in resources().node_pools] == [("steady", 1), ("spot", 1)]
    assert not list(capacity_problems(resources()))


LOAD = PodRequests(name="load", part="jobs", cpu_m=int(JOB.cpu[:-1]), memory_mi=JOB.memory_mi)


@pytest.mark.parametrize("spot_available", [True, False])
def test_the_default_settings_and_a_load_run_without_a_spot_machine(spot_available: bool) -> None:
    gcp = read_stack_settings("gke").gcp
    assert gcp
    pods = [*pipeline_pods(workload_context()), LOAD]
    found = count_nodes(gcp, pods, spot_available=spot_available)
    assert not found.too_large
    assert found.nodes == ({"steady": 1, "spot": 1} if spot_available else {"steady": 2})
    assert gcp.nodes.on_demand_max == 2
    # Whatever nodes the scheduler has put the others on, one has this much left.
    machine = parse_machine_type(gcp.nodes.machine_type)
    assert machine
    node = allocatable(machine)
    others = [*pods[:-1], *SYSTEM_PODS_OF_CLUSTER]
    assert (node.cpu_m * 2 - sum(pod.cpu_m for pod in others)) / 2 >= LOAD.cpu_m
    assert (node.memory_mi * 2 - sum(pod.memory_mi for pod in others)) / 2 >= LOAD.memory_mi


def test_the_default_settings_fit_a_trial_while_gke_upgrades_a_pool() -> None:
    pools = resources().node_pools
    nodes = sum(pool.max_nodes for pool in pools) + max(pool.surge_nodes for pool in pools)
    (machine,) = {parse_machine_type(pool.machine_type) for pool in pools}
    assert machine
    assert nodes * machine.cores <= 8
    (disk,) = {pool.disk_gib for pool in pools}
    assert nodes * disk + sum(volume.gib for volume in resources().volumes) <= 250


def test_nodes_that_are_too_few_or_too_small_are_mentioned() -> None:
    (few,) = capacity_problems(resources("nodes.onDemandMax=1", "nodes.spotMax=0"))
    assert "the pool steady needs 2 for all its pods, but nodes.onDemandMax is 1" in few
    (wait,) = capacity_problems(resources("nodes.onDemandMax=1"))
    assert "the pool steady needs 2 nodes for all, but nodes.onDemandMax is 1" in wait
    (small,) = capacity_problems(resources("redis.maxmemoryMi=4096"))
    assert "No e2-standard-2 has room for redis (100m, 6144 MiB)" in small
    assert "nodes.machineType" in small
