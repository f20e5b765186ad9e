"""The toolbox: a pod in which `sluice --target …` runs its commands, inside the cluster's network.

A forwarded port would not do: Kafka's brokers advertise host names that resolve inside the cluster only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import EnvVarArgsDict

from infra.settings.profiles import Resources
from infra.workloads import connect_cluster, schema_registry, source_reader
from infra.workloads.kafka_cluster import BOOTSTRAP
from infra.workloads.network_policies import MYSQL_PORT, REDIS_PORT
from infra.workloads.pod_template import CA_FILE, Pod, secret_variable, variable
from infra.workloads.workload_context import WorkloadContext, selector

_NAME = "toolbox"
_UID = 65532
RESOURCES = Resources(cpu="100m", memory_mi=1024)
SCRATCH = "10Gi"
"""A source that is sent to the pod is on disk until the command ends; an archive of images can be large."""


@dataclass(frozen=True, kw_only=True)
class ToolboxArgs:
    """`after` holds what the pod needs: the Secrets that its environment refers to."""

    context: WorkloadContext
    after: Sequence[Resource]


class Toolbox(ComponentResource):
    """A Deployment of one pod that sleeps; `kubectl exec` runs commands in it."""

    deployment: str

    def __init__(self, name: str, args: ToolboxArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:workloads:Toolbox", name, None, opts)
        Deployment(
            _NAME,
            metadata=args.context.metadata(_NAME, _NAME),
            spec={"replicas": 1, "selector": selector(_NAME), "template": _pod(args.context).template()},
            opts=ResourceOptions(parent=self, depends_on=args.after),
        )
        self.deployment = _NAME
        self.register_outputs({"deployment": self.deployment})


def _pod(context: WorkloadContext) -> Pod:
    return Pod(
        name=_NAME,
        component=_NAME,
        resources=RESOURCES,
        user=_UID,
        container={
            "name": _NAME,
            "image": context.images.ours("toolbox"),
            "command": ["sleep", "infinity"],
            "env": endpoint_variables(),
        },
        scratch={"/tmp": SCRATCH},  # noqa: S108 its own
        mounts_kafka_ca=True,
        service_account=source_reader.NAME,
        grace_seconds=1,
    )


def producer_variables() -> list[EnvVarArgsDict]:
    """The variables of producer/kafka/connection.py, which a load needs."""
    return [
        variable("SLUICE_BOOTSTRAP_SERVERS", BOOTSTRAP),
        variable("SLUICE_CA_FILE", CA_FILE),
        variable("SLUICE_REGISTRY_URL", schema_registry.URL),
        secret_variable("SLUICE_PRODUCER_PASSWORD", secret="producer", key="password"),  # noqa: S106 a name
    ]


def endpoint_variables() -> list[EnvVarArgsDict]:
    """The variables of sluice/view/endpoints.py."""
    return [
        *producer_variables(),
        secret_variable("SLUICE_CONSUMER_PASSWORD", secret="consumer", key="password"),  # noqa: S106 a name
        variable("SLUICE_CONNECT_URL", connect_cluster.URL),
        variable("SLUICE_MYSQL_HOST", "mysql"),
        variable("SLUICE_MYSQL_PORT", str(MYSQL_PORT)),
        secret_variable("SLUICE_MYSQL_READER_PASSWORD", secret="mysql", key="reader-password"),  # noqa: S106 a name
        variable("SLUICE_REDIS_HOST", "redis"),
        variable("SLUICE_REDIS_PORT", str(REDIS_PORT)),
        secret_variable("SLUICE_REDIS_READER_PASSWORD", secret="redis", key="reader-password"),  # noqa: S106 a name
    ]
