"""Strimzi's resources, made of the objects in k8s/."""

from collections.abc import Iterable, Sequence

from pulumi import CustomTimeouts, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from infra.workloads.k8s_manifests import Object
from infra.workloads.workload_context import READY, WorkloadContext, labels


def custom(
    entry: Object,
    *,
    site: WorkloadContext,
    component: str,
    parent: Resource,
    after: Sequence[Resource],
    wait_minutes: int | None,
) -> CustomResource:
    """Make an object of k8s/; goes on when Strimzi says Ready, or fails after `wait_minutes` with what it says.

    None does not wait: node pools have no such condition.
    """
    name = entry["metadata"]["name"]
    annotations = {**entry["metadata"].get("annotations", {}), **(READY if wait_minutes else {})}
    time = f"{wait_minutes}m" if wait_minutes else None
    return CustomResource(
        f"{entry['kind'].lower()}-{name}",
        api_version=entry["apiVersion"],
        kind=entry["kind"],
        metadata={
            **site.metadata(name, component, annotations=annotations),
            "labels": {**entry["metadata"].get("labels", {}), **labels(name, component)},
        },
        spec=entry["spec"],
        opts=ResourceOptions(
            parent=parent,
            depends_on=after,
            custom_timeouts=CustomTimeouts(create=time, update=time),
        ),
    )


def customs(
    entries: Iterable[Object],
    *,
    site: WorkloadContext,
    component: str,
    parent: Resource,
    after: Sequence[Resource],
    wait_minutes: int | None,
) -> list[CustomResource]:
    """Make several objects of k8s/."""
    return [
        custom(entry, site=site, component=component, parent=parent, after=after, wait_minutes=wait_minutes)
        for entry in entries
    ]
