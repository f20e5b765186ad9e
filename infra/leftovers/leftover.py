"""One thing that is left, and how it is known whose it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from infra.gcp.cloud_context import STACK_LABEL, stack_title

_CLUSTER_LABEL = "goog-k8s-cluster-name"
_VOLUME_LABEL = "goog-gke-volume"
_NAMESPACE = "kubernetes.io/created-for/pvc/namespace"
CLAIM = "kubernetes.io/created-for/pvc/name"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """By what a stack's things are known."""

    stack: str
    cluster: str
    namespace: str

    @property
    def description(self) -> str:
        """What the program writes where there are no labels: of the network, and within other words of the clock."""
        return stack_title(self.stack)

    def on(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels say that it is the stack's. The stack's own label goes before the cluster's name."""
        if STACK_LABEL in labels:
            return labels[STACK_LABEL] == self.stack
        return bool(self.cluster) and labels.get(_CLUSTER_LABEL) == self.cluster

    def without_cluster(self) -> "Mark":
        """For a project where another cluster has that name: only the stack's label counts."""
        return replace(self, cluster="")

    def perhaps(self, disk: Mapping[str, Any]) -> bool:
        """A disk of a claim in a namespace of this name, which says nothing of the cluster it was made for."""
        labels = disk.get("labels", {})
        if STACK_LABEL in labels or _CLUSTER_LABEL in labels or _VOLUME_LABEL not in labels:
            return False
        return made_for(disk).get(_NAMESPACE) == self.namespace


def made_for(disk: Mapping[str, Any]) -> Mapping[str, Any]:
    """What Kubernetes writes into the description of a claim's disk."""
    try:
        found = json.loads(disk.get("description", ""))
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """One thing, where it is, and what it costs a month; None where that is not known."""

    name: str
    place: str
    detail: str
    cost: Decimal | None
    service: str
    path: str
    """Where its service removes it."""
    used_by: str = ""
    """What has it in use: it cannot be removed before that."""
    doubt: str = ""
    """Why it may be somebody else's, where that is so."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """All of a kind: what is the stack's, and what may be."""

    sure: tuple[Leftover, ...]
    doubtful: tuple[Leftover, ...] = ()


def dollars(items: tuple[Leftover, ...]) -> Decimal:
    """What those whose price is known cost together in a month."""
    return sum((item.cost for item in items if item.cost is not None), Decimal(0))


def cost(items: tuple[Leftover, ...]) -> str:
    """The same for a sentence; what is unknown is not taken for nothing."""
    unknown = sum(item.cost is None for item in items)
    if unknown == len(items):
        return "unknown"
    return f"${dollars(items):.2f}{f' and {unknown} unknown' if unknown else ''}"
