"""A folder of the nodes as a PersistentVolume: the restricted pod security standard forbids hostPath in pods."""

from collections.abc import Sequence

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import PersistentVolume, PersistentVolumeClaim, VolumeArgsDict, VolumeMountArgsDict

from infra.settings.stack_settings import DATA
from infra.workloads.workload_context import WorkloadContext, labels

_NAME = "data-folder"
_COMPONENT = "load"
_SIZE = "1Gi"
"""Required by Kubernetes, without effect on a folder."""
VOLUME: VolumeArgsDict = {"name": _NAME, "persistent_volume_claim": {"claim_name": _NAME, "read_only": True}}
MOUNT: VolumeMountArgsDict = {"name": _NAME, "mount_path": DATA, "read_only": True}


def data_folder(
    path: str, *, context: WorkloadContext, parent: Resource, after: Sequence[Resource]
) -> PersistentVolumeClaim:
    """Create the volume of the nodes' folder `path` and its claim; returns the claim, which pods mount."""
    volume_name = f"{context.namespace}-{_NAME}"  # volumes are not namespaced
    volume = PersistentVolume(
        _NAME,
        metadata={"name": volume_name, "labels": labels(_NAME, _COMPONENT)},
        spec={
            "capacity": {"storage": _SIZE},
            "access_modes": ["ReadOnlyMany"],
            # The user's files stay when the claim is deleted.
            "persistent_volume_reclaim_policy": "Retain",
            "host_path": {"path": path, "type": "Directory"},
            "claim_ref": {"namespace": context.namespace, "name": _NAME},
        },
        opts=ResourceOptions(parent=parent, depends_on=after),
    )
    return PersistentVolumeClaim(
        _NAME,
        metadata=context.metadata(_NAME, _COMPONENT),
        spec={
            "access_modes": ["ReadOnlyMany"],
            # An empty class: the volume exists already.
            "storage_class_name": "",
            "volume_name": volume_name,
            "resources": {"requests": {"storage": _SIZE}},
        },
        opts=ResourceOptions(parent=parent, depends_on=[*after, volume]),
    )
