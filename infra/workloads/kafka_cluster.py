"""The Kafka cluster of k8s/kafka.yaml, sized by the profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Resource, ResourceOptions

from infra.settings.profiles import Profile, Resources
from infra.workloads.k8s_manifests import Object, merged, read_manifest
from infra.workloads.pod_template import resource_requirements
from infra.workloads.strimzi_resources import make_strimzi_resource, make_strimzi_resources
from infra.workloads.workload_context import PART_OF, WorkloadContext

_COMPONENT = "broker"
_WAIT_MINUTES = 15
"""48 s were measured; the rest is for pulling images and creating disks."""
_ZONE = "topology.kubernetes.io/zone"
_HOST = "kubernetes.io/hostname"
BOOTSTRAP = f"{PART_OF}-kafka-bootstrap:9093"


@dataclass(frozen=True, kw_only=True)
class KafkaArgs:
    """`after` is what the cluster depends on."""

    context: WorkloadContext
    after: Sequence[Resource]


class Kafka(ComponentResource):
    """Brokers, controllers, and Strimzi's topic and user operator."""

    bootstrap_servers: str

    def __init__(self, name: str, args: KafkaArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Kafka", name, None, opts)
        # The pools own the pods and the disks: they are created first and deleted last.
        pools = make_strimzi_resources(
            node_pool_manifests(args.context),
            context=args.context,
            component=_COMPONENT,
            parent=self,
            after=args.after,
            wait_minutes=None,
        )
        make_strimzi_resource(
            kafka_manifest(args.context),
            context=args.context,
            component=_COMPONENT,
            parent=self,
            after=[*args.after, *pools],
            wait_minutes=_WAIT_MINUTES,
        )
        self.bootstrap_servers = BOOTSTRAP
        self.register_outputs({"bootstrap_servers": self.bootstrap_servers})


def node_pool_manifests(context: WorkloadContext) -> list[Object]:
    """The KafkaNodePool manifests: one for both roles, or one of brokers and one of controllers."""
    profile = context.profile
    base = read_manifest("kafka.yaml", "KafkaNodePool")
    if context.storage_class:
        base = _on_volume(base, {"class": context.storage_class})
    stored = _on_volume(base, {"size": profile.kafka_storage}) if profile.kafka_storage else base
    if not profile.controllers:
        return [stored]
    return [
        _pool(stored, "broker", replicas=profile.brokers, size=profile.broker, heap_mi=profile.broker_heap_mi),
        _pool(
            base,
            "controller",
            replicas=profile.controllers,
            size=profile.controller,
            heap_mi=profile.controller_heap_mi,
        ),
    ]


def _pool(base: Object, role: str, *, replicas: int, size: Resources | None, heap_mi: int | None) -> Object:
    spec: dict[str, Any] = {"replicas": replicas, "roles": [role], "template": {"pod": _spread(role)}}
    if size:
        spec["resources"] = resource_requirements(size)
    if heap_mi:
        spec["jvmOptions"] = {"-Xms": f"{heap_mi}m", "-Xmx": f"{heap_mi}m"}
    return merged(base, {"metadata": {"name": role}, "spec": spec})


def _spread(role: str) -> Object:
    """Pod template: never two pods of a role on one node, and spread over zones where possible."""
    pods = {"matchLabels": {"strimzi.io/cluster": PART_OF, "strimzi.io/pool-name": role}}
    unsatisfiable = {_HOST: "DoNotSchedule", _ZONE: "ScheduleAnyway"}
    return {
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": otherwise, "labelSelector": pods}
            for key, otherwise in unsatisfiable.items()
        ]
    }


def _on_volume(pool: Object, changes: Object) -> Object:
    (volume,) = pool["spec"]["storage"]["volumes"]
    return merged(pool, {"spec": {"storage": {"volumes": [merged(volume, changes)]}}})


def kafka_manifest(context: WorkloadContext) -> Object:
    """The Kafka manifest with the images and the replication of this stack."""
    operator = {"image": context.images["operator"]}
    base = read_manifest("kafka.yaml", "Kafka")
    kafka: dict[str, Any] = {
        "image": context.images["kafka"],
        "config": _replication(context.profile),
    }
    if context.profile.brokers > 1:
        # Replicas of a partition go to different zones.
        kafka["rack"] = {"topologyKey": _ZONE}
    return merged(
        base, {"spec": {"kafka": kafka, "entityOperator": {"topicOperator": operator, "userOperator": operator}}}
    )


def _replication(profile: Profile) -> dict[str, int]:
    """Replication factors and minimum in-sync replicas of Kafka's internal topics; {} keeps k8s/kafka.yaml's of 1."""
    if profile.replication == 1:
        return {}
    factors = ("default", "offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    least = ("min.insync.replicas", "transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr")
    return {
        **{f"{name}.replication.factor": profile.replication for name in factors},
        **dict.fromkeys(least, profile.min_insync),
    }
