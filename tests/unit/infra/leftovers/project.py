"""A project on Google Cloud with things in it, some of them the stack's, behind a stand-in for Google's APIs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.infra.cost.google import Asked

PROJECT = "my-lab-42"
OURS = {"sluice-stack": "gke"}
OTHERS = {"sluice-stack": "other", "goog-k8s-cluster-name": "sluice"}
CLAIM = (
    '{"kubernetes.io/created-for/pv/name":"pvc-1","kubernetes.io/created-for/pvc/name":"data-mysql-0",'
    '"kubernetes.io/created-for/pvc/namespace":"sluice"}'
)
_GONE = 404
_AGGREGATED = ("instances", "disks", "addresses", "forwardingRules", "routers")
_NETWORKS = {"sluice-network": "Sluice, stack gke", "other-network": "Sluice, stack other", "default": "Default"}


def disk(name: str, labels: Mapping[str, str], **other: Any) -> dict[str, Any]:
    """As the API has one of 10 GiB."""
    kind = "https://compute/zones/us-central1-a/diskTypes/pd-balanced"
    return {"name": name, "sizeGb": "10", "type": kind, "labels": dict(labels), **other}


@dataclass
class Project:
    """What is there, by collection and place. `refuses` is answered for every path that holds one of its words."""

    things: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refuses: dict[str, tuple[int, Any]] = field(default_factory=dict)
    slow: int = 0
    """How many more times a thing is listed after the order to remove it."""
    removed: list[str] = field(default_factory=list)
    _leaving: dict[str, int] = field(default_factory=dict)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """One call of any of Google's APIs."""
        for words, answer in self.refuses.items():
            method, _, part = words.partition(" ")
            if asked.method == method and part in asked.path:
                if answer[0] == _GONE:
                    self._leaving[asked.path] = 0
                return answer
        if asked.method == "DELETE":
            self.removed.append(asked.path)
            self._leaving[asked.path] = self.slow
            return 200, {}
        return 200, self._listed(asked)

    def there(self, path: str) -> bool:
        """Whether a thing is listed; one that is to be removed is so for some more times."""
        left = self._leaving.get(path)
        if left is None:
            return True
        self._leaving[path] = left - 1
        return left > 0

    def _listed(self, asked: Asked) -> Any:  # noqa: C901, PLR0911 - one for each kind of list
        parts = asked.path.strip("/").split("/")
        last = parts[-1]
        if parts[0] == "compute" and "aggregated" in parts:
            return self._aggregated(last, asked.parameters.get("pageToken"))
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
        if last == "functions":
            return {"functions": self._named("functions", "/cloudfunctions/v2")}
        if last == "alertPolicies":
            return {"alertPolicies": self._named("alerts", "/monitoring/v3")}
        if last == "b":
            return {"items": self._of("b", "/storage/storage/v1/b")}
        if last == "o":
            return {"items": self._of(f"o {parts[-2]}", f"{asked.path}")}
        assert parts[0] == "logging", asked.path
        return {"buckets": self._named("buckets", "/logging/v2")}

    def _aggregated(self, collection: str, token: str | None) -> Any:
        """The first page is of a place where nothing is."""
        assert collection in _AGGREGATED
        if token is None:
            nothing = {"warning": {"code": "NO_RESULTS_ON_PAGE"}}
            return {"items": {"zones/asia-east1-a": nothing}, "nextPageToken": "2"}
        scope = (
            "regions/us-central1"
            if collection in ("addresses", "forwardingRules", "routers")
            else "zones/us-central1-a"
        )
        path = f"/compute/compute/v1/projects/{PROJECT}/{scope}/{collection}"
        return {"items": {scope: {collection: self._of(collection, path)}}}

    def _of(self, collection: str, path: str) -> list[dict[str, Any]]:
        return [thing for thing in self.things.get(collection, []) if self.there(f"{path}/{thing['name']}")]

    def _named(self, collection: str, base: str) -> list[dict[str, Any]]:
        return [thing for thing in self.things.get(collection, []) if self.there(f"{base}/{thing['name']}")]


def full() -> Project:
    """One of everything that is the stack's, and beside each something that is not."""
    location = f"projects/{PROJECT}/locations"
    cluster = {"name": "sluice", "location": "us-central1-a", "status": "RUNNING", "currentNodeCount": 2}
    machine = "https://compute/machineTypes/e2-standard-2"
    return Project(
        things={
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
            ],
            "forwardingRules": [{"name": "a1b2", "IPAddress": "203.0.113.8", "labels": OURS}, {"name": "web"}],
            "routers": [
                {"name": "sluice-router", "network": "https://compute/networks/sluice-network", "nats": [{}]},
                {"name": "plain", "network": "https://compute/networks/sluice-network"},
                {"name": "theirs", "network": "https://compute/networks/other-network", "nats": [{}]},
                {"name": "mine", "network": "https://compute/networks/default", "nats": [{}]},
            ],
            "functions": [
                {"name": f"{location}/us-central1/functions/sluice-on-clock", "labels": OURS},
                {"name": f"{location}/us-central1/functions/hello"},
            ],
            "alerts": [
                {"name": f"projects/{PROJECT}/alertPolicies/7", "displayName": "sluice: Lag", "userLabels": OURS},
                {"name": f"projects/{PROJECT}/alertPolicies/8", "displayName": "mine"},
            ],
            "snapshots": [{"name": "before", "storageBytes": str(4 << 30), "labels": OURS}, {"name": "backup"}],
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
            ],
        }
    )
