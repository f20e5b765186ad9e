"""The command `scripts/cost`."""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console

from infra.cost import cost_report
from infra.cost.billed_stack import cloud_of, settings_of, shape_of
from infra.cost.billing_catalog import live
from infra.cost.estimate import estimate
from infra.cost.price_table import Prices
from infra.gcp.google_api import KEY, Google
from infra.settings.gcp_checks import SAMPLE_VALUES
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import argument_parser


def main(arguments: Sequence[str], *, env: Mapping[str, str], stdout: Console, stderr: Console) -> Exit:
    """Run one command line; the exit status."""
    args = _parser().parse_args(arguments)
    try:
        _run(args, env, stdout, stderr)
    except SluiceError as error:
        stderr.print(f"cost: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return error.status
    return Exit.OK


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser(
        prog="scripts/cost",
        description="What a stack would cost on Google Cloud: an hour, a day, a month, and with its nodes at zero.",
        epilog=f"--live asks as who is signed in (gcloud auth application-default login), or with the key in {KEY}.",
    )
    parser.add_argument("--stack", default="gke", help="the stack, by its file Pulumi.STACK.yaml (default: gke)")
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="as if this setting were so; can be repeated",
    )
    parser.add_argument("--live", action="store_true", help="prices from the Cloud Billing catalogue, not the table")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--json", action="store_true", help="for programs")
    what.add_argument("--prices", action="store_true", help="every price with its date and source, and nothing else")
    return parser


def _run(args: argparse.Namespace, env: Mapping[str, str], stdout: Console, stderr: Console) -> None:
    settings = settings_of(args.stack, args.config)
    shape = shape_of(settings, args.stack)
    prices = Prices.load()
    if args.live:
        project = cloud_of(settings, args.stack).cluster.project
        google = Google.signed_in(
            env, project=None if project == SAMPLE_VALUES["gcp.project"] else project, key=env.get(KEY) or None
        )
        prices = _live(google, prices, shape.region, stderr)
    found = estimate(shape, prices)
    if args.prices:
        cost_report.show_prices(prices, stdout)
    elif args.json:
        stdout.print(
            json.dumps(cost_report.as_json(found, prices), indent=2), markup=False, highlight=False, soft_wrap=True
        )
    else:
        cost_report.show(found, prices, stdout, live=args.live)


def _live(google: Google, table: Prices, region: str, stderr: Console) -> Prices:
    found = live(google, table, region=region, today=datetime.now(tz=UTC).date())
    if found.kept:
        stderr.print(
            f"cost: from the table, as the catalogue has no SKU that is surely theirs: {', '.join(found.kept)}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    return found.prices
