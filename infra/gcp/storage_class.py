"""The storage class of the stores' disks."""

from pulumi import ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.storage.v1 import StorageClass

from infra.gcp.cloud_context import CloudContext
from infra.gcp.volumes import DISKS
from infra.workloads.workload_context import labels


def make_storage_class(context: CloudContext, *, provider: Provider) -> StorageClass:
    """Create the class: its disks have the stack's labels, for scripts/leftovers, and are deleted with their claims."""
    name = context.settings.cluster.name
    return StorageClass(
        "disks",
        metadata={"name": name, "labels": labels(name, "storage")},
        provisioner=DISKS,
        parameters={
            "type": "pd-balanced",
            "labels": ",".join(f"{key}={value}" for key, value in sorted(context.labels.items())),
        },
        reclaim_policy="Delete",
        # The disk is created in the zone of its pod's node.
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=ResourceOptions(provider=provider),
    )
