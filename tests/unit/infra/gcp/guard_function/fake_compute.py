"""A fake Compute Engine with disks, a router and its network, and a bucket: they refuse what Google refuses."""

import re
from dataclasses import dataclass, field
from typing import Any

BUCKET = "lab-sluice-guard"
ROUTER = "projects/lab/regions/us-central1/routers/sluice-router"
NETWORK = "https://www.googleapis.com/compute/v1/projects/lab/global/networks/sluice-network"
STATE = f"/storage/v1/b/{BUCKET}/o/state%2Fsleep.json"
OURS = {"sluice-name": "sluice", "sluice-stack": "gke"}
_CREATED = "2026-11-22T00:10:00.000-08:00"


class RefusalError(Exception):
    """A response with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class FakeDisk:
    name: str
    labels: dict[str, str] = field(default_factory=lambda: dict(OURS))
    scope: str = "zones/us-central1-a"
    users: list[str] = field(default_factory=list[str])
    created: str = _CREATED


@dataclass
class FakeRouter:
    created: str = _CREATED
    description: str = "Sluice, stack gke"
    """Of its network."""


@dataclass
class FakeCompute:
    """The disks of two claims, another stack's, and a NAT's router."""

    disks: list[FakeDisk] = field(
        default_factory=lambda: [
            FakeDisk("pvc-mysql"),
            FakeDisk("pvc-kafka", users=["projects/lab/zones/us-central1-a/instances/gke-node"]),
            FakeDisk("pvc-other-stack", labels={"sluice-name": "other", "sluice-stack": "gke"}),
            FakeDisk("pvc-same-name", labels={"sluice-name": "sluice", "sluice-stack": "production"}),
            FakeDisk("pvc-no-label", labels={}),
            FakeDisk("by-hand"),
        ]
    )
    router: FakeRouter | None = field(default_factory=FakeRouter)
    state: Any = None
    unreachable: list[str] = field(default_factory=list[str])
    page_size: int = 2
    deleted: list[str] = field(default_factory=list[str])

    def names(self) -> list[str]:
        return [disk.name for disk in self.disks]

    def detach(self) -> None:
        for disk in self.disks:
            disk.users = []

    def answer(self, method: str, path: str, query: str, body: dict[str, Any]) -> Any:
        """The response to a request; None if it is for something else. Raises RefusalError."""
        if path.startswith(("/storage/", "/upload/storage/")):
            return self._bucket(method, path, query, body)
        if path == f"/compute/v1/{ROUTER}":
            return self._router(method)
        if path == NETWORK.partition("googleapis.com")[2] and self.router:
            return {"name": "sluice-network", "description": self.router.description}
        if path == "/compute/v1/projects/lab/aggregated/disks":
            return self._page(int(query.partition("pageToken=")[2] or 0))
        if found := re.fullmatch(r"/compute/v1/projects/lab/((?:zones|regions)/[\w-]+)/disks/([\w-]+)", path):
            return self._delete_disk(method, found[1], found[2])
        return None

    def _bucket(self, method: str, path: str, query: str, body: dict[str, Any]) -> Any:
        if method == "POST" and (path, query) == (
            f"/upload/storage/v1/b/{BUCKET}/o",
            "uploadType=media&name=state%2Fsleep.json",
        ):
            self.state = body
            return {"name": "state/sleep.json"}
        if method == "GET" and (path, query) == (STATE, "alt=media") and self.state is not None:
            return self.state
        # A missing object too: the account may not list the bucket.
        raise RefusalError(403, "does not have storage.objects.get access to the Google Cloud Storage object.")

    def _router(self, method: str) -> Any:
        if self.router is None:
            raise RefusalError(404, "The resource 'sluice-router' was not found")
        if method == "DELETE":
            self.router = None
            self.deleted.append("router")
            return {"name": "operation-1", "status": "PENDING"}
        return {
            "name": "sluice-router",
            "network": NETWORK,
            "creationTimestamp": self.router.created,
            "nats": [{"name": "sluice-nat"}],
        }

    def _page(self, start: int) -> Any:
        items: dict[str, Any] = {"zones/us-east1-b": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}
        for disk in self.disks[start : start + self.page_size]:
            entry = {
                "name": disk.name,
                "labels": disk.labels,
                "creationTimestamp": disk.created,
                **({"users": disk.users} if disk.users else {}),
            }
            items.setdefault(disk.scope, {"disks": []})["disks"].append(entry)
        following = start + self.page_size
        return {
            "items": items,
            **({"nextPageToken": str(following)} if following < len(self.disks) else {}),
            **({"unreachables": self.unreachable} if self.unreachable else {}),
        }

    def _delete_disk(self, method: str, scope: str, name: str) -> Any:
        assert method == "DELETE"
        found = [disk for disk in self.disks if (disk.scope, disk.name) == (scope, name)]
        # The condition of the grant: infra/gcp/guard_deletion.py.
        if not name.startswith("pvc-"):
            raise RefusalError(
                403, f"Required 'compute.disks.delete' permission for 'projects/lab/{scope}/disks/{name}'"
            )
        if not found:
            raise RefusalError(404, f"The resource '{name}' was not found")
        if found[0].users:
            raise RefusalError(400, f"The disk resource '{name}' is already being used by '{found[0].users[0]}'")
        self.disks.remove(found[0])
        self.deleted.append(name)
        return {"name": "operation-2", "status": "PENDING"}
