"""Creates the Google Cloud resources in order: services, budget, guard, cluster. Nothing before the budget costs."""

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
from infra.gcp.cluster_provider import make_cluster_provider
from infra.gcp.dashboard import make_dashboard
from infra.gcp.gke_cluster import GkeCluster, GkeClusterArgs
from infra.gcp.guard import Guard, GuardArgs
from infra.gcp.guard_email import GuardEmail
from infra.gcp.monitoring import Alerts, AlertsArgs
from infra.gcp.namespace_deletion import skip_deletion_wait
from infra.gcp.node_pools import NodeAccount, NodePools, NodePoolsArgs
from infra.gcp.pod_placement import place_pods
from infra.gcp.project_services import ProjectServices, ProjectServicesArgs
from infra.gcp.storage_class import make_storage_class
from infra.gcp.vpc_network import VpcNetwork, VpcNetworkArgs
from infra.settings.gcp_settings import GcpSettings
from infra.workloads.target_cluster import TargetCluster


@dataclass(frozen=True, kw_only=True)
class CloudArgs:
    """Settings, and what the program knows before it creates anything."""

    settings: GcpSettings
    stack: str
    namespace: str
    redis_maxmemory_mi: int
    sleep_cost: str
    """What the stack costs a month while its nodes are stopped, as text, for the guard's e-mails."""
    can_create_budget: bool
    """Result of infra/gcp/budget_rights.py."""
    delete_unreachable: bool


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The created cluster, as the pipeline needs it, and the stack's output `guard`."""

    provider: Provider
    target: TargetCluster
    guard: Mapping[str, Any]


def make_cloud(args: CloudArgs) -> Cloud:
    """Create the cluster and everything that it needs."""
    context = CloudContext(settings=args.settings, stack=args.stack)
    google = google_provider(context)
    services = ProjectServices("services", ProjectServicesArgs(context=context), ResourceOptions(provider=google))
    budget = Budget(
        "budget",
        BudgetArgs(context=context, can_create_budget=args.can_create_budget, after=[services]),
        ResourceOptions(provider=google),
    )
    # From here on, resources cost.
    after = [services, budget]
    guard, registry = _make_guard(args, context, google, budget, after)
    _make_monitoring(args, context, google, budget, after)
    cluster, node_pools = _make_cluster(context, google, registry, [*after, guard])
    provider = make_cluster_provider(
        context, cluster, delete_unreachable=args.delete_unreachable, after=[node_pools, budget]
    )
    return Cloud(
        provider=provider,
        target=TargetCluster(
            images=registry.images,
            transformations=[place_pods(args.settings.nodes.on_demand_for), skip_deletion_wait],
            after=[make_storage_class(context, provider=provider)],
        ),
        guard=guard.output,
    )


def _make_guard(
    args: CloudArgs, context: CloudContext, google: Google, budget: Budget, after: Sequence[Resource]
) -> tuple[Guard, ArtifactRegistry]:
    """Create the guard and the image registry, before the cluster that the guard stops."""
    inside = ResourceOptions(provider=google)
    registry = ArtifactRegistry("registry", ArtifactRegistryArgs(context=context, after=after), inside)
    guard = Guard(
        "guard",
        GuardArgs(
            context=context,
            topic=budget.topic,
            images=registry.repository,
            sleep_cost=args.sleep_cost,
            after=after,
        ),
        inside,
    )
    GuardEmail("guard-mail", context=context, channels=budget.channels, after=[*after, guard], opts=inside)
    return guard, registry


def _make_monitoring(
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
    make_dashboard(context, namespace=args.namespace, provider=google, after=after)


def _make_cluster(
    context: CloudContext, google: Google, registry: ArtifactRegistry, after: Sequence[Resource]
) -> tuple[GkeCluster, NodePools]:
    inside = ResourceOptions(provider=google)
    network = VpcNetwork("network", VpcNetworkArgs(context=context, after=after), inside)
    account = NodeAccount("node-account", context=context, images=registry.repository, after=after, opts=inside)
    # Nodes without a NAT, or without IAM roles, would start and not become ready.
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
    """Name of the stack that Pulumi runs, in lower case, as labels require."""
    return pulumi.get_stack().lower()
