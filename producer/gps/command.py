"""`sluice load gps SOURCE`: arguments, connections, and the run of the load."""

import argparse
from collections.abc import Mapping

from producer.gps.encode_row import TOPIC
from producer.gps.load import GpsLoad
from producer.gps.load_report import GpsLoadReport
from producer.gps.open_log import open_log
from producer.gps.row_formats import AVRO, FORMATS, RowEncoder, make_encoder, registered_schema
from producer.kafka.connection import ProducerEndpoints
from producer.kafka.delivery import Delivery
from producer.runtime.terminal import Console
from producer.shared.base_load import LoadOptions
from producer.shared.load_command import (
    STATUSES,
    Subparsers,
    add_shared_arguments,
    choose_rejects_file,
    remove_old_rejects,
    watch_load,
)
from producer.shared.load_progress import describe_rows
from producer.shared.rejects_file import ROWS
from producer.sources.log_location import LOG_SOURCES, locate_log

_DESCRIPTION = """\
Load every row of a GPS log into Kafka. A row is acknowledged by the broker, or written to the rejects file with
the reason; the counts add up, or the exit status says so. Loading a log again changes nothing.

SOURCE is a file or a pipe, - for standard input, an http(s):// or gs:// URL, or nclt:DATE for a session of the NCLT
data set (nclt:2012-11-16/gps_rtk.csv for its other receiver). Compressed input (gzip, bzip2, xz) is decompressed. Of a
tar archive the one gps.csv is loaded, or the member named after two colons: archive.tar.gz::path/in/archive.

A first line that names the columns gives their order: utime (µs), fix_mode, satellites, latitude (rad), longitude
(rad), altitude (m), track (degrees), speed (m/s), or their usual short names. A header with other columns or units is
an error. Without a header the columns are in this order."""


def add_gps_arguments(kinds: Subparsers) -> None:
    """Add `gps SOURCE` with its options to the kinds of sources."""
    gps = kinds.add_parser(
        "gps",
        help="every row of a GPS log (NCLT's gps.csv)",
        description=_DESCRIPTION,
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    gps.add_argument("source", metavar="SOURCE", help=LOG_SOURCES)
    gps.add_argument(
        "--format",
        choices=FORMATS,
        default=AVRO,
        help="how the rows are written: avro or protobuf with a schema in the registry, json with the schema in every "
        "record (default: %(default)s)",
    )
    add_shared_arguments(gps, unit="rows")
    gps.set_defaults(load=load_gps)


def load_gps(args: argparse.Namespace, *, env: Mapping[str, str], errors: Console) -> GpsLoadReport:
    """Load the log that `args` names; progress goes to `errors`. Raises SluiceError where the load cannot begin."""
    endpoints = ProducerEndpoints.from_env(env)
    rejects = choose_rejects_file(args, locate_log(args.source, env=env).base_name, columns=ROWS, env=env)
    # The client first: it connects and logs in by itself (half a second) while the source is opened.
    with (
        Delivery(endpoints.producer.client_settings(), topic=TOPIC, patience=args.wait) as delivery,
        open_log(args.source, env=env) as source,
        rejects as file,
    ):
        encoder = _make_encoder(args.format, endpoints)
        delivery.connect(report=lambda sentence: errors.print(sentence, soft_wrap=True))
        with watch_load(
            errors,
            name=source.name,
            size=source.size,
            position=source.position,
            delivery=delivery,
            amount=lambda: delivery.acknowledged,
            describe=describe_rows,
        ) as tick:
            options = LoadOptions(tombstones=args.tombstones, max_rejects=args.max_rejects)
            report = GpsLoad(source, delivery=delivery, encoder=encoder, rejects=file, options=options, tick=tick).run()
        if report.complete:
            remove_old_rejects(file, errors=errors)
    return report


def _make_encoder(name: str, endpoints: ProducerEndpoints) -> RowEncoder:
    """Register the schema of the values where their format needs that; returns the rows' encoder."""
    schema = registered_schema(name)
    if schema is None:
        return make_encoder(name, schema_id=0)
    # Imported late: it takes a fifth of a second, which --help and a misspelt source need not wait for.
    from producer.kafka.register_schema import register  # noqa: PLC0415

    registry = endpoints.compatible_registry
    return make_encoder(
        name, schema_id=register(schema.text, subject=schema.subject, registry=registry, kind=schema.type)
    )
