"""scripts/extend and scripts/wake, against a stand-in of Google's APIs and of `pulumi`."""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from exits import Exit, SluiceError
from infra.gcp.commands import extend, wake
from infra.gcp.commands.stack import Guarded
from infra.gcp.guard_function.sluice_guard.api import Api
from infra.gcp.guard_function.sluice_guard.settings import apis_of
from tests.unit.infra.guard.conftest import NOW, Guarding, Seconds, env_of
from tests.unit.infra.guard.google import JOB, FakeGoogle
from tests.unit.infra.guard.messages import BOTH, event

LIMITS = {"minNodeCount": 0, "maxNodeCount": 4, "locationPolicy": "ANY"}
OUTPUT: dict[str, Any] = {
    "project": "lab",
    "location": "us-central1-a",
    "cluster": "sluice",
    "clockJob": JOB,
    "mode": "scale-to-zero",
    "pools": {"steady": {"nodes": 1}, "spot": {"nodes": 2, "autoscaling": LIMITS}},
}
Main = Callable[..., Exit]


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


@pytest.fixture
def person(google: FakeGoogle, tmp_path: Path) -> Person:
    someone = Person(google=google, bin=tmp_path)
    someone.has_pulumi(json.dumps(OUTPUT))
    return someone


def asleep(google: FakeGoogle) -> None:
    for pool in google.pools.values():
        pool.nodes, pool.autoscaling = 0, {}


def until(google: FakeGoogle) -> timedelta:
    """How far away the time is that the clock has."""
    return datetime.fromisoformat(google.clock()["until"]) - datetime.now(UTC)


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


def test_wake_makes_the_pools_what_the_stack_wants_clock_first(person: Person) -> None:
    asleep(person.google)
    assert person.runs(wake.main, ["3"]) == Exit.OK
    assert [pool.nodes for pool in person.google.pools.values()] == [1, 2]
    assert person.google.pools["spot"].autoscaling == {**LIMITS, "enabled": True}
    assert person.google.pools["steady"].autoscaling == {}
    assert person.google.clock()["awake"] is True
    assert timedelta(hours=2.9) < until(person.google) < timedelta(hours=3.01)
    verbs = [line.split()[0] for line in person.google.asked if not line.startswith("GET")]
    assert verbs == ["PATCH", "POST", "POST", "POST"]
    assert "steady, spot" in person.seen


def test_what_the_guard_stops_wake_brings_back_and_the_guard_leaves(guarding: Guarding, tmp_path: Path) -> None:
    guard = guarding.guard()
    guard.on_budget(event(BOTH))
    api = Api(apis_of(env_of(guarding.google), mistakes=[]))
    wake.wake(api, Guarded.parse(json.dumps(OUTPUT)), until=NOW + timedelta(hours=1), patience=Seconds().patience(60))
    guard.on_budget(event(BOTH))
    assert [pool.nodes for pool in guarding.google.pools.values()] == [1, 2]
    assert guarding.events() == ["scaled-to-zero", "awake"]


def test_wake_again_changes_the_time_only(person: Person) -> None:
    asleep(person.google)
    person.runs(wake.main, ["1"])
    before = list(person.google.changes)
    assert person.runs(wake.main, ["2"]) == Exit.OK
    assert person.google.changes == before
    assert "awake" in person.seen
    assert until(person.google) > timedelta(hours=1.9)


def test_wake_goes_on_where_it_was_cut_off(person: Person) -> None:
    asleep(person.google)
    person.google.pools["spot"].nodes = 2
    assert person.runs(wake.main, ["1"]) == Exit.OK
    assert person.google.pools["spot"].autoscaling["enabled"] is True
    assert person.google.changes[0] == 'steady:setSize {"nodeCount": 1}'
    assert len(person.google.changes) == 2


def test_a_pool_that_begins_empty_only_scales_itself_again(google: FakeGoogle) -> None:
    asleep(google)
    pools = {"steady": {"nodes": 1}, "spot": {"nodes": 0, "autoscaling": LIMITS}}
    guarded = Guarded.parse(json.dumps({**OUTPUT, "pools": pools}))
    api = Api(apis_of(env_of(google), mistakes=[]))
    assert wake.wake(api, guarded, until=NOW, patience=Seconds().patience(60)) == ("steady", "spot")
    assert [pool.nodes for pool in google.pools.values()] == [1, 0]
    assert google.pools["spot"].autoscaling["enabled"] is True


def test_wake_says_when_the_cluster_stays_busy(google: FakeGoogle) -> None:
    asleep(google)
    google.fail("POST", 400, state="FAILED_PRECONDITION")
    api = Api(apis_of(env_of(google), mistakes=[]))
    guarded = Guarded.parse(json.dumps(OUTPUT))
    with pytest.raises(SluiceError, match="run scripts/wake again") as raised:
        wake.wake(api, guarded, until=NOW, patience=Seconds().patience(60))
    assert raised.value.status == Exit.INCOMPLETE


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


@pytest.mark.parametrize("what", ["cluster", "pool"])
def test_wake_needs_what_it_wakes(person: Person, what: str) -> None:
    if what == "cluster":
        person.google.there = False
    else:
        del person.google.pools["spot"]
    assert person.runs(wake.main, ["1"]) == Exit.UNAVAILABLE
    assert ("no node pool spot" if what == "pool" else "no cluster sluice") in person.seen
    assert (person.google.changes, person.google.clock()) == ([], {})


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
