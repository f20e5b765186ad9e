"""What a converter costs and what it watches over: the same fixes in four formats."""

import json
from collections.abc import Iterator

from confluent_kafka.schema_registry import SchemaRegistryClient

from producer.gps.encode_row import schema_text
from producer.gps.parse_row import parse_row
from tests.bench.bed import Bed
from tests.bench.formats import FORMATS, Record
from tests.bench.measurement import Cell, Figures, Report
from tests.bench.passage import Passage
from tests.bench.schema_changes import schema_changes

ROWS = 100_000


def converters(bed: Bed) -> Report:
    """Each format's cost, and what a change of the schema does to each."""
    schema = json.loads(schema_text())
    registry = SchemaRegistryClient({"url": bed.endpoints.registry_compatible_url, "timeout": 10, "max.retries": 3})
    with bed.sink_stopped():
        records = list(_fixes(bed))
        passages = [Passage(bed, entry, schema=schema, registry=registry) for entry in FORMATS]
        costs = [_costs_in(passage, records) for passage in passages]
        for passage in passages:  # for the worker's compiler: the first one would pay for what all share
            passage.rows_out()
        costs = [(*cost, round(passage.rows_out())) for cost, passage in zip(costs, passages, strict=True)]
        changes = schema_changes(bed, records[0], schema=schema, registry=registry)
    columns = ("converter", "bytes a value", "bytes stored", "stored with zstd", "rows/s in", "rows/s out")
    return Report(
        name="converters", tables=(Figures(title=f"{ROWS:,} fixes", columns=columns, rows=tuple(costs)), changes)
    )


def _fixes(bed: Bed) -> Iterator[Record]:
    names = [field["name"] for field in json.loads(schema_text())["fields"]]
    with bed.sample(ROWS).open("rb") as file:
        for line in file:
            yield dict(zip(names, parse_row(line.rstrip()), strict=True))


def _costs_in(passage: Passage, records: list[Record]) -> tuple[Cell, ...]:
    rows_in = passage.rows_in(records)
    return (
        passage.name,
        round(passage.bytes_of_values(records)),
        round(passage.bytes_stored(records, compression="none")),
        round(passage.bytes_stored(records, compression="zstd")),
        round(rows_in),
    )
