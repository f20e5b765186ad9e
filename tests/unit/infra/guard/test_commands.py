"""What scripts/extend and scripts/wake have in common, and scripts/extend."""

import io
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from infra.gcp.guard_commands import extend, wake
from infra.gcp.guard_function.sluice_guard.environment import apis_of
from infra.gcp.guard_function.sluice_guard.google_requests import Api
from producer.runtime.exit_status import Exit
from tests.unit.infra.guard.conftest import NOW, OUTPUT, Main, Person, asleep, env_of, until
from tests.unit.infra.guard.google import JOB, FakeGoogle


def test_extend_sets_the_time_and_nothing_else_of_the_job(person: Person) -> None:
    assert person.google.job is not None
    before = {**person.google.job["httpTarget"]}
    assert person.runs(extend.main, ["4.5"]) == Exit.OK
    assert timedelta(hours=4.4) < until(person.google) < timedelta(hours=4.51)
    assert {**person.google.job["httpTarget"], "body": None} == {**before, "body": None}
    assert person.google.job["schedule"] == "*/15 * * * *"
    assert person.google.changes == []
    assert re.search(r"stops the nodes of sluice at \d{4}-\d\d-\d\d \d\d:\d\d UTC", person.seen)


@pytest.mark.parametrize("main", [extend.main, wake.main])
@pytest.mark.parametrize("mode", ["notify", "off"])
def test_where_the_guard_stops_nothing_nobody_is_told_that_it_does(person: Person, main: Main, mode: str) -> None:
    person.has_pulumi(json.dumps({**OUTPUT, "mode": mode}))
    assert person.runs(main, ["2"]) == Exit.OK
    assert "Nothing stops the nodes of sluice" in person.seen
    assert f"guard.mode is {mode}" in person.seen
    assert "The guard stops" not in person.seen


def test_extend_takes_the_stack_that_is_named(person: Person) -> None:
    person.runs(extend.main, ["1", "--stack", "mine"])
    asked = (person.bin / "asked").read_text()
    assert asked.strip().endswith("stack output guard --json --stack mine")


@pytest.mark.parametrize(("hours", "kept"), [(1, True), (-1, False)])
def test_extend_keeps_what_wake_has_said_while_it_counts(google: FakeGoogle, hours: int, kept: bool) -> None:
    google.set_clock({"until": (NOW + timedelta(hours=hours)).isoformat(), "awake": True})
    api = Api(apis_of(env_of(google), mistakes=[]))
    assert extend.extend(api, clock_job=JOB, hours=2, now=NOW).awake is kept
    assert google.clock().get("awake", False) is kept


def test_extend_mends_a_clock_that_cannot_be_read(person: Person) -> None:
    person.google.set_clock({"until": "soon"})
    assert person.runs(extend.main, ["1"]) == Exit.OK
    assert until(person.google) > timedelta(minutes=59)


@pytest.mark.parametrize("main", [extend.main, wake.main])
@pytest.mark.parametrize("state", ["PAUSED", "DISABLED"])
def test_a_clock_that_does_not_tick_would_never_stop_anything(person: Person, main: Main, state: str) -> None:
    assert person.google.job is not None
    person.google.job["state"] = state
    asleep(person.google)
    assert person.runs(main, ["1"]) == Exit.UNAVAILABLE
    assert "gcloud scheduler jobs resume" in person.seen
    assert person.google.changes == []


@pytest.mark.parametrize("main", [extend.main, wake.main])
def test_without_a_clock_nothing_is_woken(person: Person, main: Main) -> None:
    person.google.job = None
    assert person.runs(main, ["1"]) == Exit.UNAVAILABLE
    assert "pulumi up" in person.seen
    assert person.google.changes == []


def test_without_pulumi_a_file_will_do(person: Person, tmp_path: Path) -> None:
    (person.bin / "pulumi").unlink()
    assert person.runs(extend.main, ["1"]) == Exit.UNAVAILABLE
    assert "https://www.pulumi.com/docs/install" in person.seen
    file = tmp_path / "guard.json"
    file.write_text(json.dumps(OUTPUT))
    assert person.runs(extend.main, ["1", "--guard", str(file)]) == Exit.OK
    assert person.runs(extend.main, ["1", "--guard", str(tmp_path / "none")]) == Exit.FAILED


def test_a_stack_without_a_guard_is_said_in_pulumis_words(person: Person) -> None:
    person.has_pulumi("error: no stack named 'gke' found", status=255)
    assert person.runs(wake.main, ["1"]) == Exit.UNAVAILABLE
    assert "no stack named 'gke' found" in person.seen


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cluster": ""}, "cluster is ''"),
        ({"clockJob": None}, "clockJob is None"),
        ({"pools": {}}, "no pools"),
        ({"pools": {"spot": {}}}, "pools.spot.nodes"),
        ({"pools": {"spot": {"nodes": 1.5}}}, "pools.spot.nodes"),
        ({"pools": {"spot": {"nodes": -1}}}, "pools.spot.nodes"),
        ({"pools": {"spot": {"nodes": 1, "autoscaling": {"max": 3}}}}, "has max"),
        ({"pools": {"spot": {"nodes": 1, "autoscaling": {"minNodeCount": 1}}}}, "no maxNodeCount"),
        ({"pools": {"spot": {"nodes": 1, "autoscaling": 3}}}, "no JSON object"),
    ],
)
def test_an_output_that_cannot_be_used(person: Person, change: Mapping[str, object], said: str) -> None:
    person.has_pulumi(json.dumps({**OUTPUT, **change}))
    assert person.runs(wake.main, ["1"]) == Exit.FAILED
    assert said in person.seen
    assert person.google.asked == []


@pytest.mark.parametrize("text", ["", "[]", "not JSON"])
def test_an_output_that_is_none(person: Person, text: str) -> None:
    person.has_pulumi(text)
    assert person.runs(extend.main, ["1"]) == Exit.FAILED


@pytest.mark.parametrize("hours", ["0", "721", "nan", "soon"])
def test_hours_have_a_limit(person: Person, hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        person.runs(extend.main, [hours])
    assert raised.value.code == Exit.USAGE
    assert hours in capsys.readouterr().err


def test_without_credentials_it_says_how_to_log_in(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Google's library reads the process's own environment.
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    https = {name: "https://127.0.0.1:1" for name in env_of(person.google) if name.endswith("_API")}
    assert person.runs(extend.main, ["1"], **https) == Exit.UNAVAILABLE
    assert "gcloud auth application-default login" in person.seen
    assert "gcloud is not on the PATH" in person.seen
    (person.bin / "gcloud").write_text("#!/bin/sh\n")
    (person.bin / "gcloud").chmod(0o755)
    person.runs(extend.main, ["1"], **https)
    assert "gcloud is not on the PATH" not in person.seen


def test_ctrl_c_has_its_own_status(person: Person) -> None:
    class Interrupted(Console):
        def print(self, *objects: Any, **options: Any) -> None:
            raise KeyboardInterrupt

    env = {**env_of(person.google), "PATH": str(person.bin)}
    out = io.StringIO()
    assert wake.main(["1"], env=env, stdout=Interrupted(), stderr=Console(file=out)) == Exit.INTERRUPTED
    assert "run it again" in out.getvalue()


def test_a_refusal_names_its_reason(person: Person) -> None:
    person.google.fail("PATCH", 403, message="lacks cloudscheduler.jobs.update")
    assert person.runs(extend.main, ["1"]) == Exit.UNAVAILABLE
    assert "lacks cloudscheduler.jobs.update" in person.seen
