"""The options that every kind of load has."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from producer.runtime.exit_status import Exit
from producer.shared.output_files import refuse_source, source_id
from producer.shared.rejects_file import RejectFile

WAIT_SECONDS = 120.0
_STATUSES = (Exit.OK, Exit.REJECTED, Exit.INCOMPLETE, Exit.UNAVAILABLE, Exit.INTERRUPTED)
STATUSES = "exit status: " + ", ".join(f"{status.value} {status.name.lower()}" for status in _STATUSES)


def add_shared_arguments(parser: argparse.ArgumentParser, *, things: str) -> None:
    """Add --rejects, --max-rejects, --tombstones, --wait and --json for a load of rows or of images."""
    parser.add_argument(
        "--rejects",
        metavar="FILE",
        type=Path,
        help=f"where the {things} that are not loaded go, as CSV (default: <name of the source>.rejects.csv; "
        "beside another load's file, <name of the source>.rejects-2.csv)",
    )
    parser.add_argument(
        "--max-rejects",
        metavar="N",
        type=_count,
        help=f"stop once more than N {things} are rejected; up to N are no failure (default: load to the end, and end "
        f"with status {Exit.REJECTED.value} if any was)",
    )
    parser.add_argument("--tombstones", action="store_true", help=f"delete the source's {things} instead of loading")
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_seconds,
        default=WAIT_SECONDS,
        help="how long to wait for a broker that has gone away (default: %(default)g)",
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")


def choose_rejects_file(
    args: argparse.Namespace, base_name: str, *, columns: tuple[str, ...], env: Mapping[str, str]
) -> RejectFile:
    """Return the file of rejects that the options say; raises SluiceError where it would be written over the source."""
    wanted = args.rejects or Path(f"{base_name}.rejects.csv")
    refuse_source(wanted, source=args.source, env=env, option="--rejects")
    file = RejectFile(
        wanted,
        columns=columns,
        source=source_id(args.source, env=env),
        named=args.rejects is not None,
    )
    refuse_source(file.path, source=args.source, env=env, option="--rejects")
    return file


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 86_400:  # noqa: PLR2004 — a day
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 1 to 86400")
    return seconds
