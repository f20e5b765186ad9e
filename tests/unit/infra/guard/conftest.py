import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.gcp.guard_function.sluice_guard.api import Patience
from infra.gcp.guard_function.sluice_guard.guard import Guard
from infra.gcp.guard_function.sluice_guard.log import FIELD, MAIL_FIELD
from infra.gcp.guard_function.sluice_guard.settings import Settings
from tests.unit.infra.guard.google import JOB, FakeGoogle
from tests.unit.infra.guard.google_apis import fake_google

NOW = datetime(2026, 11, 22, 19, tzinfo=UTC)
ENV = {
    "GUARD_PROJECT": "lab",
    "GUARD_LOCATION": "us-central1-a",
    "GUARD_CLUSTER": "sluice",
    "GUARD_MODE": "scale-to-zero",
    "GUARD_SHARE": "0.9",
    "GUARD_CURRENCY": "EUR",
    "GUARD_CLOCK_JOB": JOB,
}


def env_of(google: FakeGoogle, **more: str) -> dict[str, str]:
    apis = ("GUARD_CONTAINER_API", "GUARD_COMPUTE_API", "GUARD_SCHEDULER_API")
    return {**ENV, **dict.fromkeys(apis, google.url), **more}


@dataclass
class Seconds:
    """A clock that only sleeping moves."""

    passed: float = 0
    naps: int = 0

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        self.naps += 1

    def patience(self, seconds: float) -> Patience:
        return Patience(seconds, now=lambda: self.passed, sleep=self.sleep)


@dataclass
class Guarding:
    """A guard of a fake cluster, and what it has said."""

    google: FakeGoogle
    capsys: pytest.CaptureFixture[str]
    seconds: Seconds = field(default_factory=Seconds)
    now: datetime = NOW
    said: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    def guard(self, **env: str) -> Guard:
        return Guard(
            settings=Settings.parse(env_of(self.google, **env)), now=lambda: self.now, patience=self.seconds.patience
        )

    def entries(self) -> list[Mapping[str, Any]]:
        """All that it has said."""
        self.said += [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]
        return self.said

    def events(self) -> list[str]:
        return [entry[FIELD] for entry in self.entries()]

    def mails(self) -> list[tuple[str, str]]:
        """What a person is told of, and how soon."""
        return [(entry[FIELD], entry[MAIL_FIELD]) for entry in self.entries() if MAIL_FIELD in entry]


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with fake_google() as fake:
        yield fake


@pytest.fixture
def guarding(google: FakeGoogle, capsys: pytest.CaptureFixture[str]) -> Guarding:
    return Guarding(google=google, capsys=capsys)
