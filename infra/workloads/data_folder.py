"""A folder of the nodes as a volume: the pod security standard lets no pod name such a folder itself."""

from collections.abc import Sequence

from pulumi import Resource, ResourceOptions
from pulumi_kubernetes.core.v1 import PersistentVolume, PersistentVolumeClaim, VolumeArgsDict, VolumeMountArgsDict

from infra.settings.stack_settings import DATA
from infra.workloads.workload_context import WorkloadContext, labels

_NAME = "data-folder"
_COMPONENT = "load"
_SIZE = "1Gi"
"""Has to be said, and means nothing: the folder is as large as it is."""
VOLUME: VolumeArgsDict = {"name": _NAME, "persistent_volume_claim": {"claim_name": _NAME, "read_only": True}}
MOUNT: VolumeMountArgsDict = {"name": _NAME, "mount_path": DATA, "read_only": True}


def data_folder(
    path: str, *, context: WorkloadContext, parent: Resource, after: Sequence[Resource]
) -> PersistentVolumeClaim:
    """Make the volume of the nodes' folder `path` and the claim by which pods mount it."""
    volume_name = f"{context.namespace}-{_NAME}"  # a volume is in no namespace
    volume = PersistentVolume(
        _NAME,
        metadata={"name": volume_name, "labels": labels(_NAME, _COMPONENT)},
        spec={
            "capacity": {"storage": _SIZE},
            "access_modes": ["ReadOnlyMany"],
            # Whatever becomes of the claim, a person's files stay.
            "persistent_volume_reclaim_policy": "Retain",
            "storage_class_name": "",
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
            # The empty class is none: the volume is there already.
            "storage_class_name": "",
            "volume_name": volume_name,
            "resources": {"requests": {"storage": _SIZE}},
        },
        opts=ResourceOptions(parent=parent, depends_on=[*after, volume]),
    )
