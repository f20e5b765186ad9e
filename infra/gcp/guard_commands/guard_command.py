"""What scripts/extend and scripts/wake have in common: their arguments, their way to Google, their errors."""

import argparse
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from infra.gcp.guard_commands.guarded_cluster import Guarded, of_file, of_stack
from infra.gcp.guard_function.sluice_guard.environment import Mode, apis_of
from infra.gcp.guard_function.sluice_guard.google_requests import Api, ApiError
from producer.runtime import tls_trust
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import argument_parser

_LEAST_HOURS, _MOST_HOURS = 0.25, 720.0


def arguments(given: Sequence[str], *, program: str, about: str) -> argparse.Namespace:
    """Parse a command line; argparse ends the program where it is wrong."""
    parser = argument_parser(prog=f"scripts/{program}", description=about)
    parser.add_argument("hours", type=_hours, metavar="HOURS", help="from now, 0.25 to 720")
    parser.add_argument("--stack", default="gke", help="the Pulumi stack (default: gke)")
    parser.add_argument(
        "--guard", type=Path, metavar="FILE", help="the stack's output `guard` as JSON, where its state is not here"
    )
    return parser.parse_args(given)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours") from error
    if not _LEAST_HOURS <= hours <= _MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{text} is not between {_LEAST_HOURS:g} and {_MOST_HOURS:g} hours")
    return hours


def after(hours: float, *, now: datetime) -> datetime:
    """The time so many hours later, to the second."""
    return now.replace(microsecond=0) + timedelta(hours=hours)


def shown(time: datetime) -> str:
    """A time as a person reads it: UTC, and here."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({time.astimezone():%H:%M %Z} here)"


def promised(guarded: Guarded, until: datetime) -> str:
    """What the guard does when that time has come, or that it does nothing."""
    if guarded.mode == Mode.SCALE_TO_ZERO:
        when = f"The guard stops the nodes of {guarded.cluster} at {shown(until)}."
        return f"{when} Later, or sooner: scripts/extend HOURS"
    return (
        f"Nothing stops the nodes of {guarded.cluster}, at {shown(until)} or ever: guard.mode is {guarded.mode}. "
        f"pulumi config set guard.mode {Mode.SCALE_TO_ZERO}, and pulumi up, would."
    )


def guarded_of(args: argparse.Namespace, *, env: Mapping[str, str]) -> Guarded:
    """What the command works on; raises SluiceError."""
    return of_file(args.guard) if args.guard else of_stack(args.stack, env=env)


@contextmanager
def google(guarded: Guarded, *, env: Mapping[str, str]) -> Generator[Api]:
    """Google's APIs with this person's credentials; what they refuse is raised as SluiceError."""
    mistakes: list[str] = []
    apis = apis_of(env, mistakes=mistakes)
    if mistakes:
        raise SluiceError("; ".join(mistakes), status=Exit.USAGE)
    tls_trust.trust_system_store()
    try:
        yield Api(apis, quota_project=guarded.project)
    except ApiError as error:
        raise SluiceError(
            f"Google Cloud: {str(error).rstrip('.')}. "
            f"{tls_trust.explain_certificate_error(error, apis.container) or _remedy(error, env)}",
            status=Exit.UNAVAILABLE,
        ) from error


def _remedy(error: ApiError, env: Mapping[str, str]) -> str:
    if error.gone:
        return "Is the stack up? pulumi up --stack NAME makes what is missing"
    if not error.credentials:
        return "Where a right is missing, ask the project's owner; else try again"
    login = "Log in: gcloud auth application-default login"
    if shutil.which("gcloud", path=env.get("PATH", "")):
        return login
    return f"{login} (gcloud is not on the PATH: https://cloud.google.com/sdk/docs/install)"


def run(command: Callable[[], None], *, program: str, console: Console) -> Exit:
    """Run a command; its exit status."""
    try:
        command()
    except SluiceError as error:
        console.print(f"{program}: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return error.status
    except KeyboardInterrupt:
        console.print(f"{program}: interrupted; run it again to go on")
        return Exit.INTERRUPTED
    return Exit.OK
