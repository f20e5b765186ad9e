"""Transformation that places pods on node pools: those of nodes.onDemandFor on demand, the others preferably on spot.

Only GKE has two kinds of nodes, so infra/workloads/ knows nothing of them: a transformation adds the node affinity. It
is required where a part may not be interrupted, and else preferred: where no spot machine is to be had, the autoscaler
adds nodes to the other pool. It does not see a preference, but adds the cheapest node that fits, which is a spot node.

After scripts/wake all pods look for a node at once. So that none of the others takes the room of a part that has no
choice, such a part has a priority: the scheduler makes room for it, and the others go elsewhere.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any

from pulumi import Output, ResourceOptions, ResourceTransformationArgs, ResourceTransformationResult
from pulumi_kubernetes import Provider
from pulumi_kubernetes.scheduling.v1 import PriorityClass

from infra.gcp.node_pools import CAPACITY, SPOT, STEADY
from infra.workloads.k8s_manifests import Object, merged
from infra.workloads.target_cluster import Transformation
from infra.workloads.workload_context import PART_OF, labels

_JOBS = {"load": "jobs", "proof": "jobs"}
_WORKLOADS = {
    f"kubernetes:{group}:{kind}"
    for group, kind in (
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("batch/v1", "Job"),
    )
}
_CHART = "kubernetes:helm.sh/v3:Release"
_STRIMZI = "kubernetes:kafka.strimzi.io/v1:"
_WEIGHT = 100
"""Of a preference, 1 to 100."""
_PRIORITY_CLASS = f"{PART_OF}-{STEADY}"
_PRIORITY = 1000
"""Other pods have 0."""


def make_priority_class(*, provider: Provider) -> PriorityClass:
    """Create the priority of the parts that run only in the on-demand pool."""
    return PriorityClass(
        "priority",
        metadata={"name": _PRIORITY_CLASS, "labels": labels(_PRIORITY_CLASS, "placement")},
        value=_PRIORITY,
        description="Parts of Sluice that run only on nodes that are not interrupted",
        opts=ResourceOptions(provider=provider),
    )


def place_pods(on_demand_for: Set[str]) -> Transformation:
    """A Pulumi transformation that adds affinity and priority to every resource that has pods."""

    def placement(part: str) -> Object:
        if part in on_demand_for:
            return {"affinity": _required(STEADY), "priorityClassName": _PRIORITY_CLASS}
        return {"affinity": _preferred(SPOT)}

    def place(args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
        changed = place_properties(args.type_, args.name, args.props, placement)
        return None if changed is None else ResourceTransformationResult(changed, args.opts)

    return place


def place_properties(
    type_: str, name: str, props: Mapping[str, Any], placement: Callable[[str], Object]
) -> Object | None:
    """Properties of a resource with its pods placed; None for a resource without pods.

    `placement` takes a part, as nodes.onDemandFor names it, and returns fields of its pods.
    """
    if type_ in _WORKLOADS:
        part = _JOBS.get(name, name)
        return {**props, "spec": _merge(props["spec"], {"template": {"spec": placement(part)}})}
    if type_ == _CHART:
        return {**props, "values": _merge(props["values"], placement("operator"))}
    if type_.startswith(_STRIMZI):
        return _strimzi(type_.removeprefix(_STRIMZI), props, placement)
    return None


def _strimzi(kind: str, props: Mapping[str, Any], placement: Callable[[str], Object]) -> Object | None:
    def pods(part: str) -> Object:
        return {"template": {"pod": placement(part)}}

    if kind == "KafkaNodePool":
        return {**props, "spec": _merge(props["spec"], pods("kafka"))}
    if kind == "KafkaConnect":
        return {**props, "spec": _merge(props["spec"], pods("connect"))}
    if kind == "Kafka":
        return {**props, "spec": _merge(props["spec"], {"entityOperator": pods("operator")})}
    return None


def _required(pool: str) -> Object:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_nodes(pool)]}}}


def _preferred(pool: str) -> Object:
    preference = {"weight": _WEIGHT, "preference": _nodes(pool)}
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [preference]}}


def _nodes(pool: str) -> Object:
    return {"matchExpressions": [{"key": CAPACITY, "operator": "In", "values": [pool]}]}


def _merge(spec: Any, changes: Object) -> Any:
    """Merge changes into a specification, which is an Output where an image's digest is not known yet."""
    if isinstance(spec, Output):
        return spec.apply(lambda known: merged(known, changes))
    return merged(spec, changes)
