"""scripts/extend, and what it shares with scripts/wake."""

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
from infra.gcp.guard_function.sluice_guard.environment import parse_api_urls
from infra.gcp.guard_function.sluice_guard.google_requests import ApiClient
from producer.runtime.exit_status import Exit
from tests.unit.infra.gcp.guard_commands.conftest import OUTPUT, Main, Shell, stop_all_nodes, until
from tests.unit.infra.gcp.guard_function.conftest import NOW, env_of
from tests.unit.infra.gcp.guard_function.fake_gke import JOB, FakeGoogle


def test_extend_sets_the_time_and_nothing_else_of_the_job(shell: Shell) -> None:
    assert shell.google.job is not None
    before = {**shell.google.job["httpTarget"]}
    assert shell.run(extend.main, ["4.5"]) == Exit.OK
    assert timedelta(hours=4.4) < until(shell.google) < timedelta(hours=4.51)
    assert {**shell.google.job["httpTarget"], "body": None} == {**before, "body": None}
    assert shell.google.job["schedule"] == "*/15 * * * *"
    assert shell.google.changes == []
    assert re.search(r"stops the nodes of sluice at \d{4}-\d\d-\d\d \d\d:\d\d UTC", shell.output)


@pytest.mark.parametrize("main", [extend.main, wake.main])
@pytest.mark.parametrize("mode", ["notify", "off"])
def test_where_the_guard_stops_nothing_nobody_is_told_that_it_does(shell: Shell, main: Main, mode: str) -> None:
    shell.install_pulumi(json.dumps({**OUTPUT, "mode": mode}))
    assert shell.run(main, ["2"]) == Exit.OK
    assert "Nothing stops the nodes of sluice" in shell.output
    assert f"guard.mode is {mode}" in shell.output
    assert "The guard stops" not in shell.output


@pytest.mark.parametrize("main", [extend.main, wake.main])
@pytest.mark.parametrize("days", [0, 30])
def test_the_deletion_that_follows_is_mentioned(shell: Shell, main: Main, days: int) -> None:
    shell.install_pulumi(json.dumps({**OUTPUT, "deleteAfterDays": days}))
    assert shell.run(main, ["2"]) == Exit.OK
    assert ("30 days after that at the earliest" in " ".join(shell.output.split())) == bool(days)


def test_extend_takes_the_stack_that_is_named(shell: Shell) -> None:
    shell.run(extend.main, ["1", "--stack", "mine"])
    asked = (shell.bin / "arguments").read_text()
    assert asked.strip().endswith("stack output guard --json --stack mine")


@pytest.mark.parametrize(("hours", "kept"), [(1, True), (-1, False)])
def test_extend_keeps_the_override_of_wake_until_its_end(google: FakeGoogle, hours: int, kept: bool) -> None:
    google.set_clock({"until": (NOW + timedelta(hours=hours)).isoformat(), "awake": True})
    api = ApiClient(parse_api_urls(env_of(google), mistakes=[]))
    assert extend.extend(api, clock_job=JOB, hours=2, now=NOW).awake is kept
    assert google.clock().get("awake", False) is kept


def test_extend_overwrites_an_unreadable_clock(shell: Shell) -> None:
    shell.google.set_clock({"until": "soon"})
    assert shell.run(extend.main, ["1"]) == Exit.OK
    assert until(shell.google) > timedelta(minutes=59)


@pytest.mark.parametrize("main", [extend.main, wake.main])
@pytest.mark.parametrize("state", ["PAUSED", "DISABLED"])
def test_a_paused_or_disabled_scheduler_job_is_an_error(shell: Shell, main: Main, state: str) -> None:
    assert shell.google.job is not None
    shell.google.job["state"] = state
    stop_all_nodes(shell.google)
    assert shell.run(main, ["1"]) == Exit.UNAVAILABLE
    assert "gcloud scheduler jobs resume" in shell.output
    assert shell.google.changes == []


@pytest.mark.parametrize("main", [extend.main, wake.main])
def test_without_a_clock_nothing_is_woken(shell: Shell, main: Main) -> None:
    shell.google.job = None
    assert shell.run(main, ["1"]) == Exit.UNAVAILABLE
    assert "pulumi up" in shell.output
    assert shell.google.changes == []


def test_without_pulumi_a_file_will_do(shell: Shell, tmp_path: Path) -> None:
    (shell.bin / "pulumi").unlink()
    assert shell.run(extend.main, ["1"]) == Exit.UNAVAILABLE
    assert "https://www.pulumi.com/docs/install" in shell.output
    file = tmp_path / "guard.json"
    file.write_text(json.dumps(OUTPUT))
    assert shell.run(extend.main, ["1", "--guard", str(file)]) == Exit.OK
    assert shell.run(extend.main, ["1", "--guard", str(tmp_path / "none")]) == Exit.FAILED


def test_a_stack_without_the_output_is_reported_with_pulumis_message(shell: Shell) -> None:
    shell.install_pulumi("error: no stack named 'gke' found", status=255)
    assert shell.run(wake.main, ["1"]) == Exit.UNAVAILABLE
    assert "no stack named 'gke' found" in shell.output


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
        ({"pools": {"spot": {"nodes": 1, "autoscaling": 3}}}, "not a JSON object"),
    ],
)
def test_an_output_that_cannot_be_used(shell: Shell, change: Mapping[str, object], said: str) -> None:
    shell.install_pulumi(json.dumps({**OUTPUT, **change}))
    assert shell.run(wake.main, ["1"]) == Exit.FAILED
    assert said in shell.output
    assert shell.google.asked == []


@pytest.mark.parametrize("text", ["", "[]", "not JSON"])
def test_an_output_that_is_not_json(shell: Shell, text: str) -> None:
    shell.install_pulumi(text)
    assert shell.run(extend.main, ["1"]) == Exit.FAILED


@pytest.mark.parametrize("hours", ["0", "721", "nan", "soon"])
def test_hours_have_a_limit(shell: Shell, hours: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        shell.run(extend.main, [hours])
    assert raised.value.code == Exit.USAGE
    assert hours in capsys.readouterr().err


def test_without_credentials_it_says_how_to_log_in(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Google's library reads the process's own environment.
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    https = {name: "https://127.0.0.1:1" for name in env_of(shell.google) if name.endswith("_API")}
    assert shell.run(extend.main, ["1"], **https) == Exit.UNAVAILABLE
    assert "gcloud auth application-default login" in shell.output
    assert "gcloud is not on the PATH" in shell.output
    (shell.bin / "gcloud").write_text("#!/bin/sh\n")
    (shell.bin / "gcloud").chmod(0o755)
    shell.run(extend.main, ["1"], **https)
    assert "gcloud is not on the PATH" not in shell.output


def test_ctrl_c_has_its_own_status(shell: Shell) -> None:
    class Interrupted(Console):
        def print(self, *objects: Any, **options: Any) -> None:
            raise KeyboardInterrupt

    env = {**env_of(shell.google), "PATH": str(shell.bin)}
    out = io.StringIO()
    assert wake.main(["1"], env=env, stdout=Interrupted(), stderr=Console(file=out)) == Exit.INTERRUPTED
    assert "run it again" in out.getvalue()


def test_a_refusal_names_its_reason(shell: Shell) -> None:
    shell.google.fail("PATCH", 403, message="lacks cloudscheduler.jobs.update")
    assert shell.run(extend.main, ["1"]) == Exit.UNAVAILABLE
    assert "lacks cloudscheduler.jobs.update" in shell.output
