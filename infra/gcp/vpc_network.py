"""The cluster's own network: nodes without addresses of their own, and a NAT by which they reach the web."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_gcp import compute

from infra.gcp.cloud_context import CloudContext

PODS = "pods"
SERVICES = "services"
_NODES_CIDR = "10.64.0.0/22"
_PODS_CIDR = "10.68.0.0/16"
_SERVICES_CIDR = "10.65.0.0/20"


@dataclass(frozen=True, kw_only=True)
class VpcNetworkArgs:
    """What the network needs first."""

    context: CloudContext
    after: Sequence[Resource]


class VpcNetwork(ComponentResource):
    """No rule lets anything in from outside: a network that is not the project's default has none."""

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
            # Google's own services, the image registry among them, are reached without the NAT and its price.
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
            name=context.name("router"),
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
            # Addresses that Google takes and gives back with the NAT: none is left behind.
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                compute.RouterNatSubnetworkArgs(name=subnetwork.id, source_ip_ranges_to_nats=["ALL_IP_RANGES"])
            ],
            log_config=compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=inside,
        )
