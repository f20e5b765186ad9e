"""main.py as Google runs it: called over HTTP, with its environment, in a folder of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.gcp.guard_function.sluice_guard.log import FIELD
from tests.unit.infra.gcp.guard_function.conftest import ENV, env_of
from tests.unit.infra.gcp.guard_function.fake_gke import FakeGoogle
from tests.unit.infra.gcp.guard_function.fake_gke_server import fake_google
from tests.unit.infra.gcp.guard_function.function_server import Function, served

FOLDER = Path(__file__).resolve().parents[5] / "infra/gcp/guard_function"
PAST = {"until": "2026-11-22T09:00:00+00:00"}
TICK = {
    "content-type": "application/json",
    "user-agent": "Google-Cloud-Scheduler",
    "x-cloudscheduler": "true",
    "x-cloudscheduler-jobname": "sluice-guard-clock",
}


@dataclass(frozen=True, kw_only=True)
class Served:
    function: Function
    google: FakeGoogle

    def tick(self, body: object, **headers: str) -> tuple[int, list[str]]:
        status = self.function.send(json.dumps(body).encode(), {**TICK, **headers})
        return status, [entry[FIELD] for entry in self.function.new_log_entries()]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("on_clock")
    with fake_google() as google, served("on_clock", "http", env=env_of(google), folder=folder) as function:
        yield Served(function=function, google=google)


@pytest.fixture
def clock(process: Served) -> Served:
    process.google.reset()
    process.function.new_log_entries()
    return process


def test_a_clock_call_stops_the_nodes_once(clock: Served) -> None:
    # The Scheduler says application/octet-stream unless told otherwise.
    assert clock.tick(PAST, **{"content-type": "application/octet-stream"}) == (200, ["rights", "scaled-to-zero"])
    assert [pool.nodes for pool in clock.google.pools.values()] == [0, 0]
    assert clock.tick(PAST) == (200, ["rights", "already-zero"])
    assert len(clock.google.changes) == 3


def test_a_clock_call_without_a_time_stops_nothing(clock: Served) -> None:
    assert clock.tick({}) == (200, ["rights", "not-yet"])
    assert clock.google.asked == []


def test_a_failed_clock_call_is_answered_with_an_error(clock: Served) -> None:
    clock.google.fail("POST", 403)
    assert clock.tick(PAST) == (500, ["rights-missing", "failed"])


def test_does_not_start_with_a_mistake_and_names_it(tmp_path: Path) -> None:
    env = {**ENV, "GUARD_MODE": "stop"}
    with (
        pytest.raises(AssertionError, match="GUARD_MODE is 'stop', but has to be scale-to-zero or notify or off"),
        served("on_clock", "http", env=env, folder=tmp_path),
    ):
        pass


def test_deployed_code_imports_nothing_else_of_the_project() -> None:
    env = {**ENV, "PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}
    ask = "import main, sys; print([name for name in ('infra', 'producer', 'sluice') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], cwd="/", env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
