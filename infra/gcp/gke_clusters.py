"""Query GKE whether a cluster still exists, before anything is done as if it did not."""

from dataclasses import dataclass
from typing import Any

from infra.gcp.google_api import ApiError, Google

_SERVICE = "container"


@dataclass(frozen=True, kw_only=True)
class ClusterName:
    """A cluster as GKE names it."""

    project: str
    location: str
    cluster: str

    def __str__(self) -> str:
        return f"{self.cluster} ({self.location}, project {self.project})"


def cluster_status(google: Google, name: ClusterName) -> str | None:
    """Return the cluster's status, such as RUNNING; None if it does not exist.

    It does not exist only if GKE lists its location's clusters without it: a 404 may come from something else, such as
    a proxy or a mistyped project. Raises ApiError if GKE does not list them, or not all.
    """
    listed = google.get(_SERVICE, f"v1/projects/{name.project}/locations/{name.location}/clusters")
    for cluster in _items(listed):
        if cluster.get("name") == name.cluster:
            return str(cluster.get("status", "STATUS_UNSPECIFIED"))
    if missing := listed.get("missingZones"):
        raise ApiError(f"GKE cannot list the clusters of {', '.join(missing)} at the moment; try again later")
    return None


def _items(listed: dict[str, Any]) -> list[dict[str, Any]]:
    return listed.get("clusters") or []
