"""Node pools: a small on-demand pool, and a spot pool, whose nodes Google may take back at any time; their account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceOptions
from pulumi_gcp import artifactregistry, container, projects, serviceaccount

from infra.gcp.cloud_context import CloudContext
from infra.gcp.node_hardening import HARDENED
from infra.settings.gcp_settings import NodeSettings
from infra.workloads.former_names import formerly

CAPACITY = "sluice/capacity"
"""Label of the nodes, with the pool's name, that infra/gcp/pod_placement.py selects by."""
STEADY, SPOT = "steady", "spot"
_NODE_ROLE = "roles/container.defaultNodeServiceAccount"
"""Writes logs and metrics, nothing else."""
_MINUTES = 30


@dataclass(frozen=True, kw_only=True)
class NodePoolSpec:
    """A node pool; `low` and `high` limit its nodes in all zones together."""

    name: str
    spot: bool
    initial: int
    """Nodes of each zone when the pool is created, and when scripts/wake restores it."""
    low: int
    high: int
    surge: int
    """Nodes above `high` while GKE upgrades the pool; without any, a node is taken down before it is replaced."""
    location_policy: str

    @property
    def size_request(self) -> Mapping[str, Any]:
        """Node count and autoscaling that scripts/wake restores, as fields of GKE's API."""
        return {
            "nodes": self.initial,
            "autoscaling": {
                "totalMinNodeCount": self.low,
                "totalMaxNodeCount": self.high,
                "locationPolicy": self.location_policy,
            },
        }


def pool_specs(nodes: NodeSettings) -> list[NodePoolSpec]:
    """The node pools that the settings describe.

    The spot pool starts without nodes, and its upgrades add none: where no spot machine is to be had, GKE would wait
    for one, and `pulumi up` with it. The autoscaler adds nodes to either pool.
    """
    steady = NodePoolSpec(
        name=STEADY,
        spot=False,
        initial=1,
        low=int(bool(nodes.on_demand_for)),
        high=nodes.on_demand_max,
        surge=1,
        location_policy="BALANCED",
    )
    spot = NodePoolSpec(name=SPOT, spot=True, initial=0, low=0, high=nodes.spot_max, surge=0, location_policy="ANY")
    return [steady, spot] if nodes.spot_max else [steady]


class NodeAccount(ComponentResource):
    """The nodes' service account: writes logs and metrics, and pulls this stack's images."""

    account: serviceaccount.Account

    def __init__(
        self,
        name: str,
        *,
        context: CloudContext,
        images: artifactregistry.Repository,
        after: Sequence[Resource],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:gcp:NodeAccount", name, None, opts)
        inside = ResourceOptions(parent=self, depends_on=after)
        self.account = serviceaccount.Account(
            "nodes",
            account_id=context.name("nodes"),
            project=context.project,
            display_name=f"Nodes of {context.title}",
            opts=inside,
        )
        projects.IAMMember(
            "nodes-default-role",
            project=context.project,
            role=_NODE_ROLE,
            member=self.account.member,
            opts=formerly("nodes-tell", opts=inside),
        )
        artifactregistry.RepositoryIamMember(
            "nodes-read-images",
            project=context.project,
            location=images.location,
            repository=images.name,
            role="roles/artifactregistry.reader",
            member=self.account.member,
            opts=inside,
        )
        self.register_outputs({"email": self.account.email})


@dataclass(frozen=True, kw_only=True)
class NodePoolsArgs:
    """`account` is the e-mail of the nodes' service account; `after` is what the nodes depend on."""

    context: CloudContext
    cluster: container.Cluster
    account: Output[str]
    after: Sequence[Resource]


class NodePools(ComponentResource):
    """The node pools, each with autoscaling."""

    def __init__(self, name: str, args: NodePoolsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:NodePools", name, None, opts)
        for pool in pool_specs(args.context.settings.nodes):
            container.NodePool(
                pool.name,
                name=pool.name,
                project=args.context.project,
                location=args.context.location,
                cluster=args.cluster.name,
                initial_node_count=pool.initial,
                autoscaling=container.NodePoolAutoscalingArgs(
                    total_min_node_count=pool.low,
                    total_max_node_count=pool.high,
                    location_policy=pool.location_policy,
                ),
                management=container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
                upgrade_settings=container.NodePoolUpgradeSettingsArgs(
                    max_surge=pool.surge, max_unavailable=0 if pool.surge else 1
                ),
                node_config=_node(args, pool),
                opts=ResourceOptions(
                    parent=self,
                    depends_on=args.after,
                    # The guard's resize changes it at Google, which would replace the pool here.
                    ignore_changes=["initialNodeCount"],
                    # Its name is fixed. Changed metadata of the nodes replaces it, for one.
                    delete_before_replace=True,
                    custom_timeouts=CustomTimeouts(create=f"{_MINUTES}m", update=f"{_MINUTES}m", delete=f"{_MINUTES}m"),
                ),
            )
        self.register_outputs({})


def _node(args: NodePoolsArgs, pool: NodePoolSpec) -> container.NodePoolNodeConfigArgs:
    nodes = args.context.settings.nodes
    return container.NodePoolNodeConfigArgs(
        machine_type=nodes.machine_type,
        spot=pool.spot,
        disk_type="pd-balanced",
        disk_size_gb=nodes.disk_gb,
        service_account=args.account,
        labels={CAPACITY: pool.name},
        resource_labels=args.context.labels,
        **HARDENED,
    )
