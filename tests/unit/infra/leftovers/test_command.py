"""The command scripts/leftovers: options, streams and exit statuses."""

import io
import json
import os
import subprocess

import pytest
from rich.console import Console

from infra.gcp.google_api import ENDPOINT
from infra.leftovers.command import Streams, main
from infra.settings.declared_settings import ROOT
from producer.runtime.exit_status import Exit
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.leftovers.fake_project import PROJECT, FakeProject, full_project
from tests.unit.infra.leftovers.run_leftovers import ARGUMENTS, TerminalInput, run_leftovers, without_cluster


def test_nothing_left_is_exit_status_0() -> None:
    status, out, _ = run_leftovers(FakeProject(), "--yes")
    assert status == Exit.OK
    assert "No leftovers found in" in out


@pytest.mark.parametrize("arguments", [["--dry-run"], []])
def test_without_a_terminal_or_on_a_dry_run_nothing_is_removed(arguments: list[str]) -> None:
    project = without_cluster()
    status, out, _ = run_leftovers(project, *arguments)
    assert status == Exit.FAILED
    assert not project.removed
    assert "Nothing was removed" in out
    assert "16 left in project my-lab-42, stack gke; a month: $32.15 and 1 unknown." in out


def test_when_input_ends_the_rest_stays() -> None:
    project = without_cluster()
    status, out, _ = run_leftovers(project, answers="y\n")
    assert len(project.removed) == 1
    assert out.count("[y/N]") == 2
    assert "what was not confirmed stays" in out
    assert status == Exit.FAILED


def test_ctrl_c_at_a_question_is_an_interruption() -> None:
    class Leaving(TerminalInput):
        def readline(self, size: int | None = -1, /) -> str:
            raise KeyboardInterrupt

    project = without_cluster()
    err = io.StringIO()
    quiet = Console(file=io.StringIO())
    streams = Streams(stdin=Leaving(), stdout=quiet, stderr=Console(file=err), sleep=lambda _: None)
    with serving(project.answer) as google:
        status = main(ARGUMENTS, env={ENDPOINT: google.url}, streams=streams)
    assert status == Exit.INTERRUPTED
    assert "interrupted" in err.getvalue()
    assert not project.removed


def test_without_a_removal_leftovers_are_listed_once() -> None:
    assert run_leftovers(full_project(), "--yes")[1].count("forwarding rule  a1b2") == 1
    assert run_leftovers(without_cluster(), answers="n\n" * 20)[1].count("forwarding rule  a1b2") == 1


def test_the_sample_project_is_refused() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    streams = Streams(stdin=io.StringIO(), stdout=Console(file=stdout), stderr=Console(file=stderr))
    assert main([], env={}, streams=streams) == Exit.USAGE
    assert "--project ID" in stderr.getvalue()


def test_without_a_stack_s_file_project_and_cluster_are_asked_for() -> None:
    stderr = io.StringIO()
    quiet = Console(file=io.StringIO())
    streams = Streams(stdin=io.StringIO(), stdout=quiet, stderr=Console(file=stderr, width=120))
    assert main(["--stack", "gone", "--project", PROJECT], env={}, streams=streams) == Exit.USAGE
    assert "there is no Pulumi.gone.yaml" in stderr.getvalue()
    assert "--project ID --cluster NAME" in stderr.getvalue()


def test_the_script_runs_the_command() -> None:
    command = (ROOT / "scripts/leftovers").read_text().splitlines()[-1].removeprefix("exec ")
    line = command.replace('"$@"', " ".join([*ARGUMENTS, "--json"])).split()
    with serving(full_project().answer) as google:
        env = {**os.environ, ENDPOINT: google.url}
        done = subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["project"] == PROJECT
    assert os.access(ROOT / "scripts/leftovers", os.X_OK)
