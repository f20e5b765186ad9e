"""The Protobuf converter in Connect, with confluent_kafka's serialiser and deserialiser at the other end."""

import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from producer.kafka.register_schema import registry_client
from sluice.local.connectors import local_connector_class
from sluice.local.http_requests import request
from sluice.local.pipeline_spec import PipelineSpec
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator, Connection, run
from tests.pipeline.mysql_sinks import mysql_sink, new_table, new_topics
from tests.pipeline.protobuf_messages import (
    ENVELOPE,
    PLACE,
    READING,
    READING_COLUMNS,
    message_class,
    pool,
)
from tests.run_sluice import wait_for

CONVERTER = {
    "value.converter": "sluice.protobuf.ProtobufConverter",
    "value.converter.schema.registry.url": "${env:REGISTRY_URL}",
    "value.converter.schema.registry.basic.auth.user.info": "${env:REGISTRY_USER_INFO}",
    "value.converter.schema.registry.tls.trusted.certificates": "${env:REGISTRY_CA_CERTIFICATE}",
}
_SECONDS = 60
_UNSIGNED_MAX = (1 << 64) - 1


@pytest.fixture
def database(admin: Administrator) -> Generator[Connection]:
    with admin.mysql() as connection:
        yield connection


@contextmanager
def connector(admin: Administrator, name: str, config: Mapping[str, str]) -> Generator[None]:
    admin.servers.create_connector(name, config)
    try:
        yield
    finally:
        admin.servers.delete_connector(name)


def trace(admin: Administrator, name: str) -> str:
    """Return the stack trace of a connector's failed task; "" while it runs."""
    status, answer = request("GET", admin.endpoints.connect[0], f"/connectors/{name}/status")
    tasks = answer["tasks"] if status == HTTPStatus.OK else []
    return next((str(task["trace"]) for task in tasks if task["state"] == "FAILED"), "")


def serialiser_of(endpoints: Endpoints, topic: str) -> Callable[[dict[str, Any]], bytes]:
    """Return a function that serialises a message of READING as confluent_kafka does."""
    registry = registry_client(endpoints.compatible_registry)
    reading = message_class(pool(PLACE, READING), "sluice.test.Reading")
    make: Any = ProtobufSerializer  # its constructor is hidden from type checkers
    serialiser = make(reading, registry, {"use.deprecated.format": False})
    context = SerializationContext(topic, MessageField.VALUE)
    return lambda fields: serialiser(reading(**fields), context)


FULL = {
    "id": -5,
    "big": _UNSIGNED_MAX,
    "small": (1 << 32) - 1,
    "seen": {"seconds": 1_353_099_678, "nanos": 298_235_000},
    "born": {"year": 2012, "month": 11, "day": 16},
    "ratio": 0.738167915410646,
    "note": "Zoë 🚲",
    "raw": b"\x00\xff",
    "kind": 1,
    "label": "",
    "wrapped": {"value": 0},
    "tags": ["a", "b"],
    "counts": {"x": 1, "y": -2},
    "place": {"name": "Ann Arbor"},
}


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"value.format": "connect", **CONVERTER}, {}], ids=["converter", "detected"])
def test_what_python_serialises_is_a_row(
    settings: Mapping[str, str], admin: Administrator, endpoints: Endpoints
) -> None:
    columns = ", ".join(f"`{name}` {kind}" for name, kind in READING_COLUMNS.items())
    with new_table(admin, columns) as table, mysql_sink(admin, table, settings) as sink:
        serialise = serialiser_of(endpoints, sink.topic)
        good, damaged = serialise(FULL), serialise(FULL)[:-1]
        others = [serialise({"id": 1}), serialise({"id": 2, "kind": 7, "number": 3})]
        sink.produce(("-5", good), ("0", damaged), ("1", others[0]), ("2", others[1]))
        wait_for(lambda: len(sink.rows()) == 3, seconds=_SECONDS)
        (letter,) = sink.letters(1)
        full, empty, third = (dict(zip(READING_COLUMNS, row, strict=True)) for row in sink.rows())
    for column in ("tags", "counts", "place"):
        full[column] = json.loads(full[column])
    assert full == {
        **FULL,
        "seen": datetime(2012, 11, 16, 21, 1, 18, 298_235),
        "born": date(2012, 11, 16),
        "kind": "GOOD",
        "number": None,
        "wrapped": 0,
    }
    assert empty == {
        **dict.fromkeys(READING_COLUMNS),
        "id": 1,
        "big": 0,
        "small": 0,
        "raw": b"",
        "kind": "NONE",
        "tags": "[]",
        "counts": "{}",
    }
    assert (third["kind"], third["number"]) == ("7", 3)
    assert letter.value == damaged
    assert "the input ended unexpectedly" in letter.reason


