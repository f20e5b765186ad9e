"""Tries changed schemas with each format: the registry's answer, and the result in a sink and a table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError

from producer.kafka.register_schema import COMPATIBILITY
from sluice.local.pipeline_spec import Topic
from sluice.stack_trace import innermost_cause
from tests.bench.bench_pipeline import PEER_TOPIC, BenchPipeline, create_topics
from tests.bench.formats import FORMATS, Format, Record, Schema
from tests.bench.measurement import Cell, Figures
from tests.bench.sink_connector import MYSQL_SINK, Sink, connector_settings
from tests.run_sluice import wait_for

TABLE = "bench_changes"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of the schema: a field that is new, removed (`field` None) or of another type, and its value."""

    what: str
    name: str
    field: Mapping[str, Any] | None = None
    value: Any = None
    column: str = ""
    """Column definition to add to the table after the sink has stopped for lack of it."""

    def schema(self, schema: Schema) -> Schema:
        """Return the schema after the change."""
        fields = {field["name"]: field for field in schema["fields"]}
        return {**schema, "fields": list(self._changed(fields, self.field).values())}

    def record(self, record: Record) -> Record:
        """Return a record after the change."""
        return self._changed(record, None if self.field is None else self.value)

    def _changed(self, entries: Mapping[str, Any], new: Any) -> dict[str, Any]:
        changed = {**entries, self.name: new}
        if self.field is None:
            del changed[self.name]
        return changed


CHANGES = (
    Change(
        what="a new field that may be null",
        name="accuracy",
        field={"name": "accuracy", "type": ["null", "double"], "default": None},
        value=1.5,
        column="accuracy DOUBLE",
    ),
    Change(
        what="a new field, always there",
        name="accuracy",
        field={"name": "accuracy", "type": "double"},
        value=1.5,
    ),
    Change(what="speed gone, whose column may be null", name="speed"),
    Change(what="satellites gone, whose column may not", name="satellites"),
    Change(
        what="satellites: int to long",
        name="satellites",
        field={"name": "satellites", "type": "long"},
        value=7,
    ),
    Change(
        what="fix_mode: int to text",
        name="fix_mode",
        field={"name": "fix_mode", "type": "string"},
        value="three",
    ),
)


def schema_changes(bench: BenchPipeline, record: Record, *, schema: Schema, registry: SchemaRegistryClient) -> Figures:
    """For each format and change: send a record before and after the change, and report producer and sink."""
    rows: list[tuple[Cell, ...]] = []
    for format_ in FORMATS:
        # A sink that gets no fields stops at the first record anyway.
        for changes in [(change,) for change in CHANGES] if format_.has_fields else [CHANGES]:
            trial = _Trial(bench=bench, format=format_, topic=f"{PEER_TOPIC}-change-{len(rows)}")
            refusal = trial.send(record, changes, schema=schema, registry=registry)
            what = changes[0].what if format_.has_fields else "any of these"
            column = changes[0].column if format_.has_fields else ""
            said = "" if refusal else trial.sink(len(changes) + 1, column=column)
            rows.append((format_.name, what, refusal or "sent", said))
    columns = ("converter", "change", "producer", "sink into a table")
    return Figures(title="a changed schema", columns=columns, rows=tuple(rows))


@dataclass(frozen=True, kw_only=True)
class _Trial:
    bench: BenchPipeline
    format: Format
    topic: str

    def send(
        self, record: Record, changes: tuple[Change, ...], *, schema: Schema, registry: SchemaRegistryClient
    ) -> str:
        """Send the record before and after each change; returns why the registry rejects one, or ""."""
        create_topics(self.bench.instance, Topic(name=self.topic, partitions=1, replicas=1, config={}))
        values = [self.format.serialiser(schema, self.topic, registry)(record)]
        if f"{self.topic}-value" in registry.get_subjects():
            registry.set_compatibility(f"{self.topic}-value", COMPATIBILITY)
        try:
            for number, change in enumerate(changes, start=1):
                serialise = self.format.serialiser(change.schema(schema), self.topic, registry)
                values.append(serialise(change.record(_at(record, number))))
        except SchemaRegistryError as error:
            return f"refused: {error.error_message.rpartition('list of diff types: ')[2]}"
        producer = Producer({**self.bench.endpoints.producer.client_settings(), "enable.idempotence": True})
        for number, value in enumerate(values):
            # The sink's transform checks that the key is the value's utime.
            producer.produce(self.topic, key=str(_at(record, number)["recorded_at"]), value=value)
        assert producer.flush(30) == 0
        return ""

    def sink(self, records: int, *, column: str) -> str:
        """Run the sink on the records and describe its result; if it stops, try again with `column` added."""
        self.bench.execute(
            f"CREATE OR REPLACE TABLE myDB.{TABLE} LIKE myDB.gps_fixes",
            f"GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON myDB.{TABLE} TO 'connect'@'%'",
        )
        sink = Sink(self.bench.instance, self.topic)
        config = {**connector_settings(MYSQL_SINK), **self.format.converter, "topics": self.topic, "tasks.max": "1"}
        # With a limit of its retries it fails at what a person must repair, as a column; without one it would wait.
        own = {"value.format": "connect", "table.name.format": TABLE, "retry.timeout.ms": "60000"}
        sink.apply({**config, **own, "errors.tolerance": "none"})
        wait_for(lambda: self._written(records) or _trace(sink) != "")
        trace = _trace(sink)
        said = f"stops at record {self.bench.rows(TABLE) + 1}: {_reason(trace)}" if trace else f"writes {records} rows"
        if trace and column:
            self.bench.execute(f"ALTER TABLE myDB.{TABLE} ADD COLUMN {column}")
            sink.restart_failed()
            wait_for(lambda: self._written(records))
            said += f"; the column added, the task started again: writes {records} rows"
        sink.delete()
        return said

    def _written(self, records: int) -> bool:
        return self.bench.rows(TABLE) == records


def _at(record: Record, number: int) -> Record:
    """Return the record `number` µs later: a row of its own."""
    return {**record, "recorded_at": record["recorded_at"] + number}


def _trace(sink: Sink) -> str:
    return next((str(task["trace"]) for task in sink.tasks() if task["state"] == "FAILED"), "")


def _reason(trace: str) -> str:
    """Return the innermost cause of a trace, without its class and the parentheses at its end."""
    return re.sub(r"^[\w.$]+: | \(.*\)$", "", innermost_cause(trace) or trace.splitlines()[0])
