"""Which pods run on nodes that are not taken back: those that nodes.onDemandFor names. The others go to spot nodes.

Only this cloud has two kinds of nodes, so the pipeline knows nothing of them: what it makes is changed on its way to
Pulumi.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any

from pulumi import Output, ResourceTransformationArgs, ResourceTransformationResult

from infra.gcp.node_pools import CAPACITY, SPOT, STEADY
from infra.workloads.k8s_manifests import Object, merged
from infra.workloads.target_cluster import Transformation

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


def place_pods(on_demand_for: Set[str], *, has_spot: bool) -> Transformation:
    """What `ResourceOptions.transformations` takes."""

    def capacity(part: str) -> str:
        return STEADY if part in on_demand_for or not has_spot else SPOT

    def place(args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
        changed = placed(args.type_, args.name, args.props, capacity)
        return None if changed is None else ResourceTransformationResult(changed, args.opts)

    return place


def placed(type_: str, name: str, props: Mapping[str, Any], capacity: Callable[[str], str]) -> Object | None:
    """The properties of a resource with its pods placed; None for what has no pods."""
    if type_ in _WORKLOADS:
        where = {"template": {"spec": {"node_selector": {CAPACITY: capacity(_JOBS.get(name, name))}}}}
        return {**props, "spec": _with(props["spec"], where)}
    if type_ == _CHART:
        return {**props, "values": _with(props["values"], {"nodeSelector": {CAPACITY: capacity("operator")}})}
    if type_.startswith(_STRIMZI):
        return _strimzi(type_.removeprefix(_STRIMZI), props, capacity)
    return None


def _strimzi(kind: str, props: Mapping[str, Any], capacity: Callable[[str], str]) -> Object | None:
    """Strimzi's pods have affinities and no selectors."""
    if kind == "KafkaNodePool":
        return {**props, "spec": _with(props["spec"], _pod(capacity("kafka")))}
    if kind == "KafkaConnect":
        return {**props, "spec": _with(props["spec"], _pod(capacity("connect")))}
    if kind == "Kafka":
        return {**props, "spec": _with(props["spec"], {"entityOperator": _pod(capacity("operator"))})}
    return None


def _pod(value: str) -> Object:
    term = {"matchExpressions": [{"key": CAPACITY, "operator": "In", "values": [value]}]}
    needed = {"nodeSelectorTerms": [term]}
    return {
        "template": {"pod": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": needed}}}}
    }


def _with(spec: Any, changes: Object) -> Any:
    """An image's digest may be in it, which nobody knows yet."""
    if isinstance(spec, Output):
        return spec.apply(lambda known: merged(known, changes))
    return merged(spec, changes)
