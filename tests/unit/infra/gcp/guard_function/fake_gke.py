"""A fake Google Cloud: a cluster, a Scheduler job, and what fake_compute.py has; fake_gke_server.py serves it."""

import base64
import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.unit.infra.gcp.guard_function.fake_alerts import FakeAlerts
from tests.unit.infra.gcp.guard_function.fake_compute import FakeCompute, RefusalError

JOB = "projects/lab/locations/us-central1/jobs/sluice-clock"
PERMISSIONS = {
    r"GET /v1/.*/clusters/\w+": "container.clusters.get",
    r"POST /v1/.*/nodePools/\w+:\w+": "container.clusters.update",
    r"GET /v1/.*/operations/.*": "container.operations.get",
    r"GET /compute/.*/instanceGroupManagers/.*": "compute.instanceGroupManagers.get",
    r"GET /v1/.*/jobs/.*": "cloudscheduler.jobs.get",
    r"PATCH /v1/.*/jobs/.*": "cloudscheduler.jobs.update",
    r"DELETE /v1/.*/clusters/\w+": "container.clusters.delete",
    r"GET /compute/.*/aggregated/disks": "compute.disks.list",
    r"DELETE /compute/.*/disks/.*": "compute.disks.delete",
    r"GET /compute/.*/routers/.*": "compute.routers.get",
    r"DELETE /compute/.*/routers/.*": "compute.routers.delete",
    r"GET /compute/.*/networks/.*": "compute.networks.get",
    r"GET /v3/projects/lab/alertPolicies": "monitoring.alertPolicies.list",
    r"GET /v3/projects/lab/notificationChannels/\w+": "monitoring.notificationChannels.get",
}
"""The permission that each request needs."""
BUSY = (
    400,
    {"code": 400, "message": "Cluster is running incompatible operation op-9.", "status": "FAILED_PRECONDITION"},
)


@dataclass
class FakePool:
    nodes: int
    """In each zone."""
    autoscaling: dict[str, Any] = field(default_factory=dict[str, Any])
    status: str = "RUNNING"


@dataclass
class Operation:
    pool: str
    method: str
    body: dict[str, Any]
    left: int
    """How often it says RUNNING before it is done."""


