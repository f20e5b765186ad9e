"""What the two stores have in common: one pod with a disk of its own, found by its name."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import CustomTimeouts, Resource, ResourceOptions
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import PersistentVolumeClaimArgsDict, PersistentVolumeClaimSpecArgsDict, Service

from infra.workloads.pod_template import Pod
from infra.workloads.workload_context import WorkloadContext, selector, selector_labels

DATA_VOLUME = "data"
_WAIT_MINUTES = 10


@dataclass(frozen=True, kw_only=True)
class StatefulStore:
    """A StatefulSet of one pod and the Service in front of it, both named as the pod is."""

    context: WorkloadContext
    pod: Pod
    port: int
    storage: str

    def make(self, *, parent: Resource, after: Sequence[Resource]) -> None:
        """Make both; goes on when the pod is ready."""
        name = self.pod.name
        metadata = self.context.metadata(name, self.pod.component)
        StatefulSet(
            name,
            metadata=metadata,
            spec={
                "service_name": name,
                "replicas": 1,
                "selector": selector(name),
                "template": self.pod.template(),
                "volume_claim_templates": [self._claim()],
                # The disk goes with the set, and nothing is left that costs money. There is no backup.
                "persistent_volume_claim_retention_policy": {"when_deleted": "Delete", "when_scaled": "Retain"},
            },
            opts=ResourceOptions(
                parent=parent,
                depends_on=after,
                # A set whose claims differ would be made anew, and its disk deleted with the old one.
                ignore_changes=["spec.volumeClaimTemplates"],
                custom_timeouts=CustomTimeouts(create=f"{_WAIT_MINUTES}m", update=f"{_WAIT_MINUTES}m"),
            ),
        )
        Service(
            name,
            metadata=metadata,
            spec={
                "type": "ClusterIP",
                "selector": selector_labels(name),
                "ports": [{"name": name, "port": self.port, "target_port": self.port}],
            },
            opts=ResourceOptions(parent=parent, depends_on=after),
        )

    def _claim(self) -> PersistentVolumeClaimArgsDict:
        spec: PersistentVolumeClaimSpecArgsDict = {
            "access_modes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": self.storage}},
        }
        if self.context.storage_class:
            spec["storage_class_name"] = self.context.storage_class
        return {"metadata": {"name": DATA_VOLUME, "labels": selector_labels(self.pod.name)}, "spec": spec}
