"""Rules: nodes are shielded, and none has to be a spot node, of which there may be none."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.policy.declared_resource import DeclaredResource, Unknown, get_property, reveal, walk

SECURE_BOOT = ("shieldedInstanceConfig", "enableSecureBoot")
NODE_TYPES = ("gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool")
"""Types with a nodeConfig; a cluster's is of the pool that it is created with."""
_SPOT_LABELS = {"sluice/capacity": "spot", "cloud.google.com/gke-spot": "true"}
"""Labels of spot nodes: ours, as in infra/gcp/node_pools.py, and Google's."""


def nodes_are_shielded(resource: DeclaredResource) -> Iterator[str]:
    """Every node has Secure Boot, which an organization may demand: GKE would refuse the cluster."""
    if resource.type in NODE_TYPES and get_property(resource, "nodeConfig", *SECURE_BOOT) in (None, False):
        yield f"{resource.display_name} has no nodeConfig.{'.'.join(SECURE_BOOT)}"


def no_spot_node_is_required(resource: DeclaredResource) -> Iterator[str]:
    """No pod needs a spot node, and no pool waits for one: there may be no spot machine to be had."""
    if resource.type.startswith("kubernetes:"):
        if any(_requires_spot(path, value) for path, value in walk(reveal(resource.props))):
            yield f"{resource.display_name} runs on spot nodes only: prefer them (preferredDuringScheduling…)"
    elif get_property(resource, "nodeConfig", "spot") is True and _has_nodes(resource):
        yield f"{resource.display_name} starts with spot nodes: set initialNodeCount 0, autoscaling adds them"


def _requires_spot(path: tuple[str, ...], value: Any) -> bool:
    if not path or not isinstance(value, Mapping):
        return False
    if path[-1] == "nodeSelector":
        return any(value.get(label) == spot for label, spot in _SPOT_LABELS.items())
    required = "requiredDuringSchedulingIgnoredDuringExecution" in path and "matchExpressions" in path
    spot = _SPOT_LABELS.get(value.get("key", ""))
    return required and spot is not None and value.get("operator") == "In" and value.get("values") == [spot]


def _has_nodes(pool: DeclaredResource) -> bool:
    counts = (get_property(pool, "initialNodeCount"), get_property(pool, "nodeCount"))
    # Without either, a pool starts with nodes by default.
    return any(count not in (None, 0, Unknown.UNTIL_CREATED) for count in counts) or counts == (None, None)
