"""The Kubernetes provider of the GKE cluster."""

from collections.abc import Sequence

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes import Provider

from infra.gcp.claims import Claims, ClaimsArgs
from infra.gcp.cloud_context import CloudContext
from infra.gcp.gke_cluster import GkeCluster
from infra.gcp.kubeconfig import kubeconfig


def cluster_provider(
    context: CloudContext, cluster: GkeCluster, *, delete_unreachable: bool, after: Sequence[Resource]
) -> Provider:
    """The provider of everything on the cluster.

    What it makes is made after `after`, and gone, disks and all, before any of that goes.
    """
    claims = Claims(
        "claims",
        ClaimsArgs(
            server=cluster.server,
            authority=cluster.authority,
            project=context.project,
            location=context.location,
            cluster=cluster.cluster.name,
        ),
        parent=None,
        after=[cluster, *after],
    )
    return Provider(
        "cluster",
        kubeconfig=kubeconfig(context.settings.cluster.context, cluster.server, cluster.authority),
        # Another cluster of the same name is another cluster.
        cluster_identifier=cluster.server,
        delete_unreachable=delete_unreachable,
        opts=ResourceOptions(depends_on=[cluster, *after, claims]),
    )
