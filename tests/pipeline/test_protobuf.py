"""The Protobuf converter in Connect, with confluent_kafka's serialiser and deserialiser at the other end."""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import NewTopic  # pyright: ignore[reportPrivateImportUsage]
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from sluice.local.connectors import local_connector_class
from sluice.local.http_requests import request
from sluice.local.pipeline_spec import PipelineSpec
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator, Connection, run
from tests.pipeline.dead_letter_reader import DeadLetterReader
from tests.pipeline.protobuf_messages import (
    PLACE,
    READING,
    READING_COLUMNS,
    message_class,
    pool,
    registered_file,
)
from tests.pipeline.redis_sinks import produce
from tests.run_sluice import wait_for

DEAD_LETTERS = "mysql-sink-dead-letters"
CONVERTER = {
    "value.converter": "sluice.protobuf.ProtobufConverter",
    "value.converter.schema.registry.url": "${env:REGISTRY_URL}",
}
_SECONDS = 60
_UNSIGNED_MAX = (1 << 64) - 1


@pytest.fixture
def name() -> str:
    """A name for topic, table and connector."""
    return f"protobuf_{uuid4().hex[:8]}"


@pytest.fixture
def database(admin: Administrator) -> Generator[Connection]:
    with admin.mysql() as connection:
        yield connection


@contextmanager
def topics(admin: Administrator, *names: str) -> Generator[None]:
    client = admin.topics()
    for future in client.create_topics([NewTopic(name, 1, 1) for name in names]).values():
        future.result(_SECONDS)
    yield
    for future in client.delete_topics(list(names)).values():
        future.result(_SECONDS)


@contextmanager
def connector(admin: Administrator, name: str, config: Mapping[str, str]) -> Generator[None]:
    admin.servers.create_connector(name, config)
    try:
        yield
    finally:
        admin.servers.delete_connector(name)


def rows(connection: Connection, table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM myDB.`{table}` ORDER BY id")
        return list(cursor.fetchall())


def trace(admin: Administrator, name: str) -> str:
    """Return the stack trace of a connector's failed task; "" while it runs."""
    status, answer = request("GET", f"{admin.endpoints.connect_urls[0]}/connectors/{name}/status")
    tasks = answer["tasks"] if status == HTTPStatus.OK else []
    return next((str(task["trace"]) for task in tasks if task["state"] == "FAILED"), "")


def sink_settings(admin: Administrator, table: str) -> dict[str, str]:
    return {
        "connector.class": "sluice.mysql.MySqlSinkConnector",
        "tasks.max": "1",
        "topics": table,
        "connection.url": "${env:MYSQL_URL}",
        "connection.username": "connect",
        "connection.password": "${env:MYSQL_PASSWORD}",
        "pk.mode": "record_value",
        "pk.fields": "id",
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "errors.tolerance": "all",
        "errors.deadletterqueue.topic.name": DEAD_LETTERS,
        "errors.deadletterqueue.topic.replication.factor": "-1",
        "errors.deadletterqueue.context.headers.enable": "true",
        **CONVERTER,
        **admin.consumer_override(),
    }


@pytest.fixture
def serialise(endpoints: Endpoints, name: str) -> Callable[[Any], bytes]:
    """Function that serialises a message of READING as confluent_kafka does."""
    registry = SchemaRegistryClient({"url": endpoints.registry_compatible_url})
    reading = message_class(pool(PLACE, READING), "sluice.test.Reading")
    make: Any = ProtobufSerializer  # its constructor is hidden from type checkers
    serialiser = make(reading, registry, {"use.deprecated.format": False})
    context = SerializationContext(name, MessageField.VALUE)
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
def test_what_python_serialises_is_a_row(
    name: str, admin: Administrator, endpoints: Endpoints, database: Connection, serialise: Callable[[Any], bytes]
) -> None:
    run(database, f"CREATE TABLE myDB.{name} ({', '.join(f'`{n}` {t}' for n, t in READING_COLUMNS.items())})")
    run(database, f"GRANT SELECT, INSERT, UPDATE, DELETE ON myDB.{name} TO 'connect'@'%%'")
    letters = DeadLetterReader(endpoints, DEAD_LETTERS)
    try:
        with topics(admin, name), connector(admin, name, sink_settings(admin, name)):
            good, damaged = serialise(FULL), serialise(FULL)[:-1]
            others = [serialise({"id": 1}), serialise({"id": 2, "kind": 7, "number": 3})]
            produce(endpoints, name, [("k", value) for value in (good, damaged, *others)], by=admin.kafka)
            wait_for(lambda: len(rows(database, name)) == 3, seconds=_SECONDS)
            (letter,) = letters.wait(lambda found: any(each.value == damaged for each in found))
        full, empty, third = (dict(zip(READING_COLUMNS, row, strict=True)) for row in rows(database, name))
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
        assert "the input ended unexpectedly" in letter.reason
    finally:
        run(database, f"DROP TABLE myDB.{name}")


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
        "database.server.id": str(int(name[-6:], 16) + 10_000),
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
def test_a_row_is_what_python_deserialises(
    name: str, admin: Administrator, endpoints: Endpoints, database: Connection
) -> None:
    columns = ", ".join(f"`{column}` {kind}" for column, (kind, _, _) in SOURCE_COLUMNS.items())
    run(database, f"CREATE TABLE myDB.{name} ({columns})")
    run(database, f"GRANT SELECT ON myDB.{name} TO 'source'@'%%'")
    changes = f"{name}.myDB.{name}"
    try:
        with (
            topics(admin, name, changes, f"{name}-history"),
            connector(admin, name, source_settings(admin, name)),
            changes_of(admin, changes) as consumer,
        ):
            run(database, f"INSERT INTO myDB.{name} VALUES ({', '.join(v for _, v, _ in SOURCE_COLUMNS.values())})")
            value = next_value(consumer)
            envelope = deserialised(endpoints, changes, value)
            assert {column: plain(envelope.after, column) for column in SOURCE_COLUMNS} == {
                column: expected for column, (_, _, expected) in SOURCE_COLUMNS.items()
            }
            assert not envelope.HasField("before")

            with SchemaRegistryClient({"url": endpoints.registry_compatible_url}) as registry:
                registry.set_compatibility(f"{changes}-value", "BACKWARD")
            run(database, f"ALTER TABLE myDB.{name} MODIFY zero VARCHAR(20)")
            run(database, f"UPDATE myDB.{name} SET zero = 'text'")
            wait_for(lambda: trace(admin, name) != "", seconds=_SECONDS)
            assert f"refuses the schema for {changes}-value" in trace(admin, name)
            assert "Field type changed" in trace(admin, name)
    finally:
        run(database, f"DROP TABLE myDB.{name}")


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


def deserialised(endpoints: Endpoints, topic: str, value: bytes) -> Any:
    """Return the value as confluent_kafka's deserialiser reads it, with the registry's descriptor of the schema."""
    file = registered_file(endpoints.registry_compatible_url, int.from_bytes(value[1:5]))
    message = message_class(pool(file), f"{file.package}.{file.message_type[0].name}")
    with SchemaRegistryClient({"url": endpoints.registry_compatible_url}) as registry:
        make: Any = ProtobufDeserializer  # its constructor is hidden from type checkers
        deserialiser = make(message, {"use.deprecated.format": False}, registry)
        return deserialiser(value, SerializationContext(topic, MessageField.VALUE))
