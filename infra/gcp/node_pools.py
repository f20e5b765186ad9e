"""The nodes: a pool that may be taken back at any time, and a small one that may not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceOptions
from pulumi_gcp import artifactregistry, container, projects, serviceaccount

from infra.gcp.cloud_context import CloudContext
from infra.settings.gcp_settings import NodeSettings

CAPACITY = "sluice/capacity"
"""The nodes' label by which infra/gcp/pod_placement.py chooses."""
STEADY, SPOT = "steady", "spot"
_NODE_ROLE = "roles/container.defaultNodeServiceAccount"
"""To write logs and metrics, and nothing else."""
_MINUTES = 30


@dataclass(frozen=True, kw_only=True)
class NodePoolSpec:
    """A node pool; `low` and `high` are nodes of all its zones together."""

    name: str
    spot: bool
    low: int
    high: int
    location_policy: str

    @property
    def guard_output(self) -> Mapping[str, Any]:
        """As scripts/wake has to know it, in the words of GKE's API."""
        return {
            "nodes": 1,
            "autoscaling": {
                "totalMinNodeCount": self.low,
                "totalMaxNodeCount": self.high,
                "locationPolicy": self.location_policy,
            },
        }


def pool_specs(nodes: NodeSettings) -> list[NodePoolSpec]:
    """Every pool of these settings."""
    steady = NodePoolSpec(
        name=STEADY,
        spot=False,
        low=int(bool(nodes.on_demand_for)),
        high=nodes.on_demand_max,
        location_policy="BALANCED",
    )
    spot = NodePoolSpec(name=SPOT, spot=True, low=0, high=nodes.spot_max, location_policy="ANY")
    return [steady, spot] if nodes.spot_max else [steady]


class NodeAccount(ComponentResource):
    """Whom the nodes act as: it writes logs and metrics, and reads this stack's images."""

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
            "nodes-tell", project=context.project, role=_NODE_ROLE, member=self.account.member, opts=inside
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
    """What the nodes need first."""

    context: CloudContext
    cluster: container.Cluster
    account: Output[str]
    after: Sequence[Resource]


class NodePools(ComponentResource):
    """Every pool, scaling itself between its bounds."""

    def __init__(self, name: str, args: NodePoolsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:NodePools", name, None, opts)
        for pool in pool_specs(args.context.settings.nodes):
            container.NodePool(
                pool.name,
                name=pool.name,
                project=args.context.project,
                location=args.context.location,
                cluster=args.cluster.name,
                initial_node_count=1,
                autoscaling=container.NodePoolAutoscalingArgs(
                    total_min_node_count=pool.low,
                    total_max_node_count=pool.high,
                    location_policy=pool.location_policy,
                ),
                management=container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
                upgrade_settings=container.NodePoolUpgradeSettingsArgs(max_surge=1, max_unavailable=0),
                node_config=_node(args, pool),
                opts=ResourceOptions(
                    parent=self,
                    depends_on=args.after,
                    # The guard's resize changes it at Google; a pool made anew would be the answer here.
                    ignore_changes=["initialNodeCount"],
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
        image_type="COS_CONTAINERD",
        service_account=args.account,
        oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],  # what it may do, its roles say
        labels={CAPACITY: pool.name},
        resource_labels=args.context.labels,
        shielded_instance_config=container.NodePoolNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
        metadata={"disable-legacy-endpoints": "true"},
    )
