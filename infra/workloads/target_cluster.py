"""What the pipeline is put on, where the program makes the cluster too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, Resource, ResourceTransformationArgs, ResourceTransformationResult

Transformation = Callable[[ResourceTransformationArgs], ResourceTransformationResult | None]


@dataclass(frozen=True, kw_only=True)
class TargetCluster:
    """What a cluster of the program's own has that another has not."""

    images: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Our images, where the program builds them."""
    transformations: Sequence[Transformation] = ()
    """What changes the pipeline's resources on their way to Pulumi."""
    after: Sequence[Resource] = ()
    """What the pipeline needs besides its provider."""


EXISTING_CLUSTER = TargetCluster()
"""A cluster that is there already."""