@dataclass
class FakeGoogle:
    """One cluster and one Scheduler job; `failures` come first: part of "METHOD path", status, error, times."""

    url: str = ""
    created: str = "2026-11-22T08:00:00+00:00"
    status: str = "RUNNING"
    there: bool = True
    labels: dict[str, str] = field(default_factory=lambda: {"sluice-name": "sluice", "sluice-stack": "gke"})
    compute: FakeCompute = field(default_factory=FakeCompute)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    location: str = "us-central1-a"
    zones: tuple[str, ...] = ("us-central1-a",)
    pools: dict[str, FakePool] = field(
        default_factory=lambda: {
            "steady": FakePool(nodes=1),
            "spot": FakePool(nodes=2, autoscaling={"enabled": True, "minNodeCount": 0, "maxNodeCount": 4}),
        }
    )
    slowness: int = 0
    """How often each operation says RUNNING."""
    serial: bool = True
    """Whether one operation makes the cluster refuse another."""
    job: dict[str, Any] | None = field(
        default_factory=lambda: {
            "name": JOB,
            "state": "ENABLED",
            "schedule": "*/15 * * * *",
            "httpTarget": {"uri": "https://clock", "httpMethod": "POST", "oidcToken": {"serviceAccountEmail": "x@y"}},
        }
    )
    missing: set[str] = field(default_factory=set[str])
    """Permissions that are not granted."""
    failures: list[list[Any]] = field(default_factory=list[list[Any]])
    operation_error: dict[str, Any] | None = None
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])
    asked: list[str] = field(default_factory=list[str])
    """What was asked for and not refused: "METHOD path body"."""
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    hold: threading.Event = field(default_factory=threading.Event)

    def fail(self, part: str, status: int, *, message: str = "no", state: str = "", times: int = 1000) -> None:
        self.failures.append([part, status, {"code": status, "message": message, "status": state}, times])

    def reset(self) -> None:
        """Be as at first, at the same address."""
        self.__dict__.update(FakeGoogle(url=self.url, hold=self.hold).__dict__)

    @property
    def changes(self) -> list[str]:
        """What was changed: "pool:method body"."""
        return [
            f"{line.split('/nodePools/')[1]}"
            for line in self.asked
            if line.startswith("POST") and "/nodePools/" in line
        ]

    def settle(self) -> None:
        """Let what is under way come to its end, as it does whether or not anybody asks."""
        for name, operation in self.operations.items():
            if operation.left > 0:
                operation.left = 0
                self._operation(name)

    def set_clock(self, body: object) -> None:
        assert self.job is not None
        self.job["httpTarget"]["body"] = base64.b64encode(json.dumps(body).encode()).decode()

    def clock(self) -> dict[str, Any]:
        assert self.job is not None
        return json.loads(base64.b64decode(self.job["httpTarget"].get("body", "e30=")))

    def answer(self, method: str, url: str, body: dict[str, Any]) -> tuple[int, Any]:
        path, _, query = url.partition("?")
        for failure in self.failures:
            if failure[0] in f"{method} {path}" and failure[3] > 0:
                failure[3] -= 1
                return failure[1], failure[2] if isinstance(failure[2], str) else {"error": failure[2]}
        if path == "/v3/projects/lab:testIamPermissions":
            return 200, self._granted(body["permissions"])
        if refused := self._refusal(method, path, query):
            return refused["code"], {"error": refused}
        self.asked.append(f"{method} {path} {json.dumps(body, sort_keys=True) if body else ''}".strip())
        try:
            found = self.compute.answer(method, path, query, body)
            found = self.alerts.answer(path, query) if found is None else found
            found = self._found(method, path, body) if found is None else found
        except RefusalError as refusal:
            return refusal.status, {"error": {"code": refusal.status, "message": str(refusal)}}
        return (200, found) if found is not None else (404, {"error": {"code": 404, "message": "Not found"}})

    def _refusal(self, method: str, path: str, query: str) -> dict[str, Any] | None:
        if (permission := self._needed(f"{method} {path}")) in self.missing:
            return {"code": 403, "message": f"Permission '{permission}' denied", "status": "PERMISSION_DENIED"}
        if method == "PATCH" and query != "updateMask=httpTarget.body":
            return {"code": 400, "message": f"Not what this test is about: {query}"}
        if method == "POST" and self.serial and any(operation.left > 0 for operation in self.operations.values()):
            return BUSY[1]
        if method == "DELETE" and self.status == "STOPPING" and "/clusters/" in path:
            return {"code": 400, "message": "Cluster is being deleted.", "status": "FAILED_PRECONDITION"}
        return None

    def _granted(self, permissions: list[str]) -> dict[str, Any]:
        """Answer as Google does: the field is left out where none is granted."""
        granted = [name for name in permissions if name not in self.missing]
        return {"permissions": granted} if granted else {}

    def _needed(self, request: str) -> str | None:
        return next((name for pattern, name in PERMISSIONS.items() if re.fullmatch(pattern, request)), None)

    def finish_deletion(self) -> None:
        """Let the deletion of the cluster come to its end. The disks of its claims stay, as at Google."""
        assert self.status == "STOPPING"
        self.there, self.status = False, "RUNNING"
        self.compute.detach()

    def _found(self, method: str, path: str, body: dict[str, Any]) -> Any:
        if self.job and path == f"/v1/{JOB}":
            self.job["httpTarget"] |= {
                name: text for name, text in body.get("httpTarget", {}).items() if name == "body"
            }
            return self.job
        return self._in_cluster(method, path, body) if self.there else None

    def _in_cluster(self, method: str, path: str, body: dict[str, Any]) -> Any:
        place = f"/v1/projects/lab/locations/{self.location}"
        if path == f"{place}/clusters/sluice":
            if method == "DELETE":
                self.status = "STOPPING"
                return {"name": "operation-delete", "status": "RUNNING"}
            return self._cluster()
        if change := re.fullmatch(rf"{place}/clusters/sluice/nodePools/(\w+):(\w+)", path):
            return self._begin(change[1], change[2], body)
        if path.startswith(f"{place}/operations/"):
            return self._operation(path.rpartition("/")[2])
        group = re.fullmatch(r"/compute/v1/projects/lab/zones/([\w-]+)/instanceGroupManagers/gke-(\w+)", path)
        if group and group[1] in self.zones:
            return {"targetSize": self.pools[group[2]].nodes}
        return None

    def _cluster(self) -> dict[str, Any]:
        group = "https://www.googleapis.com/compute/v1/projects/lab/zones/{}/instanceGroupManagers/gke-{}"
        return {
            "status": self.status,
            "createTime": self.created,
            "resourceLabels": self.labels,
            "nodePools": [
                {
                    "name": name,
                    "status": pool.status,
                    "instanceGroupUrls": [group.format(zone, name) for zone in self.zones],
                    **({"autoscaling": pool.autoscaling} if pool.autoscaling else {}),
                }
                for name, pool in self.pools.items()
            ],
        }

    def _begin(self, pool: str, method: str, body: dict[str, Any]) -> dict[str, Any] | None:
        if pool not in self.pools:
            return None
        name = f"operation-{len(self.operations)}"
        self.operations[name] = Operation(pool=pool, method=method, body=body, left=self.slowness)
        return self._operation(name)

    def _operation(self, name: str) -> dict[str, Any]:
        operation = self.operations[name]
        operation.left -= 1
        if operation.left >= 0:
            return {"name": name, "status": "RUNNING"}
        if self.operation_error:
            return {"name": name, "status": "DONE" if self.slowness else "RUNNING", "error": self.operation_error}
        pool = self.pools[operation.pool]
        if operation.method == "setSize":
            pool.nodes = operation.body["nodeCount"]
        elif operation.body["autoscaling"]["enabled"]:
            pool.autoscaling = operation.body["autoscaling"]
        else:  # as Google does: the limits are forgotten
            pool.autoscaling = {}
        return {"name": name, "status": "DONE"}
