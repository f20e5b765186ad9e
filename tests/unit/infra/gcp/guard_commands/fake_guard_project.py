"""A fake project with the deployed guard: messages and calls of the clock run its code, whose log can be read.

It answers requests of infra/gcp/google_api.py. A filter of log entries that it does not know is an error.
"""

import io
import json
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.gcp.budget_errors import PUBLISHER
from infra.gcp.guard_function.sluice_guard.environment import GuardSettings
from infra.gcp.guard_function.sluice_guard.handlers import Guard
from tests.unit.infra.fake_google_apis import Request
from tests.unit.infra.gcp.guard_function.conftest import env_of
from tests.unit.infra.gcp.guard_function.fake_gke import JOB, FakeGoogle

TOPIC, ON_BUDGET, ON_CLOCK = "sluice-budget", "sluice-on-budget", "sluice-on-clock"
ACCOUNT = "sluice-guard@lab.iam.gserviceaccount.com"
BILLING = "01AB23-45CD67-89EF01"
MINE = {"sluice-stack": "gke"}
FINISHED = "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished"
SEVERITIES = ("None", "DEBUG", "INFO", "WARNING", "ERROR")
Entry = dict[str, Any]


@dataclass
class FakeGuardProject:
    """Parts of a guard that works; tests break one."""

    google: FakeGoogle
    settings: dict[str, str] = field(default_factory=dict[str, str])
    """More of the functions' environment."""
    has_trigger: bool = True
    may_invoke: bool = True
    """Whether the Scheduler's account may call on_clock."""
    grants_after: int = 0
    """Messages that are published before permissions and invoker roles hold."""
    published: list[Any] = field(default_factory=list[Any])
    runs: int = 0
    entries: list[Entry] = field(default_factory=list[Entry])
    refused: dict[str, tuple[int, Any]] = field(default_factory=dict[str, tuple[int, Any]])
    """Part of a path → status and error."""
    functions: dict[str, Any] = field(
        default_factory=lambda: {
            name: {"state": "ACTIVE", "serviceConfig": {"serviceAccountEmail": ACCOUNT}}
            for name in (ON_BUDGET, ON_CLOCK)
        }
    )
    alerts: list[Any] = field(
        default_factory=lambda: [
            {
                "name": f"projects/lab/alertPolicies/{number}",
                "displayName": f"sluice: {name}",
                "enabled": True,
                "notificationChannels": ["projects/lab/notificationChannels/1"],
            }
            for number, name in enumerate(("one", "two", "unrelated"))
        ]
    )
    channels: list[Any] = field(
        default_factory=lambda: [
            {"userLabels": MINE, "labels": {"email_address": "me@example.com"}, "enabled": True},
            {"labels": {"email_address": "other@example.com"}, "verificationStatus": "UNVERIFIED"},
        ]
    )
    budgets: list[Any] = field(
        default_factory=lambda: [
            {"displayName": "other"},
            {
                "displayName": "sluice-budget",
                "notificationsRule": {"pubsubTopic": f"projects/lab/topics/{TOPIC}"},
            },
        ]
    )
    publishers: list[str] = field(default_factory=lambda: [f"serviceAccount:{PUBLISHER}"])
    bindings: list[Any] = field(
        default_factory=lambda: [
            {
                "role": "projects/lab/roles/guard_delete",
                "members": [f"serviceAccount:{ACCOUNT}"],
                "condition": {"expression": "resource.name.endsWith('sluice')"},
            }
        ]
    )
    roles: dict[str, list[str]] = field(
        default_factory=lambda: {"projects/lab/roles/guard_delete": ["container.clusters.delete"]}
    )

    def answer(self, request: Request) -> tuple[int, Any]:
        """Answer one request."""
        for part, (status, error) in self.refused.items():
            if part in request.path:
                return status, {"error": {"code": status, "message": "refused", **error}}
        found = self._found(request)
        return (200, found) if found is not None else (404, {"error": {"code": 404, "message": "Not found"}})

    def _found(self, request: Request) -> Any:
        routes: dict[str, Callable[[], Any]] = {
            f"POST /pubsub/v1/projects/lab/topics/{TOPIC}:publish": lambda: self._publish(request.body),
            f"GET /pubsub/v1/projects/lab/topics/{TOPIC}:getIamPolicy": lambda: {
                "bindings": [{"role": "roles/pubsub.publisher", "members": self.publishers}]
            },
            f"GET /cloudscheduler/v1/{JOB}": lambda: self.google.job and {**self.google.job, "scheduleTime": "soon"},
            f"POST /cloudscheduler/v1/{JOB}:run": self.run_clock,
            "POST /logging/v2/entries:list": lambda: self._list(request.body),
            "GET /monitoring/v3/projects/lab/alertPolicies": lambda: {"alertPolicies": self.alerts},
            "GET /monitoring/v3/projects/lab/notificationChannels": lambda: {"notificationChannels": self.channels},
            f"GET /billingbudgets/v1/billingAccounts/{BILLING}/budgets": lambda: {"budgets": self.budgets},
            "POST /cloudresourcemanager/v3/projects/lab:getIamPolicy": lambda: {"bindings": self.bindings},
        }
        if route := routes.get(f"{request.method} {request.path}"):
            return route()
        place, _, name = request.path.rpartition("/")
        if place == "/cloudfunctions/v2/projects/lab/locations/us-central1/functions":
            return self.functions.get(name)
        role = request.path.removeprefix("/iam/v1/")
        return {"includedPermissions": self.roles[role]} if role in self.roles else None

    def _publish(self, body: Any) -> Any:
        (message,) = body["messages"]
        self.published.append(message)
        if self.has_trigger and len(self.published) > self.grants_after:
            self._run(ON_BUDGET, lambda guard: guard.on_budget({"message": message}))
        return {"messageIds": ["1"]}

    def run_clock(self, *, ago: timedelta = timedelta()) -> Any:
        """Call on_clock as the Scheduler does."""
        self.runs += 1
        status = 200 if self.may_invoke else 403
        if self.may_invoke:
            body = json.dumps(self.google.clock()).encode()
            self._run(ON_CLOCK, lambda guard: (guard.self_test.log_permissions(), guard.on_clock(body)), ago=ago)
        finished = {"jsonPayload": {"@type": FINISHED}, "httpRequest": {"status": status}}
        resource = {"type": "cloud_scheduler_job", "labels": {"job_id": JOB.rpartition("/")[2]}}
        self.entries.append({"timestamp": _stamp(ago), "resource": resource, **finished})
        return {}

    def _run(self, function: str, call: Callable[[Guard], object], *, ago: timedelta = timedelta()) -> None:
        out = io.StringIO()
        with redirect_stdout(out):
            call(Guard(settings=GuardSettings.parse(env_of(self.google, **self.settings))))
        resource = {"type": "cloud_run_revision", "labels": {"service_name": function}}
        for line in out.getvalue().splitlines():
            self.entries.append({"timestamp": _stamp(ago), "resource": resource, "jsonPayload": json.loads(line)})

    def _list(self, body: Any) -> Any:
        assert body["resourceNames"] == ["projects/lab"]
        assert body["orderBy"] == "timestamp desc"
        found = [entry for entry in self.entries if matches(entry, body["filter"])]
        found.sort(key=lambda entry: entry["timestamp"], reverse=True)
        return {"entries": found[: body["pageSize"]]} if found else {}


def _stamp(ago: timedelta) -> str:
    return f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%S.%fZ}"


def matches(entry: Entry, log_filter: str) -> bool:
    """Whether a filter of Cloud Logging selects an entry: comparisons joined by AND, as our programs write them."""
    return all(_compares(entry, clause) for clause in log_filter.split(" AND "))


def _compares(entry: Entry, clause: str) -> bool:
    if clause.startswith("NOT "):
        return not _compares(entry, clause.removeprefix("NOT "))
    found = re.fullmatch(r'([\w."@]+)(:\*|>=|=)(.*)', clause)
    assert found, f"a filter that this does not know: {clause}"
    value: Any = entry
    for name in found[1].split("."):
        value = value.get(name.strip('"')) if isinstance(value, dict) else None
    if found[2] == ":*":
        return value is not None
    if clause.startswith("severity>="):
        return SEVERITIES.index(str(value)) >= SEVERITIES.index(found[3])
    wanted = re.findall(r'"([^"]*)"', found[3])
    assert wanted, f"a filter that this does not know: {clause}"
    return value is not None and (value >= wanted[0] if found[2] == ">=" else value in wanted)
