import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.gcp.guard_function.sluice_guard.environment import GuardSettings
from infra.gcp.guard_function.sluice_guard.google_requests import WaitLimit
from infra.gcp.guard_function.sluice_guard.handlers import Guard
from infra.gcp.guard_function.sluice_guard.log import FIELD, MAIL_FIELD
from infra.gcp.guard_permissions import PERMISSIONS
from tests.unit.infra.gcp.guard_function.fake_compute import BUCKET, ROUTER
from tests.unit.infra.gcp.guard_function.fake_gke import JOB, FakeGoogle
from tests.unit.infra.gcp.guard_function.fake_gke_server import fake_google

NOW = datetime(2026, 11, 22, 19, tzinfo=UTC)
ENV = {
    "GUARD_PROJECT": "lab",
    "GUARD_LOCATION": "us-central1-a",
    "GUARD_CLUSTER": "sluice",
    "GUARD_MODE": "scale-to-zero",
    "GUARD_SHARE": "0.9",
    "GUARD_CURRENCY": "EUR",
    "GUARD_CLOCK_JOB": JOB,
    "GUARD_SLEEP_COST": "$7.30",
    "GUARD_LABELS": "sluice-name=sluice,sluice-stack=gke",
    "GUARD_DESCRIPTION": "Sluice, stack gke",
    "GUARD_ROUTER": ROUTER,
    "GUARD_BUCKET": BUCKET,
    "GUARD_PERMISSIONS": ",".join(PERMISSIONS),
}


def env_of(google: FakeGoogle, **more: str) -> dict[str, str]:
    """Return the guard's environment, with the fake server as the address of each API."""
    urls = (
        "GUARD_CONTAINER_API",
        "GUARD_COMPUTE_API",
        "GUARD_SCHEDULER_API",
        "GUARD_STORAGE_API",
        "GUARD_PROJECTS_API",
        "GUARD_MONITORING_API",
    )
    return {**ENV, **dict.fromkeys(urls, google.url), **more}


@dataclass
class Seconds:
    """A clock that only sleep() moves, in seconds."""

    passed: float = 0
    naps: int = 0

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        self.naps += 1

    def wait_limit(self, seconds: float) -> WaitLimit:
        return WaitLimit(seconds, now=lambda: self.passed, sleep=self.sleep)


@dataclass
class GuardHarness:
    """A guard of a fake cluster, and its log."""

    google: FakeGoogle
    capsys: pytest.CaptureFixture[str]
    seconds: Seconds = field(default_factory=Seconds)
    now: datetime = NOW
    log: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    def guard(self, **env: str) -> Guard:
        return Guard(
            settings=GuardSettings.parse(env_of(self.google, **env)),
            now=lambda: self.now,
            limit_wait=self.seconds.wait_limit,
        )

    def entries(self) -> list[Mapping[str, Any]]:
        """Return all log entries so far."""
        self.log += [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]
        return self.log

    def events(self) -> list[str]:
        return [entry[FIELD] for entry in self.entries()]

    def mails(self) -> list[tuple[str, str]]:
        """Return (event, how soon) of each entry that is mailed."""
        return [(entry[FIELD], entry[MAIL_FIELD]) for entry in self.entries() if MAIL_FIELD in entry]


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with fake_google() as fake:
        yield fake


@pytest.fixture
def harness(google: FakeGoogle, capsys: pytest.CaptureFixture[str]) -> GuardHarness:
    return GuardHarness(google=google, capsys=capsys)


@pytest.fixture
def asleep(harness: GuardHarness) -> GuardHarness:
    """A guard whose cluster has no nodes."""
    for pool in harness.google.pools.values():
        pool.nodes, pool.autoscaling = 0, {}
    return harness
