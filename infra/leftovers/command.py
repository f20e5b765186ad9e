"""The command scripts/leftovers: lists and removes leftovers of a stack."""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console

from infra.cost.price_table import Prices
from infra.cost.stack_file import read_stack_settings, require_gcp_settings
from infra.gcp.google_api import Google
from infra.leftovers import leftovers_report
from infra.leftovers.find_all import SearchResult, find_all
from infra.leftovers.kinds import Kind
from infra.leftovers.leftover import Leftover, format_cost
from infra.leftovers.remove import Interaction, remove
from infra.leftovers.search_context import Owner, SearchContext
from infra.settings.gcp_checks import SAMPLE_VALUES
from infra.settings.gcp_settings import GcpSettings
from infra.settings.stack_settings import Settings
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import argument_parser


@dataclass(frozen=True, kw_only=True)
class Streams:
    """Standard streams, and `sleep`, which tests replace."""

    stdin: TextIO
    stdout: Console
    stderr: Console
    sleep: Callable[[float], None] = time.sleep


def main(arguments: Sequence[str], *, env: Mapping[str, str], streams: Streams) -> Exit:
    """Parse and run one command line; return the exit status: 1 while anything is left, or could not be listed."""
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
        description="List the resources of a stack on Google Cloud that outlived `pulumi destroy`, with their cost a"
        " month, and remove them. On a terminal it asks before it removes a kind of resource. Exit status 1 while"
        " anything is left, or could not be listed.",
        epilog="It uses your credentials: gcloud auth application-default login",
    )
    parser.add_argument("--stack", default="gke", help="the stack, as in the label sluice-stack (default: gke)")
    parser.add_argument("--project", help="id of the project (default: from Pulumi.STACK.yaml)")
    parser.add_argument("--cluster", help="name of the cluster (default: from Pulumi.STACK.yaml)")
    parser.add_argument("--with-cluster", action="store_true", help="remove the cluster too, if Pulumi's state is lost")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--yes", action="store_true", help="remove everything listed without asking")
    mode.add_argument("--dry-run", action="store_true", help="only list")
    mode.add_argument("--json", action="store_true", help="only list, as JSON")
    return parser


def _run(args: argparse.Namespace, env: Mapping[str, str], streams: Streams) -> Exit:
    context = _search_context(args, env, streams)
    result = find_all(context)
    if args.json:
        text = json.dumps(leftovers_report.as_json(result, context), indent=2)
        streams.stdout.print(text, markup=False, highlight=False, soft_wrap=True)
        return _status(result)
    leftovers_report.print_table(result, context, streams.stdout)
    interactive = streams.stdin.isatty()
    if not result.certain or args.dry_run or not (interactive or args.yes):
        if result.certain:
            _say(streams.stdout, "Nothing was removed. On a terminal it asks for each kind; --yes does not ask.")
        return _status(result)
    interaction = Interaction(
        confirm=lambda kind, items: args.yes or _confirm(streams, kind, items),
        say=lambda text: _say(streams.stdout, text),
        sleep=streams.sleep,
    )
    try:
        requested = remove(context, result, interaction, with_cluster=args.with_cluster)
    except EOFError:
        _say(streams.stdout, "\nThe input has ended; what was not confirmed stays.")
        requested = True
    if requested:
        result = find_all(context)
        leftovers_report.print_table(result, context, streams.stdout)
    return _status(result)


def _search_context(args: argparse.Namespace, env: Mapping[str, str], streams: Streams) -> SearchContext:
    settings = None if args.project and args.cluster else _settings(args.stack)
    cloud: GcpSettings | None = settings.gcp if settings else None
    project = args.project or (cloud.cluster.project if cloud else "")
    if project == SAMPLE_VALUES["gcp.project"]:
        raise SluiceError(
            f"Pulumi.{args.stack}.yaml still has the example's project: --project ID (gcloud projects list)",
            status=Exit.USAGE,
        )
    return SearchContext(
        google=Google.signed_in(env, project=project, sleep=streams.sleep),
        project=project,
        owner=Owner(
            stack=args.stack.lower(),  # a label's value has no capitals
            cluster=args.cluster or (cloud.cluster.name if cloud else ""),
            namespace=settings.cluster.namespace if settings else "sluice",
        ),
        prices=Prices.load(),
        region=cloud.cluster.region if cloud else "us-central1",
    )


def _settings(stack: str) -> Settings:
    try:
        settings = read_stack_settings(stack)
        require_gcp_settings(settings, stack)
    except SluiceError as error:
        raise SluiceError(
            f"{error}\nWithout the stack's file: --project ID --cluster NAME", status=error.status
        ) from None
    return settings


def _confirm(streams: Streams, kind: Kind, items: tuple[Leftover, ...]) -> bool:
    names = ", ".join(item.name for item in items)
    items_text = f"this {kind.singular}" if len(items) == 1 else f"these {len(items)} {kind.plural}"
    lost = f" Lost with it: {kind.data_lost}." if kind.data_lost else ""
    _say(streams.stdout, f"Remove {items_text}: {names} (a month: {format_cost(items)})?{lost} [y/N] ", end="")
    answer = streams.stdin.readline()
    if not answer:
        raise EOFError
    return answer.strip().lower() in ("y", "yes")


def _status(result: SearchResult) -> Exit:
    return Exit.OK if result.clean else Exit.FAILED


def _say(console: Console, text: str, *, end: str = "\n") -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True, end=end)
