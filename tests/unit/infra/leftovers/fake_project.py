"""A fake project on Google Cloud that holds resources, some of them the stack's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.infra.fake_google_apis import Request

PROJECT = "my-lab-42"
OURS = {"sluice-stack": "gke"}
OTHERS = {"sluice-stack": "other", "goog-k8s-cluster-name": "sluice"}
CLAIM = (
    '{"kubernetes.io/created-for/pv/name":"pvc-1","kubernetes.io/created-for/pvc/name":"data-mysql-0",'
    '"kubernetes.io/created-for/pvc/namespace":"sluice"}'
)
_GONE = 404
_SLOW = ("artifactregistry", "cloudfunctions", "compute", "container")
"""Services that answer a DELETE with an operation."""
_AGGREGATED = ("instances", "disks", "addresses", "forwardingRules", "routers")
_NETWORKS = {"sluice-network": "Sluice, stack gke", "other-network": "Sluice, stack other", "default": "Default"}


def disk(name: str, labels: Mapping[str, str], **other: Any) -> dict[str, Any]:
    """Return a disk of 10 GiB as in the API."""
    kind = "https://compute/zones/us-central1-a/diskTypes/pd-balanced"
    return {"name": name, "sizeGb": "10", "type": kind, "labels": dict(labels), **other}


@dataclass
class Operation:
    """A removal that is running."""

    removes: str
    left: int
    """How many more times it is polled before it is done."""


@dataclass
class FakeProject:
    """Resources by collection and location. `refuses` maps "METHOD part-of-path" to the answer for such requests."""

    resources: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refuses: dict[str, tuple[int, Any]] = field(default_factory=dict)
    slow: int = 0
    """How many times a removal is polled before it is done."""
    places: dict[str, str] = field(default_factory=dict)
    """Scope of a collection, in place of the usual region or zone."""
    fails: dict[str, str] = field(default_factory=dict)
    """Name of a resource to the reason for which its removal fails after it has started."""
    removed: list[str] = field(default_factory=list)
    polled: list[str] = field(default_factory=list)
    """Operations that were polled."""
    _operations: dict[str, Operation] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)

    def answer(self, request: Request) -> tuple[int, Any]:
        """Answer a request to any of Google's APIs."""
        for words, answer in self.refuses.items():
            method, _, part = words.partition(" ")
            if request.method == method and part in request.path:
                if answer[0] == _GONE:
                    self._gone.add(request.path)
                return answer
        if request.method == "DELETE":
            return 200, self._removal(request.path)
        if "/operations/" in request.path:
            return self._operation(request.path)
        return 200, self._listed(request)

    def there(self, path: str) -> bool:
        """Whether a resource is listed: until its removal is done."""
        return path not in self._gone

    def _removal(self, path: str) -> Any:
        """Answer a DELETE as each service does: with one of two kinds of operations, or nothing if it is done."""
        self.removed.append(path)
        service = path.split("/")[1]
        if service not in _SLOW:
            self._gone.add(path)
            return {}
        name = f"operation-{len(self._operations)}"
        version, _, rest = path.removeprefix(f"/{service}/").partition("/")
        if service in ("compute", "container"):
            parent = path.rsplit("/", 2)[0]
            answer = {"name": name, "status": "RUNNING"}
        else:
            parent = f"/{service}/{version}/{rest.rsplit('/', 2)[0]}"
            answer = {"name": f"{rest.rsplit('/', 2)[0]}/operations/{name}"}
        self._operations[f"{parent}/operations/{name}"] = Operation(removes=path, left=self.slow)
        return answer

    def _operation(self, path: str) -> tuple[int, Any]:
        self.polled.append(path)
        operation = self._operations.get(path)
        if operation is None:
            return 404, {"error": {"message": f"no operation {path}"}}
        if operation.left:
            operation.left -= 1
            return 200, {"name": path, "status": "RUNNING"}
        why = self.fails.get(operation.removes.rpartition("/")[2])
        if why is None:
            self._gone.add(operation.removes)
        several = path.startswith("/compute/")
        error = {"errors": [{"message": why}]} if several else {"message": why}
        return 200, {"name": path, "status": "DONE", "done": True, **({"error": error} if why else {})}

    def _listed(self, request: Request) -> Any:  # noqa: C901, PLR0911 - one for each kind of list
        parts = request.path.strip("/").split("/")
        last = parts[-1]
        if parts[0] == "compute" and "aggregated" in parts:
            return self._aggregated(last, request.parameters.get("pageToken"))
        if parts[-2] == "networks":
            return {"name": last, "description": _NETWORKS[last]}
        if parts[0] == "compute":
            return {"items": self._of(last, f"/compute/compute/v1/projects/{PROJECT}/global/{last}")}
        if last == "locations":
            return {"locations": [{"locationId": "us-central1"}, {"locationId": "europe-west1"}]}
        if last == "repositories":
            return {"repositories": self._named(f"repositories {parts[-2]}", "/artifactregistry/v1")}
        if last == "clusters":
            found = self._of("clusters", f"/container/v1/projects/{PROJECT}/locations/us-central1-a/clusters")
            return {"clusters": found}
        if last == "jobs":
            return {"jobs": self._named(f"jobs {parts[-2]}", "/cloudscheduler/v1")}
        if last == "functions":
            return {"functions": self._named("functions", "/cloudfunctions/v2")}
        if last == "alertPolicies":
            return {"alertPolicies": self._named("alerts", "/monitoring/v3")}
        if last == "b":
            return {"items": self._of("b", "/storage/storage/v1/b")}
        if last == "o":
            return {"items": self._of(f"o {parts[-2]}", f"{request.path}")}
        assert parts[0] == "logging", request.path
        return {"buckets": self._named("buckets", "/logging/v2")}

    def _aggregated(self, collection: str, token: str | None) -> Any:
        """Answer an aggregated list; its first page is of a zone without resources."""
        assert collection in _AGGREGATED
        if token is None:
            nothing = {"warning": {"code": "NO_RESULTS_ON_PAGE"}}
            return {"items": {"zones/asia-east1-a": nothing}, "nextPageToken": "2"}
        regional = collection in ("addresses", "forwardingRules", "routers")
        scope = self.places.get(collection, "regions/us-central1" if regional else "zones/us-central1-a")
        path = f"/compute/compute/v1/projects/{PROJECT}/{scope}/{collection}"
        return {"items": {scope: {collection: self._of(collection, path)}}}

    def _of(self, collection: str, path: str) -> list[dict[str, Any]]:
        return [thing for thing in self.resources.get(collection, []) if self.there(f"{path}/{thing['name']}")]

    def _named(self, collection: str, base: str) -> list[dict[str, Any]]:
        return [thing for thing in self.resources.get(collection, []) if self.there(f"{base}/{thing['name']}")]


