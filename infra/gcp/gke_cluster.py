"""The GKE cluster without nodes (infra/gcp/node_pools.py); it costs its management fee only."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceOptions
from pulumi_gcp import container

from infra.gcp import vpc_network
from infra.gcp.cloud_context import CloudContext
from infra.gcp.node_hardening import HARDENED
from infra.settings.gcp_settings import GkeClusterSettings

_MINUTES = 45
_MAINTENANCE = "03:00"


@dataclass(frozen=True, kw_only=True)
class GkeClusterArgs:
    """`after` holds the budget."""

    context: CloudContext
    network: vpc_network.VpcNetwork
    node_account: Output[str]
    after: Sequence[Resource]


class GkeCluster(ComponentResource):
    """The cluster and how to connect to its API server."""

    cluster: container.Cluster
    server: Output[str]
    """URL of the API server."""
    ca_certificate: Output[str | None]
    """base64 of PEM; None where a public authority has signed the API server's certificate (its DNS name)."""

    def __init__(self, name: str, args: GkeClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:gcp:Cluster", name, None, opts)
        self.cluster = container.Cluster(
            "cluster",
            _arguments(args),
            ResourceOptions(
                parent=self,
                depends_on=args.after,
                # GKE alone would refuse after all that is in the cluster has been deleted.
                protect=args.context.settings.cluster.deletion_protection,
                # Those of the default pool, which is removed as soon as the cluster exists.
                ignore_changes=["nodeConfig", "initialNodeCount"],
                custom_timeouts=CustomTimeouts(create=f"{_MINUTES}m", update=f"{_MINUTES}m", delete=f"{_MINUTES}m"),
            ),
        )
        self.server, self.ca_certificate = _api_server(self.cluster, args.context.settings.cluster)
        self.register_outputs({"server": self.server})


def _arguments(args: GkeClusterArgs) -> container.ClusterArgs:
    context, settings = args.context, args.context.settings.cluster
    return container.ClusterArgs(
        name=settings.name,
        project=context.project,
        location=context.location,
        description=context.title,
        resource_labels=context.labels,
        deletion_protection=settings.deletion_protection,
        release_channel=container.ClusterReleaseChannelArgs(channel=settings.release_channel),
        maintenance_policy=container.ClusterMaintenancePolicyArgs(
            daily_maintenance_window=container.ClusterMaintenancePolicyDailyMaintenanceWindowArgs(
                start_time=_MAINTENANCE
            )
        ),
        remove_default_node_pool=True,
        initial_node_count=1,
        node_config=container.ClusterNodeConfigArgs(
            service_account=args.node_account,
            disk_type="pd-balanced",
            disk_size_gb=20,
            resource_labels=context.labels,
            **HARDENED,
        ),
        network=args.network.network,
        subnetwork=args.network.subnetwork,
        networking_mode="VPC_NATIVE",
        ip_allocation_policy=container.ClusterIpAllocationPolicyArgs(
            cluster_secondary_range_name=vpc_network.PODS, services_secondary_range_name=vpc_network.SERVICES
        ),
        # Dataplane V2, which enforces the pipeline's network policies.
        datapath_provider="ADVANCED_DATAPATH",
        private_cluster_config=container.ClusterPrivateClusterConfigArgs(enable_private_nodes=True),
        control_plane_endpoints_config=_endpoints(settings),
        master_authorized_networks_config=_allowed(settings),
        enable_shielded_nodes=True,
        workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(
            workload_pool=f"{context.project}.svc.id.goog"
        ),
        database_encryption=_encryption(settings),
        enable_legacy_abac=False,
        # Nothing is bound to every user, with a login or without.
        rbac_binding_config=container.ClusterRbacBindingConfigArgs(
            enable_insecure_binding_system_authenticated=False, enable_insecure_binding_system_unauthenticated=False
        ),
        master_auth=container.ClusterMasterAuthArgs(
            client_certificate_config=container.ClusterMasterAuthClientCertificateConfigArgs(
                issue_client_certificate=False
            )
        ),
        addons_config=container.ClusterAddonsConfigArgs(
            # Nothing is reachable from outside, so nothing may create a load balancer.
            http_load_balancing=container.ClusterAddonsConfigHttpLoadBalancingArgs(disabled=True),
            gce_persistent_disk_csi_driver_config=container.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs(
                enabled=True
            ),
        ),
        # Logs and metrics of the system; infra/gcp/prometheus_scrape.py adds the pipeline's metrics.
        logging_config=container.ClusterLoggingConfigArgs(enable_components=["SYSTEM_COMPONENTS", "WORKLOADS"]),
        monitoring_config=container.ClusterMonitoringConfigArgs(
            enable_components=["SYSTEM_COMPONENTS"],
            managed_prometheus=container.ClusterMonitoringConfigManagedPrometheusArgs(
                enabled=context.settings.monitoring.enabled
            ),
        ),
        cost_management_config=container.ClusterCostManagementConfigArgs(enabled=True),
    )


def _endpoints(settings: GkeClusterSettings) -> container.ClusterControlPlaneEndpointsConfigArgs:
    """The control plane's DNS name, guarded by IAM; or its IP address, for control_plane_cidrs only."""
    by_address = bool(settings.control_plane_cidrs)
    return container.ClusterControlPlaneEndpointsConfigArgs(
        dns_endpoint_config=container.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(
            allow_external_traffic=not by_address
        ),
        ip_endpoints_config=container.ClusterControlPlaneEndpointsConfigIpEndpointsConfigArgs(enabled=by_address),
    )


def _allowed(settings: GkeClusterSettings) -> container.ClusterMasterAuthorizedNetworksConfigArgs | None:
    if not settings.control_plane_cidrs:
        return None
    return container.ClusterMasterAuthorizedNetworksConfigArgs(
        cidr_blocks=[
            container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block=cidr)
            for cidr in settings.control_plane_cidrs
        ],
        gcp_public_cidrs_access_enabled=False,
    )


def _encryption(settings: GkeClusterSettings) -> container.ClusterDatabaseEncryptionArgs | None:
    if settings.secrets_key is None:
        return None
    return container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=settings.secrets_key)


def _api_server(cluster: container.Cluster, settings: GkeClusterSettings) -> tuple[Output[str], Output[str | None]]:
    if settings.control_plane_cidrs:
        server = cluster.endpoint.apply(lambda address: f"https://{address}")
        # The CA certificate is no secret, though other fields of masterAuth are.
        return server, Output.unsecret(cluster.master_auth.apply(lambda auth: auth.cluster_ca_certificate))
    server = cluster.control_plane_endpoints_config.apply(
        lambda config: f"https://{config.dns_endpoint_config.endpoint if config.dns_endpoint_config else ''}"
    )
    return server, Output.from_input(None)
