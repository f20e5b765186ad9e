"""The cluster with all that it stands on, in the order that is the point: nothing that costs before its budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import Resource, ResourceOptions
from pulumi_gcp import Provider as Google
from pulumi_kubernetes import Provider

from infra.gcp.artifact_registry import ArtifactRegistry, ArtifactRegistryArgs
from infra.gcp.budget import Budget, BudgetArgs
from infra.gcp.cloud_context import CloudContext, google_provider
from infra.gcp.cluster_provider import cluster_provider
from infra.gcp.dashboard import dashboard
from infra.gcp.gke_cluster import GkeCluster, GkeClusterArgs
from infra.gcp.guard import Guard, GuardArgs
from infra.gcp.guard_email import GuardEmail
from infra.gcp.monitoring import Alerts, AlertsArgs
from infra.gcp.namespace_deletion import skip_deletion_wait
from infra.gcp.node_pools import NodeAccount, NodePools, NodePoolsArgs
from infra.gcp.pod_placement import place_pods
from infra.gcp.project_services import ProjectServices, ProjectServicesArgs
from infra.gcp.storage_class import storage_class
from infra.gcp.vpc_network import VpcNetwork, VpcNetworkArgs
from infra.settings.gcp_settings import GcpSettings
from infra.workloads.target_cluster import TargetCluster


@dataclass(frozen=True, kw_only=True)
class CloudArgs:
    """What is known before anything is made."""

    settings: GcpSettings
    stack: str
    namespace: str
    redis_maxmemory_mi: int
    can_create_budget: bool
    """Whether a budget can be made: infra/gcp/budget_rights.py has asked."""
    delete_unreachable: bool


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """What the pipeline is put on."""

    provider: Provider
    target: TargetCluster
    guard: Mapping[str, Any]


def make_cloud(args: CloudArgs) -> Cloud:
    """Make the cluster and all that belongs to it."""
    context = CloudContext(settings=args.settings, stack=args.stack)
    google = google_provider(context)
    services = ProjectServices("services", ProjectServicesArgs(context=context), ResourceOptions(provider=google))
    budget = Budget(
        "budget",
        BudgetArgs(context=context, can_create_budget=args.can_create_budget, after=[services]),
        ResourceOptions(provider=google),
    )
    # From here on things cost.
    after = [services, budget]
    guard, registry = _make_guarded(context, google, budget, after)
    _make_watch(args, context, google, budget, after)
    cluster, pool_specs = _make_cluster(context, google, registry, [*after, guard])
    on = cluster_provider(context, cluster, delete_unreachable=args.delete_unreachable, after=[pool_specs, budget])
    nodes = args.settings.nodes
    return Cloud(
        provider=on,
        target=TargetCluster(
            images=registry.images,
            transformations=[place_pods(nodes.on_demand_for, has_spot=bool(nodes.spot_max)), skip_deletion_wait],
            after=[storage_class(context, on=on)],
        ),
        guard=guard.guard_output,
    )


def _make_guarded(
    context: CloudContext, google: Google, budget: Budget, after: Sequence[Resource]
) -> tuple[Guard, ArtifactRegistry]:
    """The guard is there before what it guards."""
    inside = ResourceOptions(provider=google)
    registry = ArtifactRegistry("registry", ArtifactRegistryArgs(context=context, after=after), inside)
    guard = Guard(
        "guard", GuardArgs(context=context, topic=budget.topic, images=registry.repository, after=after), inside
    )
    GuardEmail("guard-mail", context=context, channels=budget.channels, after=[*after, guard], opts=inside)
    return guard, registry


def _make_watch(
    args: CloudArgs, context: CloudContext, google: Google, budget: Budget, after: Sequence[Resource]
) -> None:
    if not context.settings.monitoring.enabled:
        return
    Alerts(
        "alerts",
        AlertsArgs(
            context=context,
            namespace=args.namespace,
            redis_maxmemory_mi=args.redis_maxmemory_mi,
            channels=budget.channels,
            after=after,
        ),
        ResourceOptions(provider=google),
    )
    dashboard(context, namespace=args.namespace, on=google, after=after)


def _make_cluster(
    context: CloudContext, google: Google, registry: ArtifactRegistry, after: Sequence[Resource]
) -> tuple[GkeCluster, NodePools]:
    inside = ResourceOptions(provider=google)
    network = VpcNetwork("network", VpcNetworkArgs(context=context, after=after), inside)
    account = NodeAccount("node-account", context=context, images=registry.repository, after=after, opts=inside)
    # Nodes without a NAT, or without rights, would come up and not become ready.
    needed = [*after, network, account]
    cluster = GkeCluster(
        "cluster",
        GkeClusterArgs(context=context, network=network, node_account=account.account.email, after=needed),
        inside,
    )
    nodes = NodePools(
        "node-pools",
        NodePoolsArgs(
            context=context, cluster=cluster.cluster, account=account.account.email, after=[*needed, cluster]
        ),
        inside,
    )
    return cluster, nodes


def stack_name() -> str:
    """The stack that runs, as a label's value may be."""
    return pulumi.get_stack().lower()
