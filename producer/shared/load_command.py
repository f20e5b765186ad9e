"""What `sluice load gps` and `sluice load images` share: options, rejects file, progress and Ctrl-C."""

import argparse
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console
from producer.shared.interrupts import Interrupts
from producer.shared.load_progress import LoadProgress
from producer.shared.output_files import refuse_source, source_id
from producer.shared.rejects_file import RejectFile

if TYPE_CHECKING:
    from producer.kafka.delivery import Delivery

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # pyright: ignore[reportPrivateUsage]
WAIT_SECONDS = 120.0
_STATUSES = (Exit.OK, Exit.REJECTED, Exit.INCOMPLETE, Exit.UNAVAILABLE, Exit.INTERRUPTED)
STATUSES = "exit status: " + ", ".join(f"{status.value} {status.name.lower()}" for status in _STATUSES)
"""Epilog of --help."""


def add_shared_arguments(parser: argparse.ArgumentParser, *, unit: str) -> None:
    """Add --rejects, --max-rejects, --tombstones, --wait and --json; `unit` is "rows" or "images"."""
    parser.add_argument(
        "--rejects",
        metavar="FILE",
        type=Path,
        help=f"CSV file for rejected {unit} (default: <name of the source>.rejects.csv, or .rejects-2.csv if "
        "that is of another source)",
    )
    parser.add_argument(
        "--max-rejects",
        metavar="N",
        type=_parse_count,
        help=f"stop once more than N {unit} are rejected; up to N are no failure (default: load to the end, then "
        f"exit with status {Exit.REJECTED.value} if any was rejected)",
    )
    parser.add_argument("--tombstones", action="store_true", help=f"delete the source's {unit} instead of loading")
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_parse_seconds,
        default=WAIT_SECONDS,
        help="how long to wait for a broker that has gone away (default: %(default)g)",
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")


def choose_rejects_file(
    args: argparse.Namespace, base_name: str, *, columns: tuple[str, ...], env: Mapping[str, str]
) -> RejectFile:
    """Return the rejects file that --rejects names, else one named after the source.

    Raises SluiceError if it is the source or inside it.
    """
    path = args.rejects or Path(f"{base_name}.rejects.csv")
    refuse_source(path, source=args.source, env=env, option="--rejects")
    file = RejectFile(
        path,
        columns=columns,
        source=source_id(args.source, env=env),
        named=args.rejects is not None,
    )
    refuse_source(file.path, source=args.source, env=env, option="--rejects")
    return file


def remove_old_rejects(file: RejectFile, *, errors: Console) -> None:
    """Remove an earlier load's rejects after a complete load; prints a message if they cannot be removed."""
    if problem := file.remove_old():
        errors.print(problem, soft_wrap=True)


@contextmanager
def watch_load(
    errors: Console,
    *,
    name: str,
    size: int | None,
    position: Callable[[], int],
    delivery: "Delivery",
    amount: Callable[[], int],
    describe: Callable[[int, float], str],
) -> Generator[Callable[[], None]]:
    """Show progress on standard error and handle Ctrl-C; yields the load's tick.

    `name`, `size` (bytes) and `position` are the source's; `amount` returns what is acknowledged so far, which
    `describe` puts into words (see LoadProgress).
    """
    with (
        LoadProgress(errors, name=name, size=size, describe=describe) as progress,
        Interrupts(say=errors.print) as interrupts,
    ):

        def tick() -> None:
            interrupts.check()
            progress.update(amount=amount(), position=position(), note=delivery.note)

        yield tick


def _parse_count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _parse_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 86_400:  # noqa: PLR2004 — a day
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 1 to 86400")
    return seconds
