"""The Pulumi program: creates resources in dependency order; `destroy` reverses it.

`pulumi up` runs __main__.py beside Pulumi.yaml, which calls `main`. Another program, or a test, can pass `main` to
Pulumi's Automation API.
"""

import pulumi
from pulumi import ResourceOptions
from pulumi_kubernetes import Provider

from infra.settings.container_images import Images
from infra.settings.profiles import resolve_profile
from infra.settings.stack_settings import Settings
from infra.stack_outputs import stack_outputs
from infra.workloads.connect_cluster import Connect, ConnectArgs
from infra.workloads.kafka_cluster import Kafka, KafkaArgs
from infra.workloads.load_jobs import LoadJobs, LoadJobsArgs
from infra.workloads.mysql import MySql, MySqlArgs
from infra.workloads.namespace import NamespaceRules, NamespaceRulesArgs
from infra.workloads.redis import Redis, RedisArgs
from infra.workloads.schema_registry import SchemaRegistry, SchemaRegistryArgs
from infra.workloads.strimzi_operator import Strimzi, StrimziArgs
from infra.workloads.target_cluster import DELETE_UNREACHABLE, EXISTING_CLUSTER, TargetCluster
from infra.workloads.toolbox import Toolbox, ToolboxArgs
from infra.workloads.topics_and_users import TopicsAndUsers, TopicsAndUsersArgs
from infra.workloads.workload_context import WorkloadContext


def main() -> None:
    """Create the stack that the settings describe, and export its outputs.

    Raises SettingsError, before any resource is created, for mistakes in the settings.
    """
    settings = Settings.read_stack()
    if settings.gcp is None:
        deploy(settings, provider=kubernetes_provider(settings))
    else:
        from infra.gcp_program import deploy_on_google  # noqa: PLC0415 Google's SDK is large, and no other stack needs it

        deploy_on_google(settings, settings.gcp, deploy=deploy)
    for name, value in stack_outputs(settings).items():
        pulumi.export(name, value)


def deploy(settings: Settings, *, provider: Provider, target: TargetCluster = EXISTING_CLUSTER) -> Connect:
    """Create the pipeline on the cluster of `provider`; returns Kafka Connect, created last of what stays.

    The load Jobs, where the settings ask for them, come after it.
    """
    context = _workload_context(settings, target)
    inside = ResourceOptions(providers={"kubernetes": provider}, transformations=list(target.transformations))
    rules = NamespaceRulesArgs(
        context=context,
        api_server_cidrs=settings.cluster.api_server_cidrs,
        collector=target.collects_metrics,
        after=target.after,
    )
    namespace = NamespaceRules("namespace-rules", rules, inside)
    strimzi = Strimzi("strimzi", StrimziArgs(context=context, chart=settings.strimzi_chart, after=[namespace]), inside)
    kafka = Kafka("kafka", KafkaArgs(context=context, after=[strimzi]), inside)
    topics = TopicsAndUsers("topics-and-users", TopicsAndUsersArgs(context=context, after=[kafka]), inside)
    mysql = MySql("mysql", MySqlArgs(context=context, after=[namespace]), inside)
    redis = Redis("redis", RedisArgs(context=context, after=[namespace]), inside)
    registry = SchemaRegistry("registry", SchemaRegistryArgs(context=context, after=[topics]), inside)
    connect = Connect("connect", ConnectArgs(context=context, after=[topics, mysql, redis, registry]), inside)
    Toolbox("toolbox", ToolboxArgs(context=context, after=[topics, mysql, redis]), inside)
    if settings.load.source:
        LoadJobs(
            "jobs",
            LoadJobsArgs(context=context, load=settings.load, source=settings.load.source, after=[connect]),
            inside,
        )
    return connect


def _workload_context(settings: Settings, target: TargetCluster) -> WorkloadContext:
    return WorkloadContext(
        namespace=settings.cluster.namespace,
        images=Images(registry=settings.image_registry, overrides=settings.image_overrides, built=target.images),
        profile=resolve_profile(settings),
        storage_class=settings.cluster.storage_class,
    )


def kubernetes_provider(settings: Settings) -> Provider:
    """The Kubernetes provider for the kubeconfig context that the settings name."""
    context = settings.cluster.context
    return Provider(
        "cluster",
        context=context,
        # The context identifies the cluster: other changes of a kubeconfig do not replace every resource.
        cluster_identifier=context,
        delete_unreachable=DELETE_UNREACHABLE,
    )
