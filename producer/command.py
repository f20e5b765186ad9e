"""`sluice load KIND SOURCE`: adds the sub-commands `gps` and `images`, runs a load and prints its report."""

import argparse
from collections.abc import Mapping

from producer.gps.command import add_gps_arguments
from producer.images.command import add_images_arguments
from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console, write_json
from producer.shared.base_report import Report
from producer.shared.load_command import Subparsers


def add_load_arguments(kinds: Subparsers) -> None:
    """Add `gps SOURCE` and `images SOURCE` with their options; `kinds` is the sub-parsers of `load`."""
    add_gps_arguments(kinds)
    add_images_arguments(kinds)


def run(args: argparse.Namespace, *, env: Mapping[str, str], console: Console, errors: Console | None = None) -> Exit:
    """Run the load that `args` describe; returns the exit status.

    The report goes to `console`, progress and problems to `errors` (default: standard error). Raises SluiceError
    where the load cannot begin.
    """
    errors = errors or Console(stderr=True)
    try:
        report: Report = args.load(args, env=env, errors=errors)
    except KeyboardInterrupt:
        errors.print("interrupted before anything was sent")
        return Exit.INTERRUPTED
    if args.json:
        write_json(report.as_json(), console.file)
    else:
        for line in report.as_lines():
            console.print(line, soft_wrap=True)
    if report.problem:
        errors.print_error(report.problem)
    return report.status
