"""Arguments of `sluice proof`, their checks, and the options that a proof takes from them."""

import shlex
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from producer.images.selection_arguments import add_selection_arguments
from producer.runtime.exit_status import Exit, SluiceError
from producer.shared.output_files import refuse_source, source_id, why_not_writable
from producer.sources.log_location import LOG_SOURCES
from sluice.proof.shared.report_file import DEFAULT_REPORT, report_path

DEFAULT_LIST = 20
DEFAULT_WAIT = 60.0


@dataclass(frozen=True, kw_only=True)
class ProofOptions:
    """Options of a proof."""

    absent: bool = False
    """Prove that nothing of the source is in the store, instead of everything."""
    allow_extra: bool = False
    """Rows or images of other sources are no fault."""
    wait_seconds: float
    """Longest time to wait for the sink."""

    @classmethod
    def from_args(cls, args: Namespace) -> Self:
        """Take the options from the parsed arguments."""
        return cls(absent=args.absent, allow_extra=args.allow_extra, wait_seconds=args.wait)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `sluice proof`."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        nargs="?",
        help=f"the log that was loaded ({LOG_SOURCES}), or the folder or archive of images; on a cluster, without "
        "SOURCE, the report of the cluster's own proof is fetched",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(DEFAULT_REPORT),
        metavar="FILE",
        help="the report (%(default)s, or proof-2.html if that is the report on another source)",
    )
    parser.add_argument(
        "--list",
        type=_whole_number,
        default=DEFAULT_LIST,
        metavar="N",
        help="how many missing, different, extra and rejected ones to list of each (%(default)s)",
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=DEFAULT_WAIT,
        metavar="SECONDS",
        help="how long to wait for the sink to catch up (%(default)g)",
    )
    parser.add_argument("--absent", action="store_true", help="prove instead that nothing of SOURCE is in the store")
    parser.add_argument("--allow-extra", action="store_true", help="rows or images of other sources are no fault")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object, without progress")
    parser.add_argument(
        "--progress", action="store_true", help="with --json: print progress on standard error, each step one object"
    )
    images = parser.add_argument_group("selection of images", "the same as for the load; for images only")
    add_selection_arguments(images)  # pyright: ignore[reportArgumentType] a group adds arguments as a parser does


def check_output(args: Namespace, *, env: Mapping[str, str]) -> None:
    """Check that the report can be written, before anything is queried; raises SluiceError (USAGE)."""
    path: Path = args.output
    if why := why_not_writable(path):
        raise SluiceError(f"the report cannot be written to {path}: {why}; choose another with -o", status=Exit.USAGE)
    refuse_source(path, source=args.source, env=env, option="-o")
    refuse_source(report_path(path, source=source_id(args.source, env=env)), source=args.source, env=env, option="-o")


def check_log_arguments(args: Namespace) -> None:
    """Check that no option selects images, for SOURCE is a log; raises SluiceError (USAGE)."""
    if given := _selection_arguments(args):
        raise SluiceError(
            f"{given[0]} selects images, but {args.source} is a log; --list sets how many rows are listed",
            status=Exit.USAGE,
        )


def format_command(args: Namespace, name: str) -> str:
    """Return the command line; `name` is the source for display, since a URL can contain a password."""
    words = ["sluice", "proof", "-" if args.source == "-" else name]
    words += _selection_arguments(args)
    words += ["--wait", f"{args.wait:g}"] if args.wait != DEFAULT_WAIT else []
    words += ["--list", str(args.list)] if args.list != DEFAULT_LIST else []
    words += ["--absent"] if args.absent else []
    words += ["--allow-extra"] if args.allow_extra else []
    words += ["--output", str(args.output)] if str(args.output) != DEFAULT_REPORT else []
    return shlex.join(words)


def _selection_arguments(args: Namespace) -> list[str]:
    words = ["--camera", ",".join(args.camera)] if args.camera else []
    words += ["--every", str(args.every)] if args.every != 1 else []
    words += ["--limit", str(args.limit)] if args.limit is not None else []
    words += ["--max-bytes", str(args.max_bytes)] if args.max_bytes is not None else []
    return words


def _whole_number(text: str) -> int:
    if not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a number of rows")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