def full_project() -> FakeProject:
    """Return a project with one leftover of each kind, and next to each a resource that is not the stack's."""
    location = f"projects/{PROJECT}/locations"
    cluster = {"name": "sluice", "location": "us-central1-a", "status": "RUNNING", "currentNodeCount": 2}
    machine = "https://compute/machineTypes/e2-standard-2"
    return FakeProject(
        resources={
            "clusters": [{**cluster, "resourceLabels": OURS}, {**cluster, "name": "else", "resourceLabels": OTHERS}],
            "instances": [
                {
                    "name": "gke-sluice-spot-1",
                    "machineType": machine,
                    "labels": {"goog-k8s-cluster-name": "sluice"},
                    "scheduling": {"provisioningModel": "SPOT"},
                },
                {"name": "web", "machineType": machine, "labels": {}},
            ],
            "disks": [
                disk("pvc-1", {"goog-k8s-cluster-name": "sluice", "goog-gke-volume": ""}, description=CLAIM),
                disk("pvc-2", OURS, users=["https://compute/instances/gke-sluice-spot-1"]),
                disk("pvc-3", OTHERS, description=CLAIM),
                disk("pvc-4", {"goog-k8s-cluster-name": "prod", "goog-gke-volume": ""}, description=CLAIM),
                disk("pvc-5", {"goog-gke-volume": ""}, description=CLAIM),
                disk("thesis", {}, description="not JSON"),
            ],
            "addresses": [
                {"name": "kept", "status": "RESERVED", "address": "203.0.113.9", "labels": OURS},
                {"name": "inside", "status": "IN_USE", "addressType": "INTERNAL", "labels": OURS},
                {"name": "web", "status": "RESERVED", "labels": OTHERS},
                # One that Google has taken for a NAT: nobody can label it.
                {"name": "nat-auto-ip-1", "status": "IN_USE", "purpose": "NAT_AUTO"},
            ],
            "forwardingRules": [{"name": "a1b2", "IPAddress": "203.0.113.8", "labels": OURS}, {"name": "web"}],
            "routers": [
                {"name": "sluice-router", "network": "https://compute/networks/sluice-network", "nats": [{}]},
                {"name": "plain", "network": "https://compute/networks/sluice-network"},
                {"name": "theirs", "network": "https://compute/networks/other-network", "nats": [{}]},
                {"name": "mine", "network": "https://compute/networks/default", "nats": [{}]},
            ],
            "jobs us-central1": [
                {
                    "name": f"{location}/us-central1/jobs/{name}-guard-clock",
                    "description": f"Asks the guard of {whose}, …",
                }
                for name, whose in (("sluice", "Sluice, stack gke"), ("two", "Sluice, stack gke2"), ("x", "another"))
            ]
            + [{"name": f"{location}/us-central1/jobs/backup", "description": "of Sluice, stack gke, by hand"}],
            "functions": [
                {"name": f"{location}/us-central1/functions/sluice-on-clock", "labels": OURS},
                {"name": f"{location}/us-central1/functions/hello"},
            ],
            "alerts": [
                {"name": f"projects/{PROJECT}/alertPolicies/7", "displayName": "sluice: Lag", "userLabels": OURS},
                {"name": f"projects/{PROJECT}/alertPolicies/8", "displayName": "mine"},
            ],
            "snapshots": [
                {"name": "before", "storageBytes": str(4 << 30), "labels": OURS, "storageLocations": ["us-central1"]},
                {"name": "wide", "storageBytes": str(4 << 30), "labels": OURS, "storageLocations": ["us"]},
                {"name": "backup"},
            ],
            "images": [{"name": "golden", "archiveSizeBytes": str(1 << 30), "labels": OURS}, {"name": "base"}],
            "repositories us-central1": [
                {
                    "name": f"{location}/us-central1/repositories/sluice-images",
                    "sizeBytes": str(3 << 30),
                    "labels": OURS,
                },
                {"name": f"{location}/us-central1/repositories/gcf-artifacts"},
            ],
            "b": [
                {"name": "sluice-guard", "location": "US-CENTRAL1", "labels": OURS},
                {"name": "photos", "location": "US", "labels": {}},
            ],
            "o sluice-guard": [{"name": "a/b c.zip", "size": str(2 << 30), "generation": "7"}],
            "buckets": [
                {"name": f"{location}/global/buckets/_Default", "description": "Default"},
                {"name": f"{location}/global/buckets/sluice", "description": "Sluice, sluice-stack=gke"},
                {"name": f"{location}/global/buckets/other", "description": "sluice-stack=gke2"},
                {
                    "name": f"{location}/global/buckets/gone",
                    "description": "sluice-stack=gke",
                    "lifecycleState": "DELETE_REQUESTED",
                },
                {
                    "name": f"{location}/global/buckets/years",
                    "description": "sluice-stack=gke",
                    "retentionDays": 365,
                },
            ],
        }
    )
