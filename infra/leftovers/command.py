"""The command `scripts/leftovers`."""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console

from infra.cost.billed_stack import cloud_of, settings_of
from infra.cost.price_table import Prices
from infra.gcp.google_api import Google
from infra.leftovers import leftovers_report
from infra.leftovers.find_all import Left, look
from infra.leftovers.kinds import Kind
from infra.leftovers.leftover import Leftover, Mark, cost
from infra.leftovers.remove import Hands, remove
from infra.leftovers.search_context import Search
from infra.settings.gcp_checks import SAMPLE_VALUES
from infra.settings.gcp_settings import GcpSettings
from infra.settings.stack_settings import Settings
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import argument_parser


@dataclass(frozen=True, kw_only=True)
class Streams:
    """Where answers are read, and where is written to."""

    stdin: TextIO
    stdout: Console
    stderr: Console
    sleep: Callable[[float], None] = time.sleep


def main(arguments: Sequence[str], *, env: Mapping[str, str], streams: Streams) -> Exit:
    """Run one command line; the exit status: 1 while anything is left, or could not be looked at."""
    args = _parser().parse_args(arguments)
    try:
        return _run(args, env, streams)
    except SluiceError as error:
        streams.stderr.print(f"leftovers: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return error.status
    except KeyboardInterrupt:
        streams.stderr.print("leftovers: interrupted; run it again to see what is left")
        return Exit.INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser(
        prog="scripts/leftovers",
        description="What a project on Google Cloud still holds that a stack made, what it costs a month, and its"
        " removal. On a terminal, each kind of thing is asked for. Exit status 1 while anything is left.",
        epilog="Asks Google as who is signed in: gcloud auth application-default login",
    )
    parser.add_argument("--stack", default="gke", help="whose things: the value of their label (default: gke)")
    parser.add_argument("--project", help="the project's id (default: as Pulumi.STACK.yaml has it)")
    parser.add_argument("--cluster", help="the cluster's name (default: as Pulumi.STACK.yaml has it)")
    parser.add_argument(
        "--with-cluster", action="store_true", help="remove the cluster too: for when its state is lost"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--yes", action="store_true", help="remove everything listed, without a question")
    how.add_argument("--dry-run", action="store_true", help="only list, and ask nothing")
    how.add_argument("--json", action="store_true", help="only list, for programs")
    return parser


def _run(args: argparse.Namespace, env: Mapping[str, str], streams: Streams) -> Exit:
    search = _search(args, env, streams)
    left = look(search)
    if args.json:
        text = json.dumps(leftovers_report.as_json(left, search), indent=2)
        streams.stdout.print(text, markup=False, highlight=False, soft_wrap=True)
        return _status(left)
    leftovers_report.show(left, search, streams.stdout)
    asks = streams.stdin.isatty()
    if not left.sure or args.dry_run or not (asks or args.yes):
        if left.sure:
            _say(streams.stdout, "Nothing was removed. On a terminal each kind is asked for; --yes asks nothing.")
        return _status(left)
    hands = Hands(
        confirm=lambda kind, items: args.yes or _confirm(streams, kind, items),
        say=lambda text: _say(streams.stdout, text),
        sleep=streams.sleep,
    )
    try:
        ordered = remove(search, left, hands, with_cluster=args.with_cluster)
    except EOFError:
        _say(streams.stdout, "\nNobody answers any more; what was not agreed to stays.")
        ordered = True
    if ordered:
        left = look(search)
        leftovers_report.show(left, search, streams.stdout)
    return _status(left)


def _search(args: argparse.Namespace, env: Mapping[str, str], streams: Streams) -> Search:
    settings = None if args.project and args.cluster else _settings(args.stack)
    cloud: GcpSettings | None = settings.gcp if settings else None
    project = args.project or (cloud.cluster.project if cloud else "")
    if project == SAMPLE_VALUES["gcp.project"]:
        raise SluiceError(
            f"Pulumi.{args.stack}.yaml has no project of yours yet: --project ID (gcloud projects list)",
            status=Exit.USAGE,
        )
    return Search(
        google=Google.signed_in(env, project=project, sleep=streams.sleep),
        project=project,
        mark=Mark(
            stack=args.stack.lower(),  # as a label's value may be
            cluster=args.cluster or (cloud.cluster.name if cloud else ""),
            namespace=settings.cluster.namespace if settings else "sluice",
        ),
        prices=Prices.load(),
        region=cloud.cluster.region if cloud else "us-central1",
    )


def _settings(stack: str) -> Settings:
    try:
        settings = settings_of(stack)
        cloud_of(settings, stack)
    except SluiceError as error:
        raise SluiceError(
            f"{error}\nWithout the stack's file: --project ID --cluster NAME", status=error.status
        ) from None
    return settings


def _confirm(streams: Streams, kind: Kind, items: tuple[Leftover, ...]) -> bool:
    names = ", ".join(item.name for item in items)
    what = f"this {kind.one}" if len(items) == 1 else f"these {len(items)} {kind.many}"
    lost = f" Lost with it: {kind.loses}." if kind.loses else ""
    _say(streams.stdout, f"Remove {what}: {names} (a month: {cost(items)})?{lost} [y/N] ", end="")
    answer = streams.stdin.readline()
    if not answer:
        raise EOFError
    return answer.strip().lower() in ("y", "yes")


def _status(left: Left) -> Exit:
    return Exit.OK if left.clean else Exit.FAILED


def _say(console: Console, text: str, *, end: str = "\n") -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True, end=end)
