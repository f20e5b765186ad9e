"""The Kubernetes provider of the GKE cluster."""

from collections.abc import Sequence

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes import Provider

from infra.gcp.claims import Claims, ClaimsArgs
from infra.gcp.cloud_context import CloudContext
from infra.gcp.gke_cluster import GkeCluster
from infra.gcp.kubeconfig import kubeconfig
from infra.workloads.target_cluster import DELETE_UNREACHABLE


def make_cluster_provider(context: CloudContext, cluster: GkeCluster, *, after: Sequence[Resource]) -> Provider:
    """The provider of every resource in the cluster.

    They are created after `after`, and deleted, with their disks, before any of it.
    """
    claims = Claims(
        "claims",
        ClaimsArgs(
            server=cluster.server,
            authority=cluster.ca_certificate,
            project=context.project,
            location=context.location,
            cluster=cluster.cluster.name,
        ),
        parent=None,
        after=[cluster, *after],
    )
    return Provider(
        "cluster",
        kubeconfig=kubeconfig(context.settings.cluster.context, cluster.server, cluster.ca_certificate),
        # The server identifies the cluster: one recreated under the same name is another one.
        cluster_identifier=cluster.server,
        delete_unreachable=DELETE_UNREACHABLE,
        opts=ResourceOptions(depends_on=[cluster, *after, claims]),
    )
