"""What every component is told: where it is made, of which images and how large; and how it is named there."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_kubernetes.meta.v1 import LabelSelectorArgsDict, ObjectMetaArgsDict

from infra.settings.container_images import Images
from infra.settings.profiles import Profile

PART_OF = "sluice"
"""Also the name that k8s/ gives to the Kafka cluster and to Connect."""
WAIT_UNTIL_READY = {"pulumi.com/waitFor": "condition=Ready"}
"""For Strimzi's resources but the node pools: go on when the operator says so. A refusal is NotReady, so the wait
needs a time of its own."""


@dataclass(frozen=True, kw_only=True)
class WorkloadContext:
    """One deployment of the pipeline."""

    namespace: str
    images: Images
    profile: Profile
    storage_class: str | None

    def metadata(
        self, name: str, component: str, *, annotations: Mapping[str, str] | None = None
    ) -> ObjectMetaArgsDict:
        """Metadata of an object in the namespace. Names are fixed: other objects refer to them."""
        metadata: ObjectMetaArgsDict = {
            "name": name,
            "namespace": self.namespace,
            "labels": labels(name, component),
        }
        if annotations:
            metadata["annotations"] = dict(annotations)
        return metadata


def labels(name: str, component: str) -> dict[str, str]:
    """The labels of everything made here."""
    return {
        **selector_labels(name),
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": PART_OF,
        "app.kubernetes.io/managed-by": "pulumi",
    }


def selector_labels(name: str) -> dict[str, str]:
    """The labels by which the pods of `name` are found. They may not change as long as its controller lives."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": PART_OF}


def selector(name: str) -> LabelSelectorArgsDict:
    """What finds the pods of `name`."""
    return {"match_labels": selector_labels(name)}
