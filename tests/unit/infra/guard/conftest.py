import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from infra.gcp.guard_function.sluice_guard.environment import Settings
from infra.gcp.guard_function.sluice_guard.google_requests import Patience
from infra.gcp.guard_function.sluice_guard.handlers import Guard
from infra.gcp.guard_function.sluice_guard.log import FIELD, MAIL_FIELD
from producer.runtime.exit_status import Exit
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
LIMITS = {"minNodeCount": 0, "maxNodeCount": 4, "locationPolicy": "ANY"}
OUTPUT: dict[str, Any] = {
    "project": "lab",
    "location": "us-central1-a",
    "cluster": "sluice",
    "clockJob": JOB,
    "mode": "scale-to-zero",
    "pools": {"steady": {"nodes": 1}, "spot": {"nodes": 2, "autoscaling": LIMITS}},
}
"""The stack's output, as scripts/extend and scripts/wake read it."""
Main = Callable[..., Exit]


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


@dataclass
class Person:
    """Somebody at a machine with a stand-in of pulumi on its PATH, and what they read."""

    google: FakeGoogle
    bin: Path
    seen: str = ""

    def has_pulumi(self, text: str, *, status: int = 0) -> None:
        program = self.bin / "pulumi"
        (self.bin / "answer").write_text(text)
        to = ">&2" if status else ""
        program.write_text(
            f'#!/bin/sh\necho "$*" >"{self.bin}/asked"\n/bin/cat "{self.bin}/answer" {to}\nexit {status}\n'
        )
        program.chmod(0o755)

    def runs(self, main: Main, arguments: Sequence[str], **env: str) -> Exit:
        out = io.StringIO()
        console = Console(file=out, width=200)
        here = {**env_of(self.google), "PATH": str(self.bin)}
        status = main(arguments, env={**here, **env}, stdout=console, stderr=console)
        self.seen = out.getvalue()
        return status


def asleep(google: FakeGoogle) -> None:
    for pool in google.pools.values():
        pool.nodes, pool.autoscaling = 0, {}


def until(google: FakeGoogle) -> timedelta:
    """How far away the time is that the clock has."""
    return datetime.fromisoformat(google.clock()["until"]) - datetime.now(UTC)


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with fake_google() as fake:
        yield fake


@pytest.fixture
def guarding(google: FakeGoogle, capsys: pytest.CaptureFixture[str]) -> Guarding:
    return Guarding(google=google, capsys=capsys)


@pytest.fixture
def person(google: FakeGoogle, tmp_path: Path) -> Person:
    someone = Person(google=google, bin=tmp_path)
    someone.has_pulumi(json.dumps(OUTPUT))
    return someone
