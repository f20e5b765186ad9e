"""Waiting until no disk of the cluster is left, before the cluster goes that alone can delete them.

A disk is deleted some time after its claim, by the cluster. A cluster that is deleted meanwhile leaves the disk, which
is then paid for by nobody's program. Kubernetes keeps the PersistentVolume until its disk is gone.
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

from infra.gcp.google_session import system_context

DISKS = "pd.csi.storage.gke.io"
_GKE = "https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{cluster}"
_SECONDS = 30
_NOT_FOUND = 404

Volume = Mapping[str, Any]
"""A PersistentVolume as the API server has it."""


class VolumesLeftError(Exception):
    """Disks are left, or nobody can tell; the cluster is not deleted."""


class ClusterGoneError(Exception):
    """There is no such cluster any more, and so nothing that could be waited for."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """The cluster's API, and that of GKE, which knows whether there still is a cluster."""

    server: str
    authority: str | None
    """base64 of PEM; None for a certificate that everybody trusts."""
    cluster: str
    """GKE's URL of the cluster."""
    project: str
    token: Callable[[], str]

    def volumes(self) -> Sequence[Volume]:
        """Every PersistentVolume; raises ClusterGoneError, or OSError or ValueError where it cannot be asked."""
        try:
            return self._get(f"{self.server}/api/v1/persistentvolumes", self._context())["items"]
        except OSError as error:
            if not self._exists():
                raise ClusterGoneError from error
            raise

    def _exists(self) -> bool:
        try:
            # A person's credentials ask in the name of a project.
            self._get(self.cluster, system_context(), {"X-Goog-User-Project": self.project})
        except HTTPError as error:
            if error.code == _NOT_FOUND:
                return False
            raise
        return True

    def _context(self) -> ssl.SSLContext:
        if self.authority is None:
            return system_context()
        return ssl.create_default_context(cadata=b64decode(self.authority).decode())

    def _get(self, url: str, context: ssl.SSLContext, headers: Mapping[str, str] | None = None) -> Any:
        login = {"Authorization": f"Bearer {self.token()}"}
        request = Request(url, headers={**login, **(headers or {})})  # noqa: S310 always https
        with urlopen(request, timeout=_SECONDS, context=context) as answer:  # noqa: S310 always https
            return json.load(answer)


def gke_url(*, project: str, location: str, cluster: str) -> str:
    """Where GKE's API tells of a cluster."""
    return _GKE.format(project=project, location=location, cluster=cluster)


def wait_for_disk_deletion(
    list_volumes: Callable[[], Sequence[Volume]],
    *,
    seconds: float,
    pause: float = 5,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return once the cluster has no disk any more, or is gone.

    Raises VolumesLeftError after `seconds`, or at once for a disk that is meant to stay.
    """
    end = clock() + seconds
    while True:
        try:
            left, problem = [volume for volume in list_volumes() if _driver(volume) == DISKS], None
        except ClusterGoneError:
            return
        except (URLError, OSError, ValueError) as error:
            left, problem = [], error
        if not left and problem is None:
            return
        if kept := [volume for volume in left if volume["spec"].get("persistentVolumeReclaimPolicy") == "Retain"]:
            raise VolumesLeftError(f"these disks are to be kept, so the cluster would leave them: {_told(kept)}")
        if clock() >= end:
            raise VolumesLeftError(_late(left, problem, seconds))
        sleep(pause)


def _late(left: Sequence[Volume], problem: Exception | None, seconds: float) -> str:
    if problem is not None:
        return (
            f"the cluster cannot be asked for its disks ({problem}). Are you logged in, and may you reach it? "
            "Try again: pulumi destroy"
        )
    return (
        f"after {seconds:.0f} s these disks are still there: {_told(left)}. Delete what claims them (kubectl get pvc "
        "--all-namespaces), then try again: pulumi destroy"
    )


def _driver(volume: Volume) -> str | None:
    return (volume["spec"].get("csi") or {}).get("driver")


def _told(volumes: Sequence[Volume]) -> str:
    return ", ".join(_one(volume) for volume in volumes)


def _one(volume: Volume) -> str:
    claim = volume["spec"].get("claimRef") or {}
    disk = volume["spec"]["csi"].get("volumeHandle", "").rpartition("/")[2]
    return f"{volume['metadata']['name']} (disk {disk}, claim {claim.get('namespace')}/{claim.get('name')})"
