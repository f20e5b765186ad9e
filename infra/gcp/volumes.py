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
from urllib.request import Request, urlopen

from infra.gcp.google_api import ApiError
from infra.gcp.google_session import system_tls_context
from producer.runtime.exit_status import SluiceError

DISKS = "pd.csi.storage.gke.io"
_SECONDS = 30

Volume = Mapping[str, Any]
"""A PersistentVolume as JSON of the Kubernetes API."""


class VolumesLeftError(SluiceError):
    """Disks remain, or cannot be listed; the cluster is not deleted."""


class ClusterGoneError(SluiceError):
    """The cluster does not exist any more."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """The API server of a cluster, and GKE, which tells whether the cluster still exists."""

    server: str
    authority: str | None
    """CA certificate, base64 of PEM; None where a public authority has signed the server's certificate."""
    token: Callable[[], str]
    exists: Callable[[], bool]
    """Query GKE; raises ApiError."""

    def volumes(self) -> Sequence[Volume]:
        """List the PersistentVolumes; raises ClusterGoneError, or ApiError, OSError or ValueError where that fails."""
        try:
            return self._list()
        except (OSError, ValueError) as error:
            if not self.exists():
                raise ClusterGoneError("the cluster does not exist any more") from error
            raise

    def _list(self) -> Sequence[Volume]:
        request = Request(  # noqa: S310 always https
            f"{self.server}/api/v1/persistentvolumes", headers={"Authorization": f"Bearer {self.token()}"}
        )
        with urlopen(request, timeout=_SECONDS, context=self._context()) as answer:  # noqa: S310 always https
            listed = json.load(answer)
        if "items" not in listed:
            raise ValueError("its API server answers with something other than a list")
        return listed["items"]

    def _context(self) -> ssl.SSLContext:
        if self.authority is None:
            return system_tls_context()
        return ssl.create_default_context(cadata=b64decode(self.authority).decode())


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
        except (ApiError, OSError, ValueError) as error:
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
