"""How the program and a person speak to the cluster, and the class of its disks."""

import json
from collections.abc import Sequence

from pulumi import Output, Resource, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.storage.v1 import StorageClass

from infra.gcp.claims import Claims, ClaimsArgs
from infra.gcp.cloud_context import CloudContext
from infra.gcp.gke_cluster import Cluster
from infra.gcp.volumes import DISKS
from infra.workloads.workload_context import labels

_PLUGIN = "gke-gcloud-auth-plugin"


def provider_of_cluster(
    site: CloudContext, cluster: Cluster, *, delete_unreachable: bool, after: Sequence[Resource]
) -> Provider:
    """The provider of everything on the cluster.

    What it makes is made after `after`, and gone, disks and all, before any of that goes.
    """
    claims = Claims(
        "claims",
        ClaimsArgs(
            server=cluster.server,
            authority=cluster.authority,
            project=site.project,
            location=site.location,
            cluster=cluster.cluster.name,
        ),
        parent=None,
        after=[cluster, *after],
    )
    return Provider(
        "cluster",
        kubeconfig=kubeconfig(site.settings.place.context, cluster.server, cluster.authority),
        # Another cluster of the same name is another cluster.
        cluster_identifier=cluster.server,
        delete_unreachable=delete_unreachable,
        opts=ResourceOptions(depends_on=[cluster, *after, claims]),
    )


def kubeconfig(context: str, server: Output[str], authority: Output[str | None]) -> Output[str]:
    """A kubeconfig without a secret in it: the plugin asks gcloud for a token each time."""
    return Output.all(server, authority).apply(lambda found: json.dumps(_kubeconfig(context, found[0], found[1])))


def _kubeconfig(context: str, server: str, authority: str | None) -> dict[str, object]:
    cluster = {"server": server, **({"certificate-authority-data": authority} if authority else {})}
    login = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": _PLUGIN,
        "provideClusterInfo": True,
        "interactiveMode": "Never",
        "installHint": f"gcloud components install {_PLUGIN}",
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "clusters": [{"name": context, "cluster": cluster}],
        "users": [{"name": context, "user": {"exec": login}}],
    }


def storage_class(site: CloudContext, *, on: Provider) -> StorageClass:
    """The class of the stores' disks: each carries the stack's label, so that a lost one is found, and goes with its
    claim.
    """
    name = site.settings.place.name
    return StorageClass(
        "disks",
        metadata={"name": name, "labels": labels(name, "storage")},
        provisioner=DISKS,
        parameters={
            "type": "pd-balanced",
            "labels": ",".join(f"{key}={value}" for key, value in sorted(site.labels.items())),
        },
        reclaim_policy="Delete",
        # The zone of the node that the pod comes to, where there are several.
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=ResourceOptions(provider=on),
    )
