"""Shared by scripts/extend, scripts/wake and scripts/guard-test: arguments, connection to Google's APIs, errors."""

import argparse
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from infra.gcp.guard_commands.guarded_cluster import GuardedCluster, read_output_file, read_stack_output
from infra.gcp.guard_function.sluice_guard.environment import Mode, parse_api_urls
from infra.gcp.guard_function.sluice_guard.google_requests import ApiClient, ApiError
from producer.runtime import tls_trust
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import argument_parser

_LEAST_HOURS, _MOST_HOURS = 0.25, 720.0


def parse_arguments(arguments: Sequence[str], *, program: str, about: str) -> argparse.Namespace:
    """Parse a command line; a mistake in it ends the program (argparse)."""
    parser = argument_parser(prog=f"scripts/{program}", description=about)
    parser.add_argument("hours", type=_hours, metavar="HOURS", help="hours from now, 0.25 to 720")
    add_stack_options(parser)
    return parser.parse_args(arguments)


def add_stack_options(parser: argparse.ArgumentParser) -> None:
    """Add --stack and --guard, which load_guarded_cluster reads."""
    parser.add_argument("--stack", default="gke", help="the Pulumi stack (default: gke)")
    parser.add_argument(
        "--guard", type=Path, metavar="FILE", help="read the stack's output `guard` (JSON) from this file"
    )


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of hours") from error
    if not _LEAST_HOURS <= hours <= _MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{text} is not between {_LEAST_HOURS:g} and {_MOST_HOURS:g} hours")
    return hours


def time_in(hours: float, *, now: datetime) -> datetime:
    """Return the time `hours` after `now`, to the second."""
    return now.replace(microsecond=0) + timedelta(hours=hours)


def format_time(time: datetime) -> str:
    """Format a time for display: in UTC, and in the local time zone."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({time.astimezone():%H:%M %Z} here)"


def describe_stop(guarded: GuardedCluster, until: datetime) -> str:
    """Return a sentence: that the guard stops the nodes at `until`, or that its mode prevents that."""
    if guarded.mode == Mode.SCALE_TO_ZERO:
        when = f"The guard stops the nodes of {guarded.cluster} at {format_time(until)}."
        return f"{when} To change the time: scripts/extend HOURS{_describe_deletion(guarded)}"
    return (
        f"Nothing stops the nodes of {guarded.cluster}, at {format_time(until)} or later: guard.mode is "
        f"{guarded.mode}. To stop them: pulumi config set guard.mode {Mode.SCALE_TO_ZERO}, then pulumi up."
    )


def _describe_deletion(guarded: GuardedCluster) -> str:
    if not guarded.delete_after_days:
        return ""
    return (
        f". {guarded.delete_after_days} days after that at the earliest, if they stay stopped, it deletes the cluster"
        " with all data (guard.deleteAfterDays), and sends two warnings before"
    )


def load_guarded_cluster(args: argparse.Namespace, *, env: Mapping[str, str]) -> GuardedCluster:
    """Read the stack's output `guard`, from --guard or from Pulumi; raises SluiceError."""
    return read_output_file(args.guard) if args.guard else read_stack_output(args.stack, env=env)


@contextmanager
def google_client(guarded: GuardedCluster, *, env: Mapping[str, str]) -> Generator[ApiClient]:
    """Connect to Google's APIs with the user's credentials; ApiError of the block is raised as SluiceError."""
    mistakes: list[str] = []
    urls = parse_api_urls(env, mistakes=mistakes)
    if mistakes:
        raise SluiceError("; ".join(mistakes), status=Exit.USAGE)
    tls_trust.trust_system_store()
    try:
        yield ApiClient(urls, quota_project=guarded.project)
    except ApiError as error:
        raise SluiceError(
            f"Google Cloud: {str(error).rstrip('.')}. "
            f"{tls_trust.explain_certificate_error(error, urls.container) or _remedy(error, env)}",
            status=Exit.UNAVAILABLE,
        ) from error


def _remedy(error: ApiError, env: Mapping[str, str]) -> str:
    if error.not_found:
        return "Is the stack up? pulumi up --stack NAME creates what is missing"
    if not error.credentials:
        return "If a permission is missing, ask the project's owner; otherwise try again"
    login = "Log in: gcloud auth application-default login"
    if shutil.which("gcloud", path=env.get("PATH", "")):
        return login
    return f"{login} (gcloud is not on the PATH: https://cloud.google.com/sdk/docs/install)"


def run_command(command: Callable[[], None], *, program: str, console: Console) -> Exit:
    """Run a command; return its exit status."""
    try:
        command()
    except SluiceError as error:
        console.print(f"{program}: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return error.status
    except KeyboardInterrupt:
        console.print(f"{program}: interrupted; run it again to continue")
        return Exit.INTERRUPTED
    return Exit.OK
