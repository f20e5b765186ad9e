"""The target cluster: what the workloads need to know of one that the program itself has created."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, Resource, ResourceTransformationArgs, ResourceTransformationResult

Transformation = Callable[[ResourceTransformationArgs], ResourceTransformationResult | None]


@dataclass(frozen=True, kw_only=True)
class TargetCluster:
    """What the pipeline takes from a cluster that the program creates; empty for an existing one."""

    images: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Names of our images, where the program builds them."""
    transformations: Sequence[Transformation] = ()
    """Applied to each of the pipeline's resources before Pulumi registers it."""
    after: Sequence[Resource] = ()
    """Created before the pipeline, and deleted after it."""
    collects_metrics: bool = False
    """Whether the cluster's own collection scrapes the workers' metrics."""


DELETE_UNREACHABLE = False
"""The setting of Pulumi's Kubernetes provider, which is given so that PULUMI_K8S_DELETE_UNREACHABLE has no effect.

With it a destroy or a refresh removes what it cannot reach from the state, also after an expired login, while a Helm
release fails all the same. scripts/forget-cluster is for a cluster that is gone.
"""

EXISTING_CLUSTER = TargetCluster()
"""A cluster that the program did not create."""
