"""Strimzi's resources, made of the objects in k8s/."""

from collections.abc import Iterable, Sequence

from pulumi import CustomTimeouts, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from infra.workloads.k8s_manifests import Object
from infra.workloads.workload_context import WAIT_UNTIL_READY, WorkloadContext, labels


def make_strimzi_resource(
    entry: Object,
    *,
    context: WorkloadContext,
    component: str,
    parent: Resource,
    after: Sequence[Resource],
    wait_minutes: int | None,
) -> CustomResource:
    """Make an object of k8s/; goes on when Strimzi says Ready, or fails after `wait_minutes` with what it says.

    None does not wait: node pools have no such condition.
    """
    name = entry["metadata"]["name"]
    annotations = {**entry["metadata"].get("annotations", {}), **(WAIT_UNTIL_READY if wait_minutes else {})}
    time = f"{wait_minutes}m" if wait_minutes else None
    return CustomResource(
        f"{entry['kind'].lower()}-{name}",
        api_version=entry["apiVersion"],
        kind=entry["kind"],
        metadata={
            **context.metadata(name, component, annotations=annotations),
            "labels": {**entry["metadata"].get("labels", {}), **labels(name, component)},
        },
        spec=entry["spec"],
        opts=ResourceOptions(
            parent=parent,
            depends_on=after,
            custom_timeouts=CustomTimeouts(create=time, update=time),
        ),
    )


def make_strimzi_resources(
    entries: Iterable[Object],
    *,
    context: WorkloadContext,
    component: str,
    parent: Resource,
    after: Sequence[Resource],
    wait_minutes: int | None,
) -> list[CustomResource]:
    """Make several objects of k8s/."""
    return [
        make_strimzi_resource(
            entry, context=context, component=component, parent=parent, after=after, wait_minutes=wait_minutes
        )
        for entry in entries
    ]
