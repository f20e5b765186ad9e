"""The program: what is made, in which order; taken down it goes the other way.

`pulumi up` runs it by __main__.py, beside Pulumi.yaml. Another program, or a test, can give `main` to Pulumi's
Automation API.
"""

import pulumi
from pulumi import ResourceOptions
from pulumi_kubernetes import Provider

from infra.settings.container_images import Images
from infra.settings.profiles import profile_of
from infra.settings.stack_settings import Settings
from infra.stack_outputs import commands
from infra.workloads.connect_cluster import Connect, ConnectArgs
from infra.workloads.kafka_cluster import Kafka, KafkaArgs
from infra.workloads.kafka_console import Console, ConsoleArgs
from infra.workloads.load_jobs import Jobs, JobsArgs
from infra.workloads.mysql import MySql, MySqlArgs
from infra.workloads.namespace import NamespaceRules, NamespaceRulesArgs
from infra.workloads.redis import Redis, RedisArgs
from infra.workloads.schema_registry import Registry, RegistryArgs
from infra.workloads.strimzi_operator import Strimzi, StrimziArgs
from infra.workloads.target_cluster import ANY, TargetCluster
from infra.workloads.toolbox import Toolbox, ToolboxArgs
from infra.workloads.topics_and_users import Entities, EntitiesArgs
from infra.workloads.workload_context import WorkloadContext


def main() -> None:
    """Make what the stack's settings say; raises SettingsError before anything is made where they are wrong."""
    settings = Settings.of_stack()
    if settings.gcp is None:
        deploy(settings, on=cluster_of(settings))
    else:
        from infra.gcp_program import deploy_on_google  # noqa: PLC0415 Google's SDK is large, and no other stack needs it

        deploy_on_google(settings, settings.gcp, deploy=deploy)
    for name, value in commands(settings).items():
        pulumi.export(name, value)


def deploy(settings: Settings, *, on: Provider, foundation: TargetCluster = ANY) -> Connect:
    """Make the pipeline on a cluster."""
    site = _site(settings, foundation)
    inside = ResourceOptions(providers={"kubernetes": on}, transformations=list(foundation.transformations))
    rules = NamespaceRulesArgs(
        site=site,
        api_server_cidrs=settings.cluster.api_server_cidrs,
        console=settings.console,
        after=foundation.after,
    )
    ground = NamespaceRules("ground", rules, inside)
    strimzi = Strimzi("strimzi", StrimziArgs(site=site, chart=settings.strimzi_chart, after=[ground]), inside)
    kafka = Kafka("kafka", KafkaArgs(site=site, console=settings.console, after=[strimzi]), inside)
    entities = Entities("entities", EntitiesArgs(site=site, after=[kafka]), inside)
    mysql = MySql("mysql", MySqlArgs(site=site, after=[ground]), inside)
    redis = Redis("redis", RedisArgs(site=site, after=[ground]), inside)
    registry = Registry("registry", RegistryArgs(site=site, after=[entities]), inside)
    connect = Connect("connect", ConnectArgs(site=site, after=[entities, mysql, redis, registry]), inside)
    Toolbox("toolbox", ToolboxArgs(site=site, after=[entities, mysql, redis]), inside)
    if settings.console:
        Console("console", ConsoleArgs(site=site, after=[connect]), inside)
    if settings.load.source:
        Jobs("jobs", JobsArgs(site=site, load=settings.load, source=settings.load.source, after=[connect]), inside)
    return connect


def _site(settings: Settings, foundation: TargetCluster) -> WorkloadContext:
    return WorkloadContext(
        namespace=settings.cluster.namespace,
        images=Images(registry=settings.image_registry, overrides=settings.image_overrides, built=foundation.images),
        profile=profile_of(settings),
        storage_class=settings.cluster.storage_class,
    )


def cluster_of(settings: Settings) -> Provider:
    """The provider of the cluster that the settings name."""
    context = settings.cluster.context
    return Provider(
        "cluster",
        context=context,
        # A cluster is what its context says: other changes of a kubeconfig do not make everything anew.
        cluster_identifier=context,
        delete_unreachable=settings.cluster.delete_unreachable,
    )
