"""How many nodes everything needs: by what the program's pods really ask for, and what GKE keeps."""

from collections import Counter
from typing import Any

import pytest

from infra.cost.billed_resources import BilledResources
from infra.cost.billed_stack import settings_of, shape_of
from infra.cost.capacity import Room, fit, room
from infra.cost.machine_types import machine
from infra.cost.notes import too_small
from infra.cost.pod_requests import Pod, memory_mi, pods
from infra.gcp.node_pools import CAPACITY, SPOT, STEADY
from tests.unit.infra.conftest import workload_context
from tests.unit.infra.gcp.conftest import NEEDED, cloud
from tests.unit.infra.recording_monitor import Made

pytestmark = pytest.mark.slow

EACH = Room(cpu_m=1000, memory_mi=4096)
LARGE = {"profile": "large", "nodes.onDemandMax": "3", "nodes.machineType": "e2-standard-4"}


def shape(*changes: str) -> BilledResources:
    return shape_of(settings_of("gke", changes), "gke")


def pod(name: str, cpu_m: int, memory_mi: int, *, apart: bool = False) -> Pod:
    return Pod(name=name, part="", cpu_m=cpu_m, memory_mi=memory_mi, apart=apart)


def asked(resources: Any) -> tuple[int, int]:
    """Thousandths of a core and MiB."""
    cpu = resources["requests"]["cpu"]
    return int(cpu[:-1]) if cpu.endswith("m") else int(cpu) * 1000, int(memory_mi(resources["requests"]["memory"]))


def placed(made: Made) -> list[tuple[str, int, int]]:
    """Each pod that stays of what the program makes: its pool, and what it asks for."""
    spec = made.plain.get("spec") or made.plain.get("values") or {}
    template = spec.get("template") or {}
    if made.kind in ("Deployment", "StatefulSet"):
        (container,) = template["spec"]["containers"]
        return [(template["spec"]["nodeSelector"][CAPACITY], *asked(container["resources"]))] * int(spec["replicas"])
    if made.kind in ("KafkaNodePool", "KafkaConnect"):
        return [(_chosen(template), *asked(spec["resources"]))] * int(spec["replicas"])
    if made.kind == "Kafka" and spec:
        operator = spec["entityOperator"]
        both = [asked(operator[which]["resources"]) for which in ("topicOperator", "userOperator")]
        return [(_chosen(operator["template"]), sum(cpu for cpu, _ in both), sum(memory for _, memory in both))]
    if made.kind == "Release":
        return [(spec["nodeSelector"][CAPACITY], *asked(spec["resources"]))]
    return []


def _chosen(template: Any) -> str:
    needed = template["pod"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return needed["nodeSelectorTerms"][0]["matchExpressions"][0]["values"][0]


@pytest.mark.parametrize("settings", [{}, {**LARGE, "console.enabled": "true"}])
def test_pods_are_those_that_the_program_makes(settings: dict[str, str]) -> None:
    made = Counter(pod for entry in cloud({**NEEDED, **settings}) for pod in placed(entry))
    context = workload_context(**{name: value for name, value in settings.items() if name == "profile"})
    steady = {"kafka", "mysql", "redis"}
    counted = Counter(
        (STEADY if pod.part in steady else SPOT, pod.cpu_m, pod.memory_mi)
        for pod in pods(context, console="console.enabled" in settings)
    )
    assert counted == made


@pytest.mark.parametrize(
    ("name", "cpu_m", "memory"),
    # As GKE's documents tell what it keeps: 70m and 1.8 GiB of the first, 80m and 2.6 GiB of the second.
    [("e2-standard-2", 1930, 6248), ("e2-standard-4", 3920, 13621), ("e2-medium", 940, 2972)],
)
def test_what_gke_keeps_of_a_machine(name: str, cpu_m: int, memory: int) -> None:
    kind = machine(name)
    assert kind
    found = room(kind)
    assert (found.cpu_m, found.memory_mi) == (cpu_m - 380, memory - 830)


def test_pods_fill_nodes() -> None:
    both = fit({"one": [pod("a", 300, 3000), pod("b", 300, 1000)], "two": []}, EACH)
    assert both.nodes == {"one": 1, "two": 1}, "GKE's own pods do not fit beside them"
    assert fit({"one": [pod("a", 100, 3000), pod("b", 100, 1200)], "two": []}, EACH).nodes["one"] == 2
    assert fit({"one": [], "two": []}, EACH).nodes == {"one": 0, "two": 0}


def test_pods_that_keep_apart_take_a_node_each() -> None:
    three = [pod("broker", 100, 100, apart=True)] * 3
    assert fit({"one": three}, EACH).nodes == {"one": 3}


def test_a_pod_that_no_node_has_room_for_is_told() -> None:
    found = fit({"one": [pod("a", 100, 5000), pod("b", 100, 100)]}, EACH)
    assert [pod.name for pod in found.too_large] == ["a"]
    assert found.nodes == {"one": 1}


def test_the_default_settings_run_on_one_node_of_each_pool() -> None:
    assert [(nodes.name, nodes.needed) for nodes in shape().nodes] == [("steady", 1), ("spot", 1)]
    assert not list(too_small(shape()))


def test_nodes_that_are_too_few_or_too_small_are_told_before_they_are_paid_for() -> None:
    (few,) = too_small(shape("console.enabled=true", "nodes.spotMax=1"))
    assert "the pool spot needs 2, and nodes.spotMax is 1" in few
    (small,) = too_small(shape("redis.maxmemoryMi=4096"))
    assert "No e2-standard-2 has room for redis (100m, 6144 MiB)" in small
    assert "nodes.machineType" in small
