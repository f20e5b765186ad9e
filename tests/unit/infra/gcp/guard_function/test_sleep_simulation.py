"""Months of calls with random failures, pauses and extensions: never too early, never unwarned, never another's."""

import json
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from infra.gcp.guard_function.sluice_guard.google_requests import ApiClient, ApiError, OutOfTimeError
from infra.gcp.guard_function.sluice_guard.log import FIELD
from tests.unit.infra.gcp.guard_function.conftest import GuardHarness
from tests.unit.infra.gcp.guard_function.fake_gke import FakeGoogle

START = datetime(2026, 11, 22, 19, tzinfo=UTC)
CALL, DAY, WEEK = timedelta(minutes=15), timedelta(days=1), timedelta(days=7)
AFTER = timedelta(days=20)
RESTLESS, LIMIT = timedelta(days=60), timedelta(days=150)
"""How long random things happen; when everything has to be gone at the latest."""
OTHERS = {"pvc-other-stack", "pvc-same-name", "pvc-no-label", "by-hand"}


@dataclass
class DirectSession:
    """In place of HTTP, for speed: some requests fail before Google has seen them, some after."""

    google: FakeGoogle
    chance: random.Random
    failures: float = 0.0

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        lost = self.chance.random() < self.failures
        if lost and self.chance.random() < 0.5:
            raise requests.ConnectionError("not sent")
        status, body = self.google.answer(method, "/" + url.split("/", 3)[3], options["json"] or {})
        if lost:
            raise requests.ConnectionError("no answer")
        response = requests.Response()
        response.status_code, response._content = status, json.dumps(body).encode()  # pyright: ignore[reportPrivateUsage]
        return response


@dataclass
class Simulation:
    harness: GuardHarness
    seed: int
    warnings: list[datetime] = field(default_factory=list[datetime])
    nodes_stopped: datetime = START
    extended: datetime = START
    stopping_calls: int = 0
    ended: bool = False
    deletions: list[datetime] = field(default_factory=list[datetime])

    def run(self) -> None:
        chance = random.Random(self.seed)
        google = self.harness.google
        guard = self.harness.guard(GUARD_DELETE_AFTER_DAYS=str(AFTER.days))
        api = ApiClient(guard.settings.api_urls)
        session = DirectSession(google=google, chance=chance)
        api._session = session  # pyright: ignore
        guard.__dict__["_api"] = api
        for pool in google.pools.values():
            pool.nodes, pool.autoscaling = 0, {}
        time = START
        while time < START + LIMIT:
            restless = time < START + RESTLESS
            session.failures = 0.2 if restless else 0.0
            if restless:
                time = self._disturb(time, chance)
            self.harness.now = time
            self._call(guard, time)
            time += CALL
            if not restless and self.ended:
                return

    def _disturb(self, time: datetime, chance: random.Random) -> datetime:
        """Perhaps pause the clock, extend, wake for an hour, or let somebody create the cluster anew."""
        google, event = self.harness.google, chance.random()
        if event < 0.002:
            return time + timedelta(days=chance.choice([1, 3, 9, 25]))
        if event < 0.003:
            self.extended = time + timedelta(hours=chance.choice([1, 48, 720]))
            google.set_clock({"until": self.extended.isoformat()})
        elif event < 0.004 and google.there and google.status == "RUNNING":
            self.extended = time + timedelta(hours=1)
            google.set_clock({"until": self.extended.isoformat(), "awake": True})  # as scripts/wake does
            google.pools["steady"].nodes = 1
        elif event < 0.2:
            google.pools["steady"].nodes = 0
        return time

    def _call(self, guard: Any, time: datetime) -> None:
        google = self.harness.google
        if google.there and any(pool.nodes for pool in google.pools.values()):
            self.nodes_stopped, self.warnings = time + CALL, []
        before = google.status
        if before == "STOPPING":
            self.stopping_calls += 1
            if self.stopping_calls > 2:
                google.finish_deletion()
        disks = len(google.compute.deleted)
        seen = len(self.harness.entries())
        with suppress(ApiError, OutOfTimeError):
            guard.on_clock(json.dumps(google.clock()).encode())
        new = [entry[FIELD] for entry in self.harness.entries()[seen:]]
        self.ended |= "deleted" in new
        self.warnings += [time] * new.count("deletion-announced")
        if (before, google.status) == ("RUNNING", "STOPPING"):
            self.deletions.append(time)
            self._check_deletion(time)
        if len(google.compute.deleted) > disks:
            assert not google.there, "a disk was deleted before the cluster"
        assert set(google.compute.names()) >= OTHERS

    def _check_deletion(self, time: datetime) -> None:
        assert all(pool.nodes == 0 for pool in self.harness.google.pools.values())
        assert time >= self.extended + AFTER
        # Calls that fail may not see the last hours of the nodes.
        assert time >= self.nodes_stopped + AFTER - DAY
        assert any(warning <= time - WEEK for warning in self.warnings), (time, self.warnings)
        assert any(time - WEEK < warning <= time - DAY for warning in self.warnings), (time, self.warnings)


@pytest.mark.parametrize("seed", range(12))
def test_a_forgotten_stack_ends_in_time_and_never_before(harness: GuardHarness, seed: int) -> None:
    simulation = Simulation(harness=harness, seed=seed)
    simulation.run()
    google = harness.google
    assert simulation.ended
    assert not google.there
    assert google.compute.router is None
    assert set(google.compute.names()) == OTHERS
    assert len(simulation.deletions) == 1
