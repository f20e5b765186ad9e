"""The command scripts/cost: estimates what a stack costs on Google Cloud."""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console

from infra.cost import cost_report
from infra.cost.billed_resources import count_billed_resources
from infra.cost.billing_catalog import fetch_prices
from infra.cost.estimate import estimate
from infra.cost.price_table import Prices
from infra.cost.quotas import TRIAL, Quotas, fetch_quotas
from infra.cost.stack_file import read_stack_settings, require_gcp_settings
from infra.gcp.google_api import KEY, ApiError, Google
from infra.settings.gcp_checks import SAMPLE_VALUES
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import argument_parser


def main(arguments: Sequence[str], *, env: Mapping[str, str], stdout: Console, stderr: Console) -> Exit:
    """Parse and run one command line; return the exit status."""
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
        description="Estimate what a stack costs on Google Cloud: an hour, a day, a month, and with its nodes at zero.",
        epilog=f"--live uses your credentials (gcloud auth application-default login), or the API key in {KEY}.",
    )
    parser.add_argument("--stack", default="gke", help="the stack whose Pulumi.STACK.yaml is read (default: gke)")
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="estimate with another value of a setting; can be repeated",
    )
    parser.add_argument(
        "--live",
        action="store_true",
        help="use the Cloud Billing catalogue's current prices, and the project's own quotas",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the estimate as JSON")
    output.add_argument("--prices", action="store_true", help="print the price table, with dates and sources")
    return parser


def _run(args: argparse.Namespace, env: Mapping[str, str], stdout: Console, stderr: Console) -> None:
    settings = read_stack_settings(args.stack, args.config)
    resources = count_billed_resources(settings, args.stack)
    prices, quotas = Prices.load(), TRIAL
    if args.live:
        project = require_gcp_settings(settings, args.stack).cluster.project
        known = None if project == SAMPLE_VALUES["gcp.project"] else project
        google = Google.signed_in(env, project=known, key=env.get(KEY) or None)
        prices = _current_prices(google, prices, resources.region, stderr)
        quotas = _current_quotas(google, known, resources.region, stderr)
    result = estimate(resources, prices)
    if args.prices:
        cost_report.print_prices(prices, stdout)
    elif args.json:
        stdout.print(
            json.dumps(cost_report.as_json(result, prices, quotas=quotas), indent=2),
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    else:
        cost_report.print_table(result, prices, stdout, live=args.live, quotas=quotas)


def _current_prices(google: Google, table: Prices, region: str, stderr: Console) -> Prices:
    catalog = fetch_prices(google, table, region=region, today=datetime.now(tz=UTC).date())
    if catalog.from_table:
        names = ", ".join(catalog.from_table)
        _say(stderr, f"from the price table, as the catalogue has no certain match for: {names}")
    return catalog.prices


def _current_quotas(google: Google, project: str | None, region: str, stderr: Console) -> Quotas:
    """Return the project's quotas; those of a trial, with a message, where they cannot be read."""
    if project is None:
        return TRIAL
    try:
        return fetch_quotas(google, project=project, region=region)
    except ApiError as error:
        _say(stderr, f"the quotas of {project} cannot be read ({error}): compared with a trial's")
        return TRIAL


def _say(stderr: Console, text: str) -> None:
    stderr.print(f"cost: {text}", markup=False, highlight=False, soft_wrap=True)
