"""The cluster's VPC network: a private subnetwork for nodes, pods and services, and a NAT for outgoing connections."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_gcp import compute

from infra.gcp.cloud_context import CloudContext

PODS = "pods"
SERVICES = "services"
ROUTER = "router"
"""Suffix of the router's name; the guard deletes it with its NAT after guard.deleteAfterDays."""
_NODES_CIDR = "10.64.0.0/22"
_PODS_CIDR = "10.68.0.0/16"
_SERVICES_CIDR = "10.65.0.0/20"


@dataclass(frozen=True, kw_only=True)
class VpcNetworkArgs:
    """`after` holds the budget."""

    context: CloudContext
    after: Sequence[Resource]


class VpcNetwork(ComponentResource):
    """The network. It has no firewall rule for incoming connections, unlike a project's default network."""

    network: Output[str]
    subnetwork: Output[str]

    def __init__(self, name: str, args: VpcNetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Network", name, None, opts)
        context, inside = args.context, ResourceOptions(parent=self, depends_on=args.after)
        network = compute.Network(
            "network",
            name=context.name("network"),
            project=context.project,
            description=context.title,
            auto_create_subnetworks=False,
            opts=inside,
        )
        subnetwork = compute.Subnetwork(
            "nodes",
            name=context.name("nodes"),
            project=context.project,
            region=context.region,
            network=network.id,
            ip_cidr_range=_NODES_CIDR,
            secondary_ip_ranges=[
                compute.SubnetworkSecondaryIpRangeArgs(range_name=PODS, ip_cidr_range=_PODS_CIDR),
                compute.SubnetworkSecondaryIpRangeArgs(range_name=SERVICES, ip_cidr_range=_SERVICES_CIDR),
            ],
            # Google's services, such as the image registry, are reached without the NAT and its price.
            private_ip_google_access=True,
            opts=inside,
        )
        self._make_nat(context, network, subnetwork, inside)
        self.network, self.subnetwork = network.id, subnetwork.id
        self.register_outputs({"network": self.network, "subnetwork": self.subnetwork})

    def _make_nat(
        self, context: CloudContext, network: compute.Network, subnetwork: compute.Subnetwork, inside: ResourceOptions
    ) -> None:
        router = compute.Router(
            "router",
            name=context.name(ROUTER),
            project=context.project,
            region=context.region,
            network=network.id,
            opts=inside,
        )
        compute.RouterNat(
            "nat",
            name=context.name("nat"),
            project=context.project,
            region=context.region,
            router=router.name,
            # Google allocates the addresses, and releases them with the NAT.
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                compute.RouterNatSubnetworkArgs(name=subnetwork.id, source_ip_ranges_to_nats=["ALL_IP_RANGES"])
            ],
            log_config=compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=inside,
        )
