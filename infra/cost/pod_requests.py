"""What asks for room on the nodes: the pipeline's pods by the part that places them, and GKE's own.

Not the Jobs that load and prove: they come and go, and the cluster grows for them if it has to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from infra.settings.profiles import Profile, Resources
from infra.workloads.k8s_manifests import read_manifest
from infra.workloads.kafka_cluster import kafka_manifest, node_pool_manifests
from infra.workloads.kafka_console import RESOURCES as CONSOLE
from infra.workloads.schema_registry import RESOURCES as REGISTRY
from infra.workloads.strimzi_operator import RESOURCES as OPERATOR
from infra.workloads.toolbox import RESOURCES as TOOLBOX
from infra.workloads.workload_context import WorkloadContext

_UNITS = {"Mi": Decimal(1), "Gi": Decimal(1024), "Ti": Decimal(1024 * 1024)}


@dataclass(frozen=True, kw_only=True)
class Pod:
    """What one pod is promised: thousandths of a core, and MiB."""

    name: str
    part: str
    """As nodes.onDemandFor names it; empty for one that runs wherever there is room."""
    cpu_m: int
    memory_mi: int
    apart: bool = False
    """No two of its name are on one node."""


# What public listings of GKE's nodes show, of 2023 and 2024, rounded up. On every node: Dataplane V2, logs, metrics,
# metadata, disks, the way to the control plane.
EACH_NODE = Pod(name="GKE's own", part="", cpu_m=380, memory_mi=830)
ONCE = (
    Pod(name="kube-dns", part="", cpu_m=265, memory_mi=140),
    Pod(name="kube-dns", part="", cpu_m=265, memory_mi=140),
    Pod(name="metrics-server", part="", cpu_m=48, memory_mi=105),
    Pod(name="event-exporter", part="", cpu_m=3, memory_mi=100),
    Pod(name="autoscalers", part="", cpu_m=31, memory_mi=40),
)


def pods(context: WorkloadContext, *, console: bool) -> list[Pod]:
    """Every pod of the pipeline that stays."""
    profile = context.profile
    return [
        *_kafka(context),
        *_stores(profile),
        *_many(profile.registry_replicas, "registry", "registry", _asked(REGISTRY)),
        *_connect(),
        *_many(1, "toolbox", "toolbox", _asked(TOOLBOX)),
        *_many(int(console), "console", "console", _asked(CONSOLE)),
        *_many(1, "strimzi", "operator", _asked(OPERATOR)),
        *_entity_operator(context),
    ]


def memory_mi(quantity: str) -> Decimal:
    """MiB of a quantity as Kubernetes writes it, such as 1Gi."""
    return Decimal(quantity[:-2]) * _UNITS[quantity[-2:]]


def _kafka(context: WorkloadContext) -> Iterable[Pod]:
    for pool in node_pool_manifests(context):
        spec, name = pool["spec"], pool["metadata"]["name"]
        yield from _many(spec["replicas"], name, "kafka", spec["resources"], apart=bool(context.profile.controllers))


def _stores(profile: Profile) -> Iterable[Pod]:
    yield from _many(1, "mysql", "mysql", _asked(profile.mysql))
    yield from _many(1, "redis", "redis", _asked(profile.redis))


def _connect() -> Iterable[Pod]:
    spec = read_manifest("connect.yaml", "KafkaConnect")["spec"]
    return _many(spec["replicas"], "connect", "connect", spec["resources"])


def _entity_operator(context: WorkloadContext) -> Iterable[Pod]:
    """One pod of two containers."""
    both = kafka_manifest(context, console=False)["spec"]["entityOperator"]
    first, second = (_pod("", "", both[which]["resources"]) for which in ("topicOperator", "userOperator"))
    yield Pod(
        name="entity-operator",
        part="operator",
        cpu_m=first.cpu_m + second.cpu_m,
        memory_mi=first.memory_mi + second.memory_mi,
    )


def _many(count: int, name: str, part: str, resources: Mapping[str, Any], *, apart: bool = False) -> list[Pod]:
    return [_pod(name, part, resources, apart=apart)] * count


def _pod(name: str, part: str, resources: Mapping[str, Any], *, apart: bool = False) -> Pod:
    asked = resources["requests"]
    return Pod(name=name, part=part, cpu_m=_cpu_m(asked["cpu"]), memory_mi=int(memory_mi(asked["memory"])), apart=apart)


def _asked(resources: Resources) -> Mapping[str, Any]:
    return {"requests": {"cpu": resources.cpu, "memory": f"{resources.memory_mi}Mi"}}


def _cpu_m(quantity: str) -> int:
    return int(quantity[:-1]) if quantity.endswith("m") else int(Decimal(quantity) * 1000)
