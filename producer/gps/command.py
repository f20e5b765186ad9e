"""`sluice load gps SOURCE`: its arguments, and a load as they say."""

import argparse
from collections.abc import Mapping

from rich.console import Console

from producer.gps import encode_row
from producer.gps.load import Load, LoadOptions
from producer.gps.load_report import LoadReport
from producer.kafka.connection import ProducerEndpoints
from producer.kafka.delivery import Delivery
from producer.shared.interrupts import Interrupts
from producer.shared.load_options import STATUSES, add_common_options, reject_file
from producer.shared.load_progress import LoadProgress
from producer.shared.rejects_file import ROWS, RejectFile
from producer.sources.log_source import SOURCES, Source, locate, open_source

_DESCRIPTION = """\
Load every row of a GPS log into Kafka. A row is acknowledged by the broker, or written to the rejects file with
the reason; the counts add up, or the exit status says so. Loading a log again changes nothing.

SOURCE is a file or a pipe, - for standard input, an http(s):// or gs:// URL, or nclt:DATE for a session of the NCLT
data set (nclt:2012-11-16/gps_rtk.csv for its other receiver). What gzip, bzip2 or xz has packed is unpacked. Of a tar
archive the one gps.csv is loaded, or the member named after two colons: archive.tar.gz::path/in/archive.

A first line that names the columns says where each is, in any order: utime (µs), fix_mode, satellites, latitude (rad),
longitude (rad), altitude (m), track (degrees), speed (m/s), or their usual short names. One that does not fit is
refused. Without it the columns are in this order."""


def add_gps(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add `gps SOURCE` with its options."""
    gps = kinds.add_parser(
        "gps",
        help="every row of a GPS log (NCLT's gps.csv)",
        description=_DESCRIPTION,
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    gps.add_argument("source", metavar="SOURCE", help=SOURCES)
    add_common_options(gps, things="rows")
    gps.set_defaults(load=load_gps)


def load_gps(args: argparse.Namespace, *, env: Mapping[str, str], errors: Console) -> LoadReport:
    """Load one log."""
    endpoints = ProducerEndpoints.from_env(env)
    rejects = reject_file(args, locate(args.source, env=env).base_name, columns=ROWS, env=env)
    options = LoadOptions(tombstones=args.tombstones, max_rejects=args.max_rejects)
    # The client comes first: it takes half a second to get the broker's leave, while the rest is made ready.
    with (
        Delivery(endpoints.producer.client_settings(), topic=encode_row.TOPIC, patience=args.wait) as delivery,
        open_source(args.source, env=env) as source,
        rejects as file,
    ):
        header = _register(endpoints)
        delivery.connect()
        report = _watched(source, delivery, header=header, rejects=file, options=options, errors=errors)
        if report.complete and (trouble := file.remove_old()):
            errors.print(trouble, markup=False, highlight=False, soft_wrap=True)
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
            progress.update(amount=delivery.acknowledged, position=source.position(), note=delivery.note)

        return Load(source, delivery=delivery, header=header, rejects=rejects, options=options, tick=tick).run()


def _register(endpoints: ProducerEndpoints) -> bytes:
    # The registry's client takes a fifth of a second to import: not for --help, nor for a source misspelt.
    from producer.kafka.register_schema import register  # noqa: PLC0415

    schema_id = register(encode_row.schema_text(), subject=encode_row.SUBJECT, url=endpoints.registry_compatible_url)
    return encode_row.header(schema_id)
