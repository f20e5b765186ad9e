"""Arguments of every search: the project, the API client, the prices, and how a resource of the stack is recognized."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from infra.cost.price_table import Prices
from infra.gcp.cloud_context import STACK_LABEL, stack_title
from infra.gcp.google_api import Google

GIB = Decimal(1 << 30)
_CLUSTER_LABEL = "goog-k8s-cluster-name"
_VOLUME_LABEL = "goog-gke-volume"
_NAMESPACE = "kubernetes.io/created-for/pvc/namespace"
CLAIM = "kubernetes.io/created-for/pvc/name"
"""Key in a disk's description: the PersistentVolumeClaim that it was created for."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The stack whose resources are searched for: recognized by its label, its cluster's name, or a description."""

    stack: str
    cluster: str
    namespace: str

    @property
    def description(self) -> str:
        """Description that the program gives to resources without labels: all of the network's, part of the clock's."""
        return stack_title(self.stack)

    def owns(self, labels: Mapping[str, str]) -> bool:
        """Whether labels mark a resource as the stack's. The stack's label takes precedence over the cluster's name."""
        if STACK_LABEL in labels:
            return labels[STACK_LABEL] == self.stack
        return bool(self.cluster) and labels.get(_CLUSTER_LABEL) == self.cluster

    def may_own(self, disk: Mapping[str, Any]) -> bool:
        """Whether a disk was created for a claim in a namespace of this name, in a cluster that it does not name."""
        labels = disk.get("labels", {})
        if STACK_LABEL in labels or _CLUSTER_LABEL in labels or _VOLUME_LABEL not in labels:
            return False
        return claim_of(disk).get(_NAMESPACE) == self.namespace

    def without_cluster(self) -> "Owner":
        """Return an owner that is recognized by the stack's label only: another cluster has the cluster's name."""
        return replace(self, cluster="")


def claim_of(disk: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parse the description that Kubernetes gives to the disk of a claim; empty if it is none."""
    try:
        claim = json.loads(disk.get("description", ""))
    except (ValueError, TypeError, RecursionError):
        return {}
    return claim if isinstance(claim, dict) else {}


@dataclass(frozen=True, kw_only=True)
class SearchContext:
    """Arguments of one search through a project."""

    google: Google
    project: str
    owner: Owner
    prices: Prices
    region: str
    """The stack's region: its prices are taken for resources that are in none."""

    def monthly_cost(self, price: str, region: str, amount: Decimal) -> Decimal | None:
        """Return dollars per month for an amount; None if the table has no such price for the region.

        The free amount is not deducted: the billing account may have used it up elsewhere.
        """
        found = self.prices.get(price, region)
        return found.dollars_per_month * amount if found else None
