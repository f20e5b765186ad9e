"""`sluice load KIND SOURCE`: the kinds of things that can be loaded, and what is printed."""

import argparse
from collections.abc import Mapping
from typing import Any, Protocol

from rich.console import Console

from producer.gps.command import add_gps
from producer.images.command import add_images
from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console as OwnConsole
from producer.runtime.terminal import write_json


class Report(Protocol):
    """What every load returns."""

    @property
    def status(self) -> Exit:
        """The exit status."""
        ...

    @property
    def problem(self) -> str | None:
        """What must be said on standard error."""
        ...

    def as_json(self) -> dict[str, Any]:
        """Return what --json prints."""
        ...

    def lines_for_people(self) -> list[str]:
        """Return the report as sentences."""
        ...


def add_load_arguments(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add `gps SOURCE` and `images SOURCE` with their options to the kinds of things that can be loaded."""
    add_gps(kinds)
    add_images(kinds)


def run(args: argparse.Namespace, *, env: Mapping[str, str], console: Console, errors: Console | None = None) -> Exit:
    """Do what the arguments say; the report goes to `console`, progress and trouble to `errors` (standard error).

    Raises SluiceError where the load cannot begin.
    """
    errors = errors or OwnConsole(stderr=True)
    try:
        report: Report = args.load(args, env=env, errors=errors)
    except KeyboardInterrupt:
        errors.print("interrupted before anything was sent")
        return Exit.INTERRUPTED
    if args.json:
        write_json(report.as_json(), console.file)
    else:
        for line in report.lines_for_people():
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if report.problem:
        errors.print(report.problem, style="red", markup=False, highlight=False, soft_wrap=True)
    return report.status
