"""A web console for Kafka, off by default. It may look, as the user `consumer` may, and change nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import EnvVarArgsDict

from infra.settings.profiles import Resources
from infra.workloads import connect_cluster, schema_registry
from infra.workloads.kafka_cluster import BOOTSTRAP
from infra.workloads.pod_template import CA_FILE, Pod, secret_variable, variable
from infra.workloads.workload_context import PART_OF, WorkloadContext, selector

NAME = "console"
PORT = 8080
_UID = 65532
RESOURCES = Resources(cpu="100m", memory_mi=640)
_HEAP = "320m"


@dataclass(frozen=True, kw_only=True)
class KafkaConsoleArgs:
    """What it looks at."""

    context: WorkloadContext
    after: Sequence[Resource]


class KafkaConsole(ComponentResource):
    """Kafbat UI. No Service: it has no login, so a person reaches it by port-forward only."""

    def __init__(self, name: str, args: KafkaConsoleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Console", name, None, opts)
        Deployment(
            NAME,
            metadata=args.context.metadata(NAME, NAME),
            spec={"replicas": 1, "selector": selector(NAME), "template": _pod(args.context).template()},
            opts=ResourceOptions(parent=self, depends_on=args.after),
        )
        self.register_outputs({})


def _pod(context: WorkloadContext) -> Pod:
    return Pod(
        name=NAME,
        component=NAME,
        resources=RESOURCES,
        user=_UID,
        container={
            "name": NAME,
            "image": context.images["console"],
            "env": _environment(),
            "ports": [{"name": "http", "container_port": PORT}],
            "readiness_probe": {
                "http_get": {"path": "/actuator/health", "port": PORT},
                "period_seconds": 10,
                "timeout_seconds": 5,
                "failure_threshold": 30,
            },
        },
        scratch={"/tmp": "128Mi"},  # noqa: S108 its own
        mounts_kafka_ca=True,
    )


def _environment() -> list[EnvVarArgsDict]:
    settings = {
        "NAME": PART_OF,
        "READONLY": "true",
        "BOOTSTRAPSERVERS": BOOTSTRAP,
        "PROPERTIES_SECURITY_PROTOCOL": "SASL_SSL",
        "PROPERTIES_SASL_MECHANISM": "SCRAM-SHA-512",
        "PROPERTIES_SSL_TRUSTSTORE_TYPE": "PEM",
        "PROPERTIES_SSL_TRUSTSTORE_LOCATION": CA_FILE,
        "SCHEMAREGISTRY": f"{schema_registry.URL}/apis/ccompat/v7",
        "KAFKACONNECT_0_NAME": PART_OF,
        "KAFKACONNECT_0_ADDRESS": connect_cluster.URL,
    }
    login = "KAFKA_CLUSTERS_0_PROPERTIES_SASL_JAAS_CONFIG"
    return [
        *(variable(f"KAFKA_CLUSTERS_0_{name}", value) for name, value in settings.items()),
        secret_variable(login, secret="consumer", key="sasl.jaas.config"),  # noqa: S106 a name
        variable("JAVA_TOOL_OPTIONS", f"-Xmx{_HEAP}"),
    ]