def source_settings(admin: Administrator, name: str) -> dict[str, str]:
    """Return settings of a source for the table `name`, with topics that begin with `name`."""
    ours = next(entry for entry in PipelineSpec.read().connectors if entry.name == "mysql-source")
    login = admin.consumer_override()["consumer.override.sasl.jaas.config"]
    history = "schema.history.internal"
    return {
        **ours.config,
        "connector.class": local_connector_class(ours.config["connector.class"]),
        "tasks.max": "1",
        "topic.prefix": name,
        "table.include.list": f"myDB.{name}",
        "database.server.id": str(10_000 + os.getpid()),  # unique among the database's replicas
        "heartbeat.interval.ms": "0",
        f"{history}.kafka.topic": f"{name}-history",
        f"{history}.producer.sasl.jaas.config": login,
        f"{history}.consumer.sasl.jaas.config": login,
        "producer.override.sasl.jaas.config": login,
        **{name.replace("value", "key"): setting for name, setting in CONVERTER.items()},
        **CONVERTER,
    }


SOURCE_COLUMNS = {
    # column: type, SQL value written, value received
    "id": ("INT PRIMARY KEY", "1", 1),
    "counted": ("BIGINT UNSIGNED", str(_UNSIGNED_MAX), Decimal(_UNSIGNED_MAX)),
    "paid": ("DECIMAL(20,3)", "-12.300", Decimal("-12.300")),
    "seen": ("DATETIME(6)", "'1969-12-31 23:59:59.999999'", (-1, 999_999_000)),
    "born": ("DATE", "'2012-11-16'", (2012, 11, 16)),
    "at": ("TIME(6)", "'21:01:18.298235'", (21, 1, 18, 298_235_000)),
    "ratio": ("DOUBLE", "0.738167915410646", 0.738167915410646),
    "note": ("VARCHAR(20)", "''", ""),
    "raw": ("BLOB", "x'00ff'", b"\x00\xff"),
    "missing": ("INT", "NULL", None),
    "zero": ("INT", "0", 0),
}


def plain(message: Any, field: str) -> Any:
    """Return a field's value: None, a number, text, bytes, or the numbers of a date or time."""
    if not message.HasField(field):
        return None
    value = getattr(message, field)
    descriptor = getattr(value, "DESCRIPTOR", None)
    if descriptor is None:
        return value
    parts = tuple(getattr(value, part.name) for part in descriptor.fields)
    if descriptor.name == "Decimal":
        return Decimal(int.from_bytes(value.value, signed=True)).scaleb(-value.scale)
    return parts


@pytest.mark.slow
@pytest.mark.local_only("a second source reads the binary log of the local database")
def test_a_row_is_what_python_deserialises(admin: Administrator, endpoints: Endpoints, database: Connection) -> None:
    columns = ", ".join(f"`{column}` {kind}" for column, (kind, _, _) in SOURCE_COLUMNS.items())
    with new_table(admin, columns, rights="SELECT", user="source") as name:
        changes = f"{name}.myDB.{name}"
        with (
            new_topics(admin, name, changes, f"{name}-history"),
            connector(admin, name, source_settings(admin, name)),
            changes_of(admin, changes) as consumer,
        ):
            run(database, f"INSERT INTO myDB.{name} VALUES ({', '.join(v for _, v, _ in SOURCE_COLUMNS.values())})")
            envelope = deserialised(changes, next_value(consumer))
            assert {column: plain(envelope.after, column) for column in SOURCE_COLUMNS} == {
                column: expected for column, (_, _, expected) in SOURCE_COLUMNS.items()
            }
            assert not envelope.HasField("before")

            with registry_client(endpoints.compatible_registry) as registry:
                registry.set_compatibility(f"{changes}-value", "BACKWARD")
            run(database, f"ALTER TABLE myDB.{name} ADD COLUMN early INT FIRST, DROP COLUMN missing")
            run(database, f"UPDATE myDB.{name} SET note = 'x'")
            changed = deserialised(changes, next_value(consumer))
            assert (changed.before.note, changed.after.note, changed.after.zero) == ("", "x", 0)

            run(database, f"ALTER TABLE myDB.{name} MODIFY zero VARCHAR(20)")
            run(database, f"UPDATE myDB.{name} SET zero = 'text'")
            wait_for(lambda: trace(admin, name) != "", seconds=_SECONDS)
            assert f"refuses the schema for {changes}-value" in trace(admin, name)
            assert "Field type changed" in trace(admin, name)


@contextmanager
def changes_of(admin: Administrator, topic: str) -> Generator[Consumer]:
    consumer = Consumer(admin.kafka.client_settings() | {"group.id": f"test-{topic}"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    yield consumer
    consumer.close()


def next_value(consumer: Consumer) -> bytes:
    message = consumer.poll(_SECONDS)
    assert message is not None
    assert message.error() is None
    value = message.value()
    assert isinstance(value, bytes)
    return value


def deserialised(topic: str, value: bytes) -> Any:
    """Return the value as confluent_kafka's deserialiser reads it. Fields that ENVELOPE has not are left out."""
    make: Any = ProtobufDeserializer  # its constructor is hidden from type checkers
    # Without the registry: Apicurio's descriptors of .proto files are not those that confluent_kafka asks for.
    deserialiser = make(message_class(pool(ENVELOPE), "sluice.test.Envelope"), {"use.deprecated.format": False})
    return deserialiser(value, SerializationContext(topic, MessageField.VALUE))
