"""Waits until all disks of a GKE cluster are deleted, before the cluster is.

The cluster deletes a disk some time after its claim. A cluster that is deleted meanwhile leaves the disk behind, which
goes on costing. Kubernetes keeps the PersistentVolume until its disk is deleted.
"""

import json
import ssl
import time
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from infra.gcp.google_session import system_tls_context

DISKS = "pd.csi.storage.gke.io"
_GKE = "https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{cluster}"
_SECONDS = 30
_NOT_FOUND = 404

Volume = Mapping[str, Any]
"""A PersistentVolume as JSON of the Kubernetes API."""


class VolumesLeftError(Exception):
    """Disks remain, or cannot be listed; the cluster is not deleted."""


class ClusterGoneError(Exception):
    """The cluster does not exist any more, so there is nothing to wait for."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """The API server of a cluster, and GKE's API, which tells whether the cluster still exists."""

    server: str
    authority: str | None
    """CA certificate, base64 of PEM; None where a public authority has signed the server's certificate."""
    cluster: str
    """URL of the cluster in GKE's API."""
    project: str
    token: Callable[[], str]

    def volumes(self) -> Sequence[Volume]:
        """List the PersistentVolumes; raises ClusterGoneError, or OSError or ValueError where that fails."""
        try:
            return self._get(f"{self.server}/api/v1/persistentvolumes", self._context())["items"]
        except OSError as error:
            if not self._exists():
                raise ClusterGoneError from error
            raise

    def _exists(self) -> bool:
        try:
            # A user's credentials need a project that the call counts for.
            self._get(self.cluster, system_tls_context(), {"X-Goog-User-Project": self.project})
        except HTTPError as error:
            if error.code == _NOT_FOUND:
                return False
            raise
        return True

    def _context(self) -> ssl.SSLContext:
        if self.authority is None:
            return system_tls_context()
        return ssl.create_default_context(cadata=b64decode(self.authority).decode())

    def _get(self, url: str, context: ssl.SSLContext, headers: Mapping[str, str] | None = None) -> Any:
        login = {"Authorization": f"Bearer {self.token()}"}
        request = Request(url, headers={**login, **(headers or {})})  # noqa: S310 always https
        with urlopen(request, timeout=_SECONDS, context=context) as answer:  # noqa: S310 always https
            return json.load(answer)


def gke_url(*, project: str, location: str, cluster: str) -> str:
    """URL of a cluster in GKE's API."""
    return _GKE.format(project=project, location=location, cluster=cluster)


def wait_for_disk_deletion(
    list_volumes: Callable[[], Sequence[Volume]],
    *,
    seconds: float,
    pause: float = 5,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Poll every `pause` seconds until the cluster has no disks, or does not exist any more.

    Raises VolumesLeftError after `seconds`, or at once for a disk with the reclaim policy Retain.
    """
    end = clock() + seconds
    while True:
        try:
            remaining, problem = [volume for volume in list_volumes() if _driver(volume) == DISKS], None
        except ClusterGoneError:
            return
        except (URLError, OSError, ValueError) as error:
            remaining, problem = [], error
        if not remaining and problem is None:
            return
        if retained := [
            volume for volume in remaining if volume["spec"].get("persistentVolumeReclaimPolicy") == "Retain"
        ]:
            raise VolumesLeftError(
                f"these disks have the reclaim policy Retain, and would outlive the cluster: {_describe(retained)}"
            )
        if clock() >= end:
            raise VolumesLeftError(_timeout_message(remaining, problem, seconds))
        sleep(pause)


def _timeout_message(remaining: Sequence[Volume], problem: Exception | None, seconds: float) -> str:
    if problem is not None:
        return (
            f"the disks of the cluster cannot be listed ({problem}). Check the login and the connection, "
            "then try again: pulumi destroy"
        )
    return (
        f"after {seconds:.0f} s these disks are still there: {_describe(remaining)}. Delete what claims them "
        "(kubectl get pvc --all-namespaces), then try again: pulumi destroy"
    )


def _driver(volume: Volume) -> str | None:
    return (volume["spec"].get("csi") or {}).get("driver")


def _describe(volumes: Sequence[Volume]) -> str:
    return ", ".join(_describe_disk(volume) for volume in volumes)


def _describe_disk(volume: Volume) -> str:
    claim = volume["spec"].get("claimRef") or {}
    disk = volume["spec"]["csi"].get("volumeHandle", "").rpartition("/")[2]
    return f"{volume['metadata']['name']} (disk {disk}, claim {claim.get('namespace')}/{claim.get('name')})"
