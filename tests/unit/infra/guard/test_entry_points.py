"""main.py as Cloud Functions runs it: called over HTTP, told by its environment, in its own folder."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from functions_framework import create_app

from infra.gcp.guard_function.sluice_guard.log import FIELD
from tests.unit.infra.guard.conftest import ENV, env_of
from tests.unit.infra.guard.google import FakeGoogle
from tests.unit.infra.guard.messages import BELOW, event

FOLDER = Path(__file__).resolve().parents[4] / "infra/gcp/guard_function"
ABOVE = {**BELOW, "costAmount": 60, "costIntervalStart": "2999-01-01T08:00:00Z"}
CE = {
    "ce-id": "136969346945",
    "ce-source": "//pubsub.googleapis.com/projects/lab/topics/budget",
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
    "ce-time": "2026-11-22T18:55:00.123Z",
}


def client(target: str, signature: str, monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> FlaskClient:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "path", list(sys.path))  # the framework puts the folder first
    app = create_app(target, source=str(FOLDER / "main.py"), signature_type=signature)
    assert isinstance(app, Flask)  # what an asynchronous function gets is another
    return app.test_client()


@pytest.fixture
def budget(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    return client("on_budget", "cloudevent", monkeypatch, env_of(google))


@pytest.fixture
def clock(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    return client("on_clock", "http", monkeypatch, env_of(google))


def send(client: FlaskClient, data: Any) -> int:
    return client.post("/", json=data, headers=CE).status_code


def test_a_budget_message_stops_the_nodes(
    budget: FlaskClient, google: FakeGoogle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send(budget, event(ABOVE, published=None)) == 200
    assert [pool.nodes for pool in google.pools.values()] == [0, 0]
    assert [json.loads(line)[FIELD] for line in capsys.readouterr().out.splitlines()] == ["scaled-to-zero"]


def test_a_message_that_cannot_be_read_is_acknowledged(budget: FlaskClient, google: FakeGoogle) -> None:
    assert send(budget, event(raw="%%%")) == 200
    assert google.asked == []


def test_a_message_that_could_not_be_acted_on_is_not(budget: FlaskClient, google: FakeGoogle) -> None:
    google.fail("POST", 403)
    assert send(budget, event(ABOVE, published=None)) == 500


def test_a_tick_stops_the_nodes(clock: FlaskClient, google: FakeGoogle) -> None:
    body = json.dumps({"until": "2026-11-22T09:00:00+00:00"})
    # The Scheduler says application/octet-stream unless told otherwise.
    assert clock.post("/", data=body, content_type="application/octet-stream").status_code == 200
    assert [pool.nodes for pool in google.pools.values()] == [0, 0]


def test_a_tick_without_a_time_stops_nothing(clock: FlaskClient, google: FakeGoogle) -> None:
    assert clock.post("/", data="{}").status_code == 200
    assert google.asked == []


def test_a_tick_that_failed_says_so(clock: FlaskClient, google: FakeGoogle) -> None:
    google.fail("POST", 403)
    assert clock.post("/", json={"until": "2026-11-22T09:00:00+00:00"}).status_code == 500


def test_it_does_not_start_with_a_mistake_and_names_it() -> None:
    env = {**ENV, "GUARD_MODE": "stop", "PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", "import main"]
    done = subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "GUARD_MODE is 'stop', but has to be scale-to-zero or notify or off" in done.stderr


def test_what_is_deployed_imports_nothing_of_the_project() -> None:
    env = {**ENV, "PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}
    ask = "import main, sys; print([name for name in ('infra', 'exits', 'producer', 'local') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], cwd="/", env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
