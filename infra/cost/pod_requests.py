"""CPU and memory requests of the pods on the nodes: the pipeline's, and GKE's own.

The Jobs of loads and proofs are left out: they come and go, and the cluster grows for them if it has to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.settings.profiles import Profile, Resources
from infra.workloads.k8s_manifests import read_manifest
from infra.workloads.kafka_cluster import kafka_manifest, node_pool_manifests
from infra.workloads.schema_registry import RESOURCES as REGISTRY
from infra.workloads.strimzi_operator import RESOURCES as OPERATOR
from infra.workloads.toolbox import RESOURCES as TOOLBOX
from infra.workloads.workload_context import WorkloadContext

_UNITS = {"Mi": Decimal(1), "Gi": Decimal(1024), "Ti": Decimal(1024 * 1024)}


@dataclass(frozen=True, kw_only=True)
class PodRequests:
    """Requests of one pod: CPU in millicores, memory in MiB."""

    name: str
    part: str
    """The part of the pipeline, as the setting nodes.onDemandFor names it; empty for a pod that runs on any node."""
    cpu_m: int
    memory_mi: int
    one_per_node: bool = False
    """Pod anti-affinity: no two pods of this name share a node."""


# From public listings of GKE nodes of 2023 and 2024, rounded up. On every node: Dataplane V2, the agents for logs,
# metrics and metadata, the disk driver, the tunnel to the control plane.
SYSTEM_PODS_OF_NODE = PodRequests(name="GKE's own", part="", cpu_m=380, memory_mi=830)
SYSTEM_PODS_OF_CLUSTER = (
    PodRequests(name="kube-dns", part="", cpu_m=265, memory_mi=140),
    PodRequests(name="kube-dns", part="", cpu_m=265, memory_mi=140),
    PodRequests(name="metrics-server", part="", cpu_m=48, memory_mi=105),
    PodRequests(name="event-exporter", part="", cpu_m=3, memory_mi=100),
    PodRequests(name="autoscalers", part="", cpu_m=31, memory_mi=40),
)


def pipeline_pods(context: WorkloadContext) -> list[PodRequests]:
    """Return every long-running pod of the pipeline."""
    profile = context.profile
    return [
        *_kafka(context),
        *_stores(profile),
        *_replicas(profile.registry_replicas, "registry", "registry", _requests(REGISTRY)),
        *_connect(),
        *_replicas(1, "toolbox", "toolbox", _requests(TOOLBOX)),
        *_replicas(1, "strimzi", "operator", _requests(OPERATOR)),
        *_entity_operator(context),
    ]


def parse_memory_mi(quantity: str) -> Decimal:
    """Parse a Kubernetes quantity with a binary suffix, such as 1Gi, to MiB."""
    return Decimal(quantity[:-2]) * _UNITS[quantity[-2:]]


def _kafka(context: WorkloadContext) -> Iterable[PodRequests]:
    for pool in node_pool_manifests(context):
        spec, name = pool["spec"], pool["metadata"]["name"]
        yield from _replicas(
            spec["replicas"], name, "kafka", spec["resources"], one_per_node=bool(context.profile.controllers)
        )


def _stores(profile: Profile) -> Iterable[PodRequests]:
    yield from _replicas(1, "mysql", "mysql", _requests(profile.mysql))
    yield from _replicas(1, "redis", "redis", _requests(profile.redis))


def _connect() -> Iterable[PodRequests]:
    spec = read_manifest("connect.yaml", "KafkaConnect")["spec"]
    return _replicas(spec["replicas"], "connect", "connect", spec["resources"])


def _entity_operator(context: WorkloadContext) -> Iterable[PodRequests]:
    """Yield the entity operator: one pod with two containers, whose requests add up."""
    operators = kafka_manifest(context)["spec"]["entityOperator"]
    first, second = (_pod("", "", operators[name]["resources"]) for name in ("topicOperator", "userOperator"))
    yield PodRequests(
        name="entity-operator",
        part="operator",
        cpu_m=first.cpu_m + second.cpu_m,
        memory_mi=first.memory_mi + second.memory_mi,
    )


def _replicas(
    count: int, name: str, part: str, resources: Mapping[str, Any], *, one_per_node: bool = False
) -> list[PodRequests]:
    return [_pod(name, part, resources, one_per_node=one_per_node)] * count


def _pod(name: str, part: str, resources: Mapping[str, Any], *, one_per_node: bool = False) -> PodRequests:
    requests = resources["requests"]
    return PodRequests(
        name=name,
        part=part,
        cpu_m=_cpu_m(requests["cpu"]),
        memory_mi=int(parse_memory_mi(requests["memory"])),
        one_per_node=one_per_node,
    )


def _requests(resources: Resources) -> Mapping[str, Any]:
    return {"requests": {"cpu": resources.cpu, "memory": f"{resources.memory_mi}Mi"}}


def _cpu_m(quantity: str) -> int:
    return int(quantity[:-1]) if quantity.endswith("m") else int(Decimal(quantity) * 1000)
