"""The storage class of the stores' disks."""

from pulumi import ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.storage.v1 import StorageClass

from infra.gcp.cloud_context import CloudContext, label_text
from infra.gcp.volumes import DISKS
from infra.workloads.workload_context import labels


def make_storage_class(context: CloudContext, *, provider: Provider) -> StorageClass:
    """Create the class. Its disks are deleted with their claims.

    They have the stack's labels, by which scripts/leftovers and the guard find them.
    """
    name = context.settings.cluster.name
    return StorageClass(
        "disks",
        metadata={"name": name, "labels": labels(name, "storage")},
        provisioner=DISKS,
        parameters={
            "type": "pd-balanced",
            "labels": label_text(context.labels),
        },
        reclaim_policy="Delete",
        # The disk is created in the zone of its pod's node.
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=ResourceOptions(provider=provider),
    )
