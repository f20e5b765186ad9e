"""The storage class of the stores' disks."""

from pulumi import ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.storage.v1 import StorageClass

from infra.gcp.cloud_context import CloudContext
from infra.gcp.volumes import DISKS
from infra.workloads.workload_context import labels


def storage_class(context: CloudContext, *, on: Provider) -> StorageClass:
    """The class of the stores' disks: each carries the stack's label, so that a lost one is found, and goes with its
    claim.
    """
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
        # The zone of the node that the pod comes to, where there are several.
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=ResourceOptions(provider=on),
    )
