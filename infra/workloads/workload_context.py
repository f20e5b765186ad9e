"""Context shared by the workload components: namespace, images, profile; metadata and labels of their objects."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_kubernetes.meta.v1 import LabelSelectorArgsDict, ObjectMetaArgsDict

from infra.settings.container_images import Images
from infra.settings.profiles import Profile

PART_OF = "sluice"
"""Label app.kubernetes.io/part-of; also the name of the Kafka cluster and of Connect in k8s/."""
WAIT_UNTIL_READY = {"pulumi.com/waitFor": "condition=Ready"}
"""Annotation of Strimzi's resources except node pools: Pulumi waits for the condition Ready. A refused resource only
stays NotReady, so the wait needs a timeout."""


@dataclass(frozen=True, kw_only=True)
class WorkloadContext:
    """One deployment of the pipeline; `storage_class` None is the cluster's default."""

    namespace: str
    images: Images
    profile: Profile
    storage_class: str | None

    def metadata(
        self, name: str, component: str, *, annotations: Mapping[str, str] | None = None
    ) -> ObjectMetaArgsDict:
        """Metadata of an object in the namespace. Names are fixed, since other objects refer to them."""
        metadata: ObjectMetaArgsDict = {
            "name": name,
            "namespace": self.namespace,
            "labels": labels(name, component),
        }
        if annotations:
            metadata["annotations"] = dict(annotations)
        return metadata


def labels(name: str, component: str) -> dict[str, str]:
    """Labels of every object."""
    return {
        **selector_labels(name),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": PART_OF,
        "app.kubernetes.io/managed-by": "pulumi",
    }


def selector_labels(name: str) -> dict[str, str]:
    """Labels that select the pods of `name`. Kubernetes lets no existing controller change them."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": PART_OF}


def selector(name: str) -> LabelSelectorArgsDict:
    """Label selector of the pods of `name`."""
    return {"match_labels": selector_labels(name)}
