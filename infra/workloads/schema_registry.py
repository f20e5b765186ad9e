"""The schema registry: Apicurio, keeping its journal in Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, CustomTimeouts, Resource, ResourceOptions
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, ContainerArgsDict, EnvVarArgsDict, ProbeArgsDict, Service
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from infra.settings.profiles import Resources
from infra.workloads.k8s_manifests import read_manifest
from infra.workloads.kafka_cluster import BOOTSTRAP
from infra.workloads.network_policies import REGISTRY_PORT
from infra.workloads.pod_template import CA_FILE, Pod, secret_variable, variable
from infra.workloads.workload_context import WorkloadContext, selector, selector_labels

_NAME = "registry"
_HEALTH_PORT = 9000
_UID = 185
"""The image's own user."""
RESOURCES = Resources(cpu="100m", memory_mi=448)
_HEAP = "192m"
_WAIT_MINUTES = 10
URL = f"http://{_NAME}:{REGISTRY_PORT}"


@dataclass(frozen=True, kw_only=True)
class SchemaRegistryArgs:
    """What it needs first: its Kafka user and topics."""

    context: WorkloadContext
    after: Sequence[Resource]


class SchemaRegistry(ComponentResource):
    """One or more servers; they hold nothing themselves."""

    url: str

    def __init__(self, name: str, args: SchemaRegistryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Registry", name, None, opts)
        self._context = args.context
        self._metadata = args.context.metadata(_NAME, _NAME)
        settings = ConfigMap(
            _NAME,
            metadata=self._metadata,
            data=read_manifest("registry.yaml", "ConfigMap")["data"],
            opts=ResourceOptions(parent=self, depends_on=args.after),
        )
        self._make_servers([*args.after, settings])
        self._make_way_in(args.after)
        self.url = URL
        self.register_outputs({"url": self.url})

    def _make_servers(self, after: Sequence[Resource]) -> None:
        Deployment(
            _NAME,
            metadata=self._metadata,
            spec={
                "replicas": self._context.profile.registry_replicas,
                "selector": selector(_NAME),
                "template": _pod(self._context).template(),
            },
            opts=ResourceOptions(
                parent=self,
                depends_on=after,
                custom_timeouts=CustomTimeouts(create=f"{_WAIT_MINUTES}m", update=f"{_WAIT_MINUTES}m"),
            ),
        )

    def _make_way_in(self, after: Sequence[Resource]) -> None:
        inside = ResourceOptions(parent=self, depends_on=after)
        Service(
            _NAME,
            metadata=self._metadata,
            spec={
                "type": "ClusterIP",
                "selector": selector_labels(_NAME),
                "ports": [{"name": "http", "port": REGISTRY_PORT, "target_port": REGISTRY_PORT}],
            },
            opts=inside,
        )
        if self._context.profile.registry_replicas > 1:
            PodDisruptionBudget(
                _NAME,
                metadata=self._metadata,
                spec={"max_unavailable": 1, "selector": selector(_NAME)},
                opts=inside,
            )


def _pod(context: WorkloadContext) -> Pod:
    return Pod(
        name=_NAME,
        component=_NAME,
        resources=RESOURCES,
        user=_UID,
        container=_container(context),
        scratch={"/tmp": "64Mi"},  # noqa: S108 its own
        mounts_kafka_ca=True,
        spread=True,
    )


def _container(context: WorkloadContext) -> ContainerArgsDict:
    return {
        "name": _NAME,
        "image": context.images["apicurio"],
        "env_from": [{"config_map_ref": {"name": _NAME}}],
        "env": _environment(),
        "ports": [
            {"name": "http", "container_port": REGISTRY_PORT},
            {"name": "health", "container_port": _HEALTH_PORT},
        ],
        # It reads its journal first, however long that has become.
        "startup_probe": _probe("/health/ready", period=3, failures=100),
        "readiness_probe": _probe("/health/ready", period=10, failures=3),
        "liveness_probe": _probe("/health/live", period=20, failures=6),
    }


def _environment() -> list[EnvVarArgsDict]:
    places = ("KAFKASQL", "EVENTS_KAFKA", "KAFKA_COMMON")
    return [
        *(variable(f"APICURIO_{place}_BOOTSTRAP_SERVERS", BOOTSTRAP) for place in places),
        variable("APICURIO_KAFKA_COMMON_SSL_TRUSTSTORE_LOCATION", CA_FILE),
        secret_variable("APICURIO_KAFKA_COMMON_SASL_JAAS_CONFIG", secret="registry", key="sasl.jaas.config"),  # noqa: S106 a name
        variable("JAVA_TOOL_OPTIONS", f"-Xmx{_HEAP} -XX:TieredStopAtLevel=1"),
        variable("QUARKUS_HTTP_HOST", "0.0.0.0"),  # noqa: S104 the pod's own address
        variable("QUARKUS_HTTP_PORT", str(REGISTRY_PORT)),
        variable("QUARKUS_MANAGEMENT_HOST", "0.0.0.0"),  # noqa: S104 the kubelet asks for its health
        variable("QUARKUS_MANAGEMENT_PORT", str(_HEALTH_PORT)),
    ]


def _probe(path: str, *, period: int, failures: int) -> ProbeArgsDict:
    return {
        "http_get": {"path": path, "port": _HEALTH_PORT},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }
