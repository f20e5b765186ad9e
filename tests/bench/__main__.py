"""`scripts/bench [NAME…] [--json]`."""

import argparse
import signal
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from tests.bench.bed import bed
from tests.bench.database import csv_to_database
from tests.bench.kafka import csv_to_kafka, csv_to_kafka_lab
from tests.bench.measurement import Measurement
from tests.bench.place import memory, start

BENCHMARKS = {
    function.__name__: function for function in (memory, start, csv_to_kafka, csv_to_kafka_lab, csv_to_database)
}


def main() -> None:
    """Run the benchmarks that are named, or all."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print one object, a key for each measurement")
    args = parser.parse_args()
    if unknown := set(args.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    progress = Console(stderr=True)
    found: list[Measurement] = []
    with bed() as pipeline:
        for name in args.names or BENCHMARKS:
            progress.print(f"{name} …")
            found.append(BENCHMARKS[name](pipeline))
            progress.print(
                f"  {found[-1].ratio:.2f} ({found[-1].ours:,.1f} against {found[-1].peer:,.1f} {found[-1].unit})"
            )
    if args.json:
        Console().print_json(data={entry.name: _public(entry) for entry in found})
    else:
        Console(width=None if sys.stdout.isatty() else 140).print(_table(found))


def _public(entry: Measurement) -> dict[str, object]:
    return {name: value for name, value in asdict(entry).items() if name != "name"}


def _table(found: list[Measurement]) -> Table:
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
