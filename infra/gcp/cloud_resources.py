"""The cluster with all that it stands on, in the order that is the point: nothing that costs before its budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import Resource, ResourceOptions
from pulumi_gcp import Provider as Google
from pulumi_kubernetes import Provider

from infra.gcp.artifact_registry import Registry, RegistryArgs
from infra.gcp.budget import Budget, BudgetArgs
from infra.gcp.cloud_context import CloudContext, provider_of
from infra.gcp.dashboard import dashboard
from infra.gcp.gke_cluster import Cluster, ClusterArgs
from infra.gcp.guard import Guard, GuardArgs
from infra.gcp.guard_email import GuardMail
from infra.gcp.kubeconfig import provider_of_cluster, storage_class
from infra.gcp.monitoring import Alerts, AlertsArgs
from infra.gcp.namespace_deletion import not_waited_for
from infra.gcp.node_pools import NodeAccount, NodePools, NodePoolsArgs
from infra.gcp.pod_placement import placement
from infra.gcp.project_services import Services, ServicesArgs
from infra.gcp.vpc_network import Network, NetworkArgs
from infra.settings.gcp_settings import GcpSettings
from infra.workloads.target_cluster import TargetCluster


@dataclass(frozen=True, kw_only=True)
class CloudArgs:
    """What is known before anything is made."""

    settings: GcpSettings
    stack: str
    namespace: str
    redis_maxmemory_mi: int
    has_rights: bool
    """Whether a budget can be made: infra/gcp/budget_rights.py has asked."""
    delete_unreachable: bool


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """What the pipeline is put on."""

    provider: Provider
    foundation: TargetCluster
    guard: Mapping[str, Any]


def make_cloud(args: CloudArgs) -> Cloud:
    """Make the cluster and all that belongs to it."""
    site = CloudContext(settings=args.settings, stack=args.stack)
    google = provider_of(site)
    services = Services("services", ServicesArgs(site=site), ResourceOptions(provider=google))
    budget = Budget(
        "budget",
        BudgetArgs(site=site, has_rights=args.has_rights, after=[services]),
        ResourceOptions(provider=google),
    )
    # From here on things cost.
    after = [services, budget]
    guard, registry = _make_guarded(site, google, budget, after)
    _make_watch(args, site, google, budget, after)
    cluster, pools = _make_cluster(site, google, registry, [*after, guard])
    on = provider_of_cluster(site, cluster, delete_unreachable=args.delete_unreachable, after=[pools, budget])
    nodes = args.settings.nodes
    return Cloud(
        provider=on,
        foundation=TargetCluster(
            images=registry.images,
            transformations=[placement(nodes.on_demand_for, has_spot=bool(nodes.spot_max)), not_waited_for],
            after=[storage_class(site, on=on)],
        ),
        guard=guard.told,
    )


def _make_guarded(
    site: CloudContext, google: Google, budget: Budget, after: Sequence[Resource]
) -> tuple[Guard, Registry]:
    """The guard is there before what it guards."""
    inside = ResourceOptions(provider=google)
    registry = Registry("registry", RegistryArgs(site=site, after=after), inside)
    guard = Guard("guard", GuardArgs(site=site, topic=budget.topic, images=registry.repository, after=after), inside)
    GuardMail("guard-mail", site=site, channels=budget.channels, after=[*after, guard], opts=inside)
    return guard, registry


def _make_watch(args: CloudArgs, site: CloudContext, google: Google, budget: Budget, after: Sequence[Resource]) -> None:
    if not site.settings.watch.enabled:
        return
    Alerts(
        "alerts",
        AlertsArgs(
            site=site,
            namespace=args.namespace,
            redis_maxmemory_mi=args.redis_maxmemory_mi,
            channels=budget.channels,
            after=after,
        ),
        ResourceOptions(provider=google),
    )
    dashboard(site, namespace=args.namespace, on=google, after=after)


def _make_cluster(
    site: CloudContext, google: Google, registry: Registry, after: Sequence[Resource]
) -> tuple[Cluster, NodePools]:
    inside = ResourceOptions(provider=google)
    network = Network("network", NetworkArgs(site=site, after=after), inside)
    account = NodeAccount("node-account", site=site, images=registry.repository, after=after, opts=inside)
    # Nodes without a NAT, or without rights, would come up and not become ready.
    needed = [*after, network, account]
    cluster = Cluster(
        "cluster", ClusterArgs(site=site, network=network, node_account=account.account.email, after=needed), inside
    )
    nodes = NodePools(
        "node-pools",
        NodePoolsArgs(site=site, cluster=cluster.cluster, account=account.account.email, after=[*needed, cluster]),
        inside,
    )
    return cluster, nodes


def stack_name() -> str:
    """The stack that runs, as a label's value may be."""
    return pulumi.get_stack().lower()
