"""`sluice load gps SOURCE`: arguments, and what is printed."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from exits import Exit
from place import ProducerPlace
from producer import wire
from producer.delivery import Delivery
from producer.interrupts import Interrupts
from producer.load import Load, LoadOptions
from producer.progress import LoadProgress
from producer.rejects import RejectFile
from producer.report import LoadReport
from producer.sources import SOURCES, Source, locate, open_source

WAIT_SECONDS = 120.0
_STATUSES = (Exit.OK, Exit.REJECTED, Exit.INCOMPLETE, Exit.UNAVAILABLE, Exit.INTERRUPTED)
_DESCRIPTION = """\
Load every row of a GPS log into Kafka. A row is acknowledged by the broker, or written to the rejects file with
the reason; the counts add up, or the exit status says so. Loading a log again changes nothing.

SOURCE is a file, - for standard input, an http(s):// or gs:// URL, or nclt:DATE for a session of the NCLT data
set (nclt:2012-11-16/gps_rtk.csv for its other receiver). A .gz is unpacked. Of a .tar.gz the one gps.csv is
loaded, or the member named after two colons: archive.tar.gz::path/in/archive."""


def add_load_arguments(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add `gps SOURCE` with its options to the kinds of things that can be loaded."""
    gps = kinds.add_parser(
        "gps",
        help="every row of a GPS log (NCLT's gps.csv)",
        description=_DESCRIPTION,
        epilog="exit status: " + ", ".join(f"{status.value} {status.name.lower()}" for status in _STATUSES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    gps.add_argument("source", metavar="SOURCE", help=SOURCES)
    gps.add_argument(
        "--rejects",
        metavar="FILE",
        type=Path,
        help="where the rows that are not loaded go, as CSV (default: <name of the source>.rejects.csv)",
    )
    gps.add_argument(
        "--max-rejects",
        metavar="N",
        type=_count,
        help="stop once more than N rows are rejected; up to N are no failure (default: load to the end, and end "
        f"with status {Exit.REJECTED.value} if any was)",
    )
    gps.add_argument("--tombstones", action="store_true", help="delete the log's rows instead of loading them")
    gps.add_argument(
        "--wait",
        metavar="SECONDS",
        type=_seconds,
        default=WAIT_SECONDS,
        help="how long to wait for a broker that has gone away (default: %(default)g)",
    )
    gps.add_argument("--json", action="store_true", help="print the report as one JSON object")


def run(args: argparse.Namespace, *, env: Mapping[str, str], console: Console, errors: Console | None = None) -> Exit:
    """Do what the arguments say; the report goes to `console`, progress and trouble to `errors` (standard error).

    Raises SluiceError where the load cannot begin.
    """
    errors = errors or Console(stderr=True)
    try:
        report = load_gps(args, env=env, errors=errors)
    except KeyboardInterrupt:
        errors.print("interrupted before anything was sent")
        return Exit.INTERRUPTED
    if args.json:
        console.print(json.dumps(report.as_json()), markup=False, highlight=False, soft_wrap=True)
    else:
        for line in report.lines_for_people():
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if report.problem:
        errors.print(report.problem, style="red", markup=False, highlight=False, soft_wrap=True)
    return report.status


def load_gps(args: argparse.Namespace, *, env: Mapping[str, str], errors: Console) -> LoadReport:
    """Load one log."""
    place = ProducerPlace.from_env(env)
    rejects = args.rejects or Path(f"{locate(args.source, env=env).base_name}.rejects.csv")
    options = LoadOptions(tombstones=args.tombstones, max_rejects=args.max_rejects)
    # The client comes first: it takes half a second to get the broker's leave, while the rest is made ready.
    with (
        Delivery(place.producer.client_settings(), topic=wire.TOPIC, patience=args.wait) as delivery,
        open_source(args.source, env=env) as source,
        RejectFile(rejects) as file,
    ):
        header = _register(place)
        delivery.connect()
        report = _watched(source, delivery, header=header, rejects=file, options=options, errors=errors)
        file.remove_old()
    return report


def _watched(
    source: Source, delivery: Delivery, *, header: bytes, rejects: RejectFile, options: LoadOptions, errors: Console
) -> LoadReport:
    """Load with progress on standard error, heeding Ctrl-C."""
    with (
        LoadProgress(errors, name=source.name, size=source.size) as progress,
        Interrupts(say=lambda text: errors.print(text, highlight=False)) as interrupts,
    ):

        def tick() -> None:
            interrupts.check()
            progress.update(rows=delivery.acknowledged, position=source.position(), note=delivery.note)

        return Load(source, delivery=delivery, header=header, rejects=rejects, options=options, tick=tick).run()


def _register(place: ProducerPlace) -> bytes:
    # The registry's client takes a fifth of a second to import: not for --help, nor for a source misspelt.
    from producer.registry import register  # noqa: PLC0415

    schema_id = register(wire.schema_text(), subject=wire.SUBJECT, url=place.registry_compatible_url)
    return wire.header(schema_id)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 86_400:  # noqa: PLR2004 — a day
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 1 to 86400")
    return seconds
