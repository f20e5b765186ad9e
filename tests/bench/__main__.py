"""`scripts/bench [NAME…] [--json]`."""

import argparse
import signal
import sys
from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.bench.bench_pipeline import BenchPipeline, bench_pipeline
from tests.bench.console import console
from tests.bench.converters import converters
from tests.bench.database import csv_to_database
from tests.bench.images import images_to_redis
from tests.bench.kafka import csv_to_kafka, csv_to_kafka_lab
from tests.bench.measurement import Figures, Measurement, Report, Result
from tests.bench.mysql_sink import mysql_sink
from tests.bench.redis_writes import redis_sink
from tests.bench.scaling import scaling
from tests.bench.startup_and_memory import memory, start

_FUNCTIONS: tuple[Callable[[BenchPipeline], Result], ...] = (
    memory,
    start,
    csv_to_kafka,
    csv_to_kafka_lab,
    csv_to_database,
    mysql_sink,
    images_to_redis,
    redis_sink,
    converters,
    scaling,
    console,
)
BENCHMARKS = {function.__name__: function for function in _FUNCTIONS}
_TIMES = (
    "On two quiet cores console takes ten minutes, scaling eight, converters three, each of the others one to "
    "two. The results of converters, scaling and console are in docs/converters.md, docs/connect.md and "
    "docs/performance.md."
)


def main() -> None:
    """Run the named benchmarks, or all."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, epilog=_TIMES)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"benchmark: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object with a key for each benchmark")
    args = parser.parse_args()
    if unknown := set(args.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    progress = Console(stderr=True)
    found: list[Result] = []
    with bench_pipeline() as pipeline:
        for name in args.names or BENCHMARKS:
            progress.print(f"{name} …")
            found.append(BENCHMARKS[name](pipeline))
            progress.print(f"  {found[-1].summary()}", highlight=False)
    if args.json:
        Console().print_json(data={entry.name: entry.as_json() for entry in found})
    else:
        _show(found, Console(width=None if sys.stdout.isatty() else 160))


def _show(found: list[Result], console: Console) -> None:
    """Print the ratios in one table, then the other tables."""
    if ratios := [entry for entry in found if isinstance(entry, Measurement)]:
        console.print(_ratios(ratios))
    for figures in (figures for entry in found for figures in _tables(entry)):
        console.print(_figures(figures))


def _tables(entry: Result) -> tuple[Figures, ...]:
    if isinstance(entry, Report):
        return entry.tables
    return (entry.figures,) if isinstance(entry, Measurement) and entry.figures else ()


def _figures(figures: Figures) -> Table:
    table = Table(*figures.columns, title=figures.title, title_justify="left", show_lines=True)
    for row in figures.rows:
        table.add_row(*(escape(cell) if isinstance(cell, str) else f"{cell:,}" for cell in row))
    return table


def _ratios(found: list[Measurement]) -> Table:
    table = Table("measurement", "ours", "peer", "unit", "ours / peer", "goal", "the peer")
    for entry in found:
        table.add_row(
            entry.name,
            f"{entry.ours:,.1f}",
            f"{entry.peer:,.1f}",
            entry.unit,
            f"{entry.ratio:.2f}",
            entry.goal,
            entry.what,
        )
    return table


if __name__ == "__main__":
    main()
