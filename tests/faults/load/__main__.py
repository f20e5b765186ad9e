"""`scripts/soak load [PART …]`: large loads, many small ones, and overload, each on a pipeline of its own."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console, argument_parser, write_json
from tests.faults.load.large_images import ImagesOptions, large_images
from tests.faults.load.large_rows import FORMS, RowsOptions, large_rows
from tests.faults.load.overload import OverloadOptions, overload
from tests.faults.load.part_result import PartResult
from tests.faults.load.small_loads import SmallLoadsOptions, small_loads
from tests.faults.load.soak_pipeline import PipelineOptions

_WIDTH = 160
_EPILOG = """\
Exit statuses: 0 nothing found; 1 something found (lines in red, and `found` in the JSON); 2 a mistake in the command
line; 130 Ctrl-C. A short form of all: --rows 200000 --files 10 --gigabytes 0.2 --loads 30 --seconds 30"""


def main() -> Exit:
    """Run the named parts, or all."""
    parser = _parser()
    args = parser.parse_args()
    if unknown := set(args.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore SIGINT
        signal.signal(number, signal.default_int_handler)
    progress = Console(stderr=True)
    results: list[PartResult] = []
    try:
        for name in args.parts or PARTS:
            progress.print(f"{name} …")
            results.append(PartResult(part=name))
            PARTS[name](args, progress, results[-1])
    except SluiceError as error:
        progress.print_error(str(error))
        return Exit.FAILED
    except KeyboardInterrupt:
        progress.print_error("interrupted; the pipeline is down and its folder removed")
        return Exit.INTERRUPTED
    finally:
        _show(results, as_json=args.json)
    return Exit.FAILED if any(result.found for result in results) else Exit.OK


def _show(results: list[PartResult], *, as_json: bool) -> None:
    if as_json:
        write_json([result.as_json() for result in results], sys.stdout, indent=2)
        return
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    for result in results:
        result.show(console)


def _rows(args: argparse.Namespace, console: Console, result: PartResult) -> None:
    options = RowsOptions(
        rows=args.rows, files=args.files, at_once=args.at_once, seed=args.seed, forms=tuple(args.forms or FORMS)
    )
    large_rows(options, _pipeline_options(args), console, result=result)


def _images(args: argparse.Namespace, console: Console, result: PartResult) -> None:
    options = ImagesOptions(gigabytes=args.gigabytes, seed=args.seed)
    # Redis allocates up to a quarter more than a value has.
    memory = args.redis_memory or round(options.gigabytes * 1e9 / 2**20 * 1.25) + 256
    large_images(options, _pipeline_options(args, redis_megabytes=memory), console, result=result)


def _small_loads(args: argparse.Namespace, console: Console, result: PartResult) -> None:
    options = SmallLoadsOptions(loads=args.loads, rows=args.rows_each, seed=args.seed)
    small_loads(options, _pipeline_options(args), console, result=result)


def _overload(args: argparse.Namespace, console: Console, result: PartResult) -> None:
    options = OverloadOptions(
        seconds=args.seconds, producers=args.producers, rows=args.rows_again, room_mebibytes=args.room, seed=args.seed
    )
    overload(options, _pipeline_options(args), console, result=result)


PARTS: dict[str, Callable[[argparse.Namespace, Console, PartResult], None]] = {
    "rows": _rows,
    "images": _images,
    "small-loads": _small_loads,
    "overload": _overload,
}


def _pipeline_options(args: argparse.Namespace, *, redis_megabytes: int = 512) -> PipelineOptions:
    return PipelineOptions(
        folder=args.folder, port_base=args.port_base, workers=args.workers, redis_megabytes=redis_megabytes
    )


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser(
        prog="scripts/soak load",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print the results as one JSON array")
    parser.add_argument(
        "--seed", metavar="N", type=int, default=1, help="seed of rows and images (default: %(default)s)"
    )
    for option, default, text in _SIZES:
        parser.add_argument(
            option, metavar="N", type=type(default), default=default, help=f"{text} (default: %(default)s)"
        )
    parser.add_argument("--forms", nargs="+", choices=FORMS, help="rows: how they are loaded (default: all forms)")
    parser.add_argument("--at-once", metavar="N", type=int, help="rows: loads at once (default: all that memory holds)")
    parser.add_argument(
        "--redis-memory", metavar="MIB", type=int, help="images: memory of Redis (default: what they need)"
    )
    parser.add_argument(
        "--folder", metavar="DIR", type=Path, help="where the pipeline's folder is made (default: $TMPDIR)"
    )
    parser.add_argument("--port-base", metavar="N", type=int, help="first port of the pipeline (default: free ones)")
    parser.add_argument("--workers", metavar="N", type=int, default=2, help="Connect workers (default: %(default)s)")
    return parser


_SIZES = (
    ("--rows", 10_000_000, "rows: number of rows"),
    ("--files", 100, "rows: files into which they are split"),
    ("--gigabytes", 5.0, "images: their size"),
    ("--loads", 1_000, "small-loads: number of loads"),
    ("--rows-each", 1_000, "small-loads: rows of each"),
    ("--seconds", 600, "overload: how long"),
    ("--producers", 3, "overload: loads at the same time"),
    ("--rows-again", 2_000_000, "overload: rows that each loads again and again"),
    ("--room", 2048, "overload: MiB of the disk that the topics may take"),
)


if __name__ == "__main__":
    sys.exit(main())
