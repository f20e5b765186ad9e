"""Creates the Google Cloud resources in order: services, budget, guard, cluster. Nothing before the budget costs."""

import re
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
from infra.gcp.guard_alerts import GuardAlerts
from infra.gcp.guard_email import GuardEmail
from infra.gcp.guard_tested import GuardTested
from infra.gcp.monitoring import Alerts, AlertsArgs
from infra.gcp.namespace_deletion import skip_deletion_wait
from infra.gcp.node_pools import NodeAccount, NodePools, NodePoolsArgs
from infra.gcp.pod_placement import make_priority_class, place_pods
from infra.gcp.project_services import ProjectServices, ProjectServicesArgs
from infra.gcp.storage_class import make_storage_class
from infra.gcp.vpc_network import VpcNetwork, VpcNetworkArgs
from infra.settings.gcp_settings import GcpSettings
from infra.settings.stack_settings import SettingsError
from infra.workloads.target_cluster import TargetCluster

_MOST_STACK = 27
"""With gcp.name and more it is the name of a budget, which has 60 letters at most."""
_STACK = re.compile(rf"[a-z0-9_-]{{1,{_MOST_STACK}}}")


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
    registry = ArtifactRegistry(
        "registry", ArtifactRegistryArgs(context=context, after=after), ResourceOptions(provider=google)
    )
    # Before the guard: while its functions are built, Google applies the node account's roles.
    account = NodeAccount(
        "node-account",
        context=context,
        images=registry.repository,
        after=after,
        opts=ResourceOptions(provider=google),
    )
    guard = _make_guard(context, google, budget, registry, after, sleep_cost=args.sleep_cost)
    _make_monitoring(args, context, google, budget, after)
    cluster, node_pools = _make_cluster(context, google, account, [*after, guard])
    provider = make_cluster_provider(context, cluster, after=[node_pools, budget])
    if args.settings.guard.mode != "off":
        # Last: the guard reads the cluster too. A failure fails `pulumi up`, and stops nothing else.
        GuardTested("guard-tested", guard.test, parent=None, after=[guard, node_pools])
    return Cloud(
        provider=provider,
        target=TargetCluster(
            images=registry.images,
            transformations=[place_pods(args.settings.nodes.on_demand_for), skip_deletion_wait],
            after=[make_storage_class(context, provider=provider), make_priority_class(provider=provider)],
            collects_metrics=args.settings.monitoring.enabled,
        ),
        guard=guard.output,
    )


def _make_guard(
    context: CloudContext,
    google: Google,
    budget: Budget,
    registry: ArtifactRegistry,
    after: Sequence[Resource],
    *,
    sleep_cost: str,
) -> Guard:
    """Create the guard, before the cluster that it stops."""
    inside = ResourceOptions(provider=google)
    guard = Guard(
        "guard",
        GuardArgs(
            context=context,
            topic=budget.topic,
            has_budget=budget.exists,
            images=registry.repository,
            sleep_cost=sleep_cost,
            after=after,
        ),
        inside,
    )
    then = [*after, guard]
    GuardEmail("guard-mail", context=context, channels=budget.channels, after=then, opts=inside)
    GuardAlerts(
        "guard-alerts",
        context=context,
        has_budget=budget.exists,
        channels=budget.channels,
        after=then,
        opts=inside,
    )
    return guard


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
    context: CloudContext, google: Google, account: NodeAccount, after: Sequence[Resource]
) -> tuple[GkeCluster, NodePools]:
    inside = ResourceOptions(provider=google)
    network = VpcNetwork("network", VpcNetworkArgs(context=context, after=after), inside)
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
    """Name of the stack that Pulumi runs, in lower case, as labels require.

    Raises SettingsError for a name that labels, or the name of the budget, cannot hold.
    """
    name = pulumi.get_stack().lower()
    if not _STACK.fullmatch(name):
        raise SettingsError(
            f"the stack's name {name!r} cannot be in Google's labels and names: use up to {_MOST_STACK} letters, "
            "digits, - and _ (pulumi stack rename NAME)"
        )
    return name
