"""The cluster without its nodes. While nothing runs on it, its fee is all that it costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceOptions
from pulumi_gcp import container

from infra.gcp import vpc_network
from infra.gcp.cloud_context import CloudContext
from infra.settings.gcp_settings import GkeClusterSettings

_MINUTES = 45
_MAINTENANCE = "03:00"


@dataclass(frozen=True, kw_only=True)
class GkeClusterArgs:
    """What the cluster needs first: `after` holds the budget."""

    context: CloudContext
    network: vpc_network.VpcNetwork
    node_account: Output[str]
    after: Sequence[Resource]


class GkeCluster(ComponentResource):
    """The control plane."""

    cluster: container.Cluster
    server: Output[str]
    """Where the API server is, as a URL."""
    authority: Output[str | None]
    """Its certificate's authority, base64 of PEM; None where it has a certificate that everybody trusts."""

    def __init__(self, name: str, args: GkeClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Cluster", name, None, opts)
        self.cluster = container.Cluster(
            "cluster",
            _arguments(args),
            ResourceOptions(
                parent=self,
                depends_on=args.after,
                # Of the pool that goes as soon as the cluster is there.
                ignore_changes=["nodeConfig", "initialNodeCount"],
                custom_timeouts=CustomTimeouts(create=f"{_MINUTES}m", update=f"{_MINUTES}m", delete=f"{_MINUTES}m"),
            ),
        )
        self.server, self.authority = _way_in(self.cluster, args.context.settings.cluster)
        self.register_outputs({"server": self.server})


def _arguments(args: GkeClusterArgs) -> container.ClusterArgs:
    context, place = args.context, args.context.settings.cluster
    return container.ClusterArgs(
        name=place.name,
        project=context.project,
        location=context.location,
        description=context.title,
        resource_labels=context.labels,
        deletion_protection=place.deletion_protection,
        release_channel=container.ClusterReleaseChannelArgs(channel=place.release_channel),
        maintenance_policy=container.ClusterMaintenancePolicyArgs(
            daily_maintenance_window=container.ClusterMaintenancePolicyDailyMaintenanceWindowArgs(
                start_time=_MAINTENANCE
            )
        ),
        remove_default_node_pool=True,
        initial_node_count=1,
        node_config=container.ClusterNodeConfigArgs(
            service_account=args.node_account, disk_type="pd-balanced", disk_size_gb=20, resource_labels=context.labels
        ),
        network=args.network.network,
        subnetwork=args.network.subnetwork,
        networking_mode="VPC_NATIVE",
        ip_allocation_policy=container.ClusterIpAllocationPolicyArgs(
            cluster_secondary_range_name=vpc_network.PODS, services_secondary_range_name=vpc_network.SERVICES
        ),
        # Dataplane V2: it enforces the pipeline's network policies.
        datapath_provider="ADVANCED_DATAPATH",
        private_cluster_config=container.ClusterPrivateClusterConfigArgs(enable_private_nodes=True),
        control_plane_endpoints_config=_endpoints(place),
        master_authorized_networks_config=_allowed(place),
        enable_shielded_nodes=True,
        workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(
            workload_pool=f"{context.project}.svc.id.goog"
        ),
        database_encryption=_encryption(place),
        enable_legacy_abac=False,
        master_auth=container.ClusterMasterAuthArgs(
            client_certificate_config=container.ClusterMasterAuthClientCertificateConfigArgs(
                issue_client_certificate=False
            )
        ),
        addons_config=container.ClusterAddonsConfigArgs(
            # Nothing here is to be reached from outside, so nothing may make a load balancer.
            http_load_balancing=container.ClusterAddonsConfigHttpLoadBalancingArgs(disabled=True),
            gce_persistent_disk_csi_driver_config=container.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs(
                enabled=True
            ),
        ),
        # What the system itself says; the pipeline's own metrics are scraped by infra/gcp/prometheus_scrape.py.
        logging_config=container.ClusterLoggingConfigArgs(enable_components=["SYSTEM_COMPONENTS", "WORKLOADS"]),
        monitoring_config=container.ClusterMonitoringConfigArgs(
            enable_components=["SYSTEM_COMPONENTS"],
            managed_prometheus=container.ClusterMonitoringConfigManagedPrometheusArgs(
                enabled=context.settings.monitoring.enabled
            ),
        ),
        cost_management_config=container.ClusterCostManagementConfigArgs(enabled=True),
    )


def _endpoints(place: GkeClusterSettings) -> container.ClusterControlPlaneEndpointsConfigArgs:
    """By its DNS name, which only those reach whom IAM lets; or by its address, from the addresses that are named."""
    by_address = bool(place.control_plane_cidrs)
    return container.ClusterControlPlaneEndpointsConfigArgs(
        dns_endpoint_config=container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
            allow_external_traffic=not by_address
        ),
        ip_endpoints_config=container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=by_address),
    )


def _allowed(place: GkeClusterSettings) -> container.ClusterMasterAuthorizedNetworksConfigArgs | None:
    if not place.control_plane_cidrs:
        return None
    return container.ClusterMasterAuthorizedNetworksConfigArgs(
        cidr_blocks=[
            container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block=cidr)
            for cidr in place.control_plane_cidrs
        ],
        gcp_public_cidrs_access_enabled=False,
    )


def _encryption(place: GkeClusterSettings) -> container.ClusterDatabaseEncryptionArgs | None:
    if place.secrets_key is None:
        return None
    return container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=place.secrets_key)


def _way_in(cluster: container.Cluster, place: GkeClusterSettings) -> tuple[Output[str], Output[str | None]]:
    if place.control_plane_cidrs:
        server = cluster.endpoint.apply(lambda address: f"https://{address}")
        # A certificate of an authority is no secret, whatever else is in masterAuth.
        return server, Output.unsecret(cluster.master_auth.apply(lambda auth: auth.cluster_ca_certificate))
    server = cluster.control_plane_endpoints_config.apply(
        lambda config: f"https://{config.dns_endpoint_config.endpoint if config.dns_endpoint_config else ''}"
    )
    return server, Output.from_input(None)
