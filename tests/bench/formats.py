"""Formats of five Connect converters: how a producer serialises a row, and the converter settings of a sink."""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, StringSerializer

from tests.bench.protobuf_format import protobuf_serialiser

Record = Mapping[str, Any]
Schema = Mapping[str, Any]
"""Avro schema as in schemas/; the schemas of the other formats are derived from it."""
Serialise = Callable[[Record], bytes]

_CONNECT_TYPES = {"long": "int64", "int": "int32", "double": "double", "string": "string"}
_PACKED_TYPES = {"long": "q", "int": "i", "double": "d", "string": "16s"}


@dataclass(frozen=True, kw_only=True)
class Format:
    """A converter and the matching serialiser in Python."""

    name: str
    converter: Mapping[str, str]
    """Converter settings of the connector."""
    has_fields: bool
    """Whether the sink gets named fields; if not, the value is one string or byte array."""
    serialiser: Callable[[Schema, str, SchemaRegistryClient], Serialise]
    """Returns the serialiser for a schema, a topic and the registry."""


def _avro(schema: Schema, topic: str, registry: SchemaRegistryClient) -> Serialise:
    serialise: Any = AvroSerializer(registry, json.dumps(schema))  # pyright: ignore[reportCallIssue]
    context = SerializationContext(topic, MessageField.VALUE)
    return lambda record: serialise(record, context) or b""


def _json(schema: Schema, topic: str, registry: SchemaRegistryClient) -> Serialise:
    # Every record carries the schema; its text is made once.
    head = f'{{"schema":{json.dumps(connect_schema(schema), separators=(",", ":"))},"payload":'
    encode = json.JSONEncoder(separators=(",", ":")).encode
    return lambda record: f"{head}{encode(record)}}}".encode()


def _string(schema: Schema, topic: str, registry: SchemaRegistryClient) -> Serialise:
    serialise = StringSerializer("utf_8")
    return lambda record: (
        serialise(",".join("nan" if value is None else str(value) for value in record.values())) or b""
    )


def _bytes(schema: Schema, topic: str, registry: SchemaRegistryClient) -> Serialise:
    types = [_type(field)[0] for field in schema["fields"]]
    packed = struct.Struct(">" + "".join(_PACKED_TYPES[name] for name in types))
    nan = float("nan")

    def serialise(record: Record) -> bytes:
        values = (nan if value is None else value for value in record.values())
        return packed.pack(*(value.encode() if isinstance(value, str) else value for value in values))

    return serialise


def connect_schema(schema: Schema) -> Schema:
    """Return the schema in the format of the JSON converter."""
    return {
        "type": "struct",
        "name": f"{schema['namespace']}.{schema['name']}",
        "optional": False,
        "fields": [_connect_field(field) for field in schema["fields"]],
    }


def _connect_field(field: Any) -> dict[str, Any]:
    name, optional = _type(field)
    meaning = field["type"].get("connect.name") if isinstance(field["type"], dict) else None
    return {
        "field": field["name"],
        "type": _CONNECT_TYPES[name],
        "optional": optional,
        **({"name": meaning} if meaning else {}),
    }


def _type(field: Any) -> tuple[str, bool]:
    """Return the Avro type of a field and whether it is nullable."""
    kind = field["type"]
    if isinstance(kind, list):
        return kind[1], True
    return (kind["type"] if isinstance(kind, dict) else kind), False


FORMATS = (
    Format(
        name="Avro",
        has_fields=True,
        converter={
            "value.converter": "sluice.avro.AvroConverter",
            "value.converter.schema.registry.url": "${env:REGISTRY_URL}",
            "value.converter.schema.registry.basic.auth.user.info": "${env:REGISTRY_USER_INFO}",
            "value.converter.schema.registry.tls.trusted.certificates": "${env:REGISTRY_CA_CERTIFICATE}",
        },
        serialiser=_avro,
    ),
    Format(
        name="Protobuf",
        has_fields=True,
        converter={
            "value.converter": "sluice.protobuf.ProtobufConverter",
            "value.converter.schema.registry.url": "${env:REGISTRY_URL}",
            "value.converter.schema.registry.basic.auth.user.info": "${env:REGISTRY_USER_INFO}",
            "value.converter.schema.registry.tls.trusted.certificates": "${env:REGISTRY_CA_CERTIFICATE}",
        },
        serialiser=protobuf_serialiser,
    ),
    Format(
        name="JSON with schema",
        has_fields=True,
        converter={
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter.schemas.enable": "true",
        },
        serialiser=_json,
    ),
    Format(
        name="String",
        has_fields=False,
        converter={"value.converter": "org.apache.kafka.connect.storage.StringConverter"},
        serialiser=_string,
    ),
    Format(
        name="ByteArray",
        has_fields=False,
        converter={"value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter"},
        serialiser=_bytes,
    ),
)
