"""Benchmark of Connect's converters: size, speed and schema checks of the same rows in five formats."""

import json
from collections.abc import Iterator

from producer.gps.encode_row import schema_text
from producer.gps.parse_row import parse_row
from producer.kafka.register_schema import registry_client
from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.format_costs import FormatBench
from tests.bench.formats import FORMATS, Record
from tests.bench.measurement import Cell, Figures, Report
from tests.bench.schema_changes import schema_changes

ROWS = 100_000


def converters(bench: BenchPipeline) -> Report:
    """Measure each format's costs and its reaction to changed schemas."""
    schema = json.loads(schema_text())
    registry = registry_client(bench.endpoints.compatible_registry)
    with bench.sink_stopped():
        records = list(_fixes(bench))
        format_benches = [FormatBench(bench, entry, schema=schema, registry=registry) for entry in FORMATS]
        costs = [_costs_in(format_bench, records) for format_bench in format_benches]
        for format_bench in format_benches:  # warm-up: else the first format would pay for compiling shared code
            format_bench.rows_out()
        costs = [
            (*cost, round(format_bench.rows_out())) for cost, format_bench in zip(costs, format_benches, strict=True)
        ]
        changes = schema_changes(bench, records[0], schema=schema, registry=registry)
    columns = ("converter", "bytes a value", "bytes stored", "stored with zstd", "rows/s in", "rows/s out")
    return Report(
        name="converters", tables=(Figures(title=f"{ROWS:,} fixes", columns=columns, rows=tuple(costs)), changes)
    )


def _fixes(bench: BenchPipeline) -> Iterator[Record]:
    names = [field["name"] for field in json.loads(schema_text())["fields"]]
    with bench.sample(ROWS).open("rb") as file:
        for line in file:
            yield dict(zip(names, parse_row(line.rstrip()), strict=True))


def _costs_in(format_bench: FormatBench, records: list[Record]) -> tuple[Cell, ...]:
    rows_in = format_bench.rows_in(records)
    return (
        format_bench.name,
        round(format_bench.bytes_of_values(records)),
        round(format_bench.bytes_stored(records, compression="none")),
        round(format_bench.bytes_stored(records, compression="zstd")),
        round(rows_in),
    )
