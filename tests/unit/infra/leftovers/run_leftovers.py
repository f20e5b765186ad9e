"""Run scripts/leftovers on a fake project."""

import io

from rich.console import Console

from infra.gcp.google_api import ENDPOINT
from infra.leftovers.command import Streams, main
from producer.runtime.exit_status import Exit
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.leftovers.fake_project import PROJECT, FakeProject, full_project

ARGUMENTS = ("--project", PROJECT, "--cluster", "sluice")


class TerminalInput(io.StringIO):
    """Standard input on a terminal."""

    def isatty(self) -> bool:
        return True


def run_leftovers(project: FakeProject, *arguments: str, answers: str | None = None) -> tuple[Exit, str, str]:
    """Run the command; return its exit status, stdout and stderr. With `answers`, stdin is a terminal."""
    stdout, stderr = io.StringIO(), io.StringIO()
    streams = Streams(
        stdin=io.StringIO() if answers is None else TerminalInput(answers),
        stdout=Console(file=stdout, width=120),
        stderr=Console(file=stderr, width=120),
        sleep=lambda _: None,
    )
    with serving(project.answer) as google:
        status = main([*ARGUMENTS, *arguments], env={ENDPOINT: google.url}, streams=streams)
    return status, stdout.getvalue(), stderr.getvalue()


def without_cluster() -> FakeProject:
    """Return a project after a `pulumi destroy` that left resources behind."""
    project = full_project()
    del project.resources["clusters"], project.resources["instances"]
    project.resources["disks"][1].pop("users")
    return project
