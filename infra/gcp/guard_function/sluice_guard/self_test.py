"""Test of what the guard could do, which changes nothing: asked for by a message, and part of every call of the clock.

Only the functions run as the guard's service account, so nobody else can ask which permissions it has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from .budget_message import UnreadableError
from .clock import SchedulerJob
from .environment import GuardSettings
from .gke import Cluster, Gke
from .google_requests import ApiClient, ApiError
from .log import Event, log_event

TEST_ATTRIBUTE = "sluiceTest"
"""Attribute of a Pub/Sub message on the budget's topic that asks for a test; its value is in the answer."""
TEST_FIELD = "test"
"""Field of jsonPayload with that value."""
GRANTED_FIELD, MISSING_FIELD = "granted", "missing"
"""Fields of jsonPayload: the permissions that are there, and those that are not; none if they could not be tested."""
PROBLEMS_FIELD = "problems"
"""Field of jsonPayload: sentences that say what the guard cannot do."""
FOUND_FIELD = "found"
"""Field of jsonPayload: a sentence on what the guard would stop, and when."""
DUE_FIELD = "due"
"""Field of jsonPayload: whether the time of the nodes is up, so that the clock's next call stops them."""


def requested_test(event: object) -> str | None:
    """Return the value of TEST_ATTRIBUTE in the data of a Pub/Sub event; None for every other message."""
    message = _mapping(_mapping(event).get("message"))
    value = _mapping(message.get("attributes")).get(TEST_ATTRIBUTE)
    return value if isinstance(value, str) and value else None


def _mapping(value: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], value) if isinstance(value, Mapping) else {}


@dataclass(frozen=True, kw_only=True)
class SelfTest:
    """Asks Google's APIs as the guard's service account, by reading only."""

    settings: GuardSettings
    api: ApiClient
    gke: Gke

    def log_permissions(self) -> None:
        """Log which permissions are there; part of every call of the clock, so a missing one is mailed within a day."""
        permissions, problems = self._test_permissions()
        _log(permissions, problems, {})

    def answer(self, test: str, *, now: datetime) -> None:
        """Log the answer to a test: permissions, and what was read of the cluster and the clock. Never mailed."""
        permissions, problems = self._test_permissions()
        cluster = self._read_cluster(problems)
        deadline = self._read_deadline(cluster, problems)
        found = {
            FOUND_FIELD: _found(self.settings, cluster, deadline),
            DUE_FIELD: deadline is not None and deadline <= now,
        }
        _log(permissions, problems, {TEST_FIELD: test, **found}, mail=False)

    def _test_permissions(self) -> tuple[Mapping[str, bool], list[str]]:
        settings = self.settings
        url = f"{self.api.urls.projects}/v3/projects/{settings.project}:testIamPermissions"
        try:
            granted = self.api.post(url, {"permissions": list(settings.permissions)}).get("permissions", [])
        except ApiError as error:
            return {}, [f"the permissions cannot be tested: {error}"]
        permissions = {name: name in granted for name in settings.permissions}
        return permissions, [f"the permission {name} is missing" for name, there in permissions.items() if not there]

    def _read_cluster(self, problems: list[str]) -> Cluster | None:
        try:
            return self.gke.read_cluster()
        except ApiError as error:
            problems.append(f"the cluster cannot be read: {error}")
            return None

    def _read_deadline(self, cluster: Cluster | None, problems: list[str]) -> datetime | None:
        try:
            clock = SchedulerJob(api=self.api, name=self.settings.clock_job).read()
        except (ApiError, UnreadableError) as error:
            problems.append(f"the time set by scripts/extend cannot be read: {error}")
            return None
        return cluster and clock.deadline(created=cluster.created, ttl=self.settings.ttl)


def _found(settings: GuardSettings, cluster: Cluster | None, deadline: datetime | None) -> str:
    if cluster is None:
        return f"no cluster {settings.cluster} was read"
    pools = ", ".join(f"{pool.name} ({'?' if pool.nodes is None else pool.nodes} nodes)" for pool in cluster.pools)
    when = f"until {deadline.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if deadline else "without a limit of time"
    return f"the cluster {settings.cluster} may run {when}; its node pools: {pools or 'none'}"


def _log(
    permissions: Mapping[str, bool], problems: Sequence[str], details: Mapping[str, object], *, mail: bool = True
) -> None:
    granted = [name for name, there in permissions.items() if there]
    missing = [name for name, there in permissions.items() if not there]
    fields = {**details, GRANTED_FIELD: granted, MISSING_FIELD: missing, PROBLEMS_FIELD: list(problems)}
    if problems:
        message = f"the guard could not act: {'; '.join(problems)}. scripts/guard-test says how to mend it"
        log_event(Event.RIGHTS_MISSING, message, mail=mail, details=fields)
    else:
        log_event(Event.RIGHTS, f"the guard has all {len(permissions)} permissions", details=fields)
