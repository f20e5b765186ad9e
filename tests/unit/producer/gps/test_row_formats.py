"""The values of a load are read as the same row by the usual readers of each format."""

import json
import struct
from typing import Any

import pytest
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from producer.gps import encode_protobuf
from producer.gps.encode_row import schema_text
from producer.gps.parse_row import GpsFix
from producer.gps.row_formats import FORMATS, make_encoder, registered_schema
from sluice.view.protobuf_text import parse_proto

from .both_paths import HEADER, SCHEMA_ID

NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
FIXES = st.builds(
    GpsFix,
    st.integers(946_684_800_000_000, 4_102_444_799_999_999) | st.just(1_353_099_678_000_000),
    st.integers(0, 3),
    st.integers(0, (1 << 31) - 1) | st.integers(0, 12),
    NUMBERS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
)


def message_class() -> Any:
    pool = DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(parse_proto(encode_protobuf.schema_text(), name="fix.proto").SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("sluice.GpsFix"))


MESSAGE = message_class()


def bits(number: float | None) -> bytes | None:
    return None if number is None else struct.pack(">d", number)


@given(fix=FIXES)
@settings(max_examples=300)
def test_json_has_every_number_bit_for_bit_and_the_schema(fix: GpsFix) -> None:
    found = json.loads(make_encoder("json", schema_id=0).encode_value(fix))
    payload = found["payload"]
    assert [payload[name] for name in ("recorded_at", "fix_mode", "satellites")] == list(fix[:3])
    assert list(map(bits, list(payload.values())[3:])) == list(map(bits, fix[3:]))
    assert [field["field"] for field in found["schema"]["fields"]] == list(payload)


def test_the_schema_in_json_is_the_registered_avro_schema() -> None:
    avro: dict[str, Any] = json.loads(schema_text())
    fix = GpsFix(1_353_099_678_298_235, 3, 0, 0.5, None, None, None, -0.0)
    schema = json.loads(make_encoder("json", schema_id=0).encode_value(fix))["schema"]
    assert (schema["type"], schema["name"]) == ("struct", f"{avro['namespace']}.{avro['name']}")
    types = {"long": "int64", "int": "int32", "double": "double"}
    for field, other in zip(schema["fields"], avro["fields"], strict=True):
        kind = other["type"]
        optional = isinstance(kind, list)
        name = kind["connect.name"] if isinstance(kind, dict) else None
        plain = kind["type"] if isinstance(kind, dict) else kind[1] if optional else kind
        assert (field["field"], field["type"], field["optional"]) == (other["name"], types[plain], optional)
        assert field.get("name") == name


def test_json_needs_no_registry_and_the_others_a_subject_each() -> None:
    schemas = {name: registered_schema(name) for name in FORMATS}
    assert schemas["json"] is None
    assert {schema.subject for schema in schemas.values() if schema} == {
        "gps-fixes-value",
        "gps-fixes-value-protobuf",
    }


@pytest.mark.parametrize("name", ["avro", "protobuf"])
def test_the_value_begins_with_the_schemas_id(name: str) -> None:
    fix = GpsFix(1_353_099_678_298_235, 3, 0, 0.5, None, None, None, None)
    assert make_encoder(name, schema_id=SCHEMA_ID).encode_value(fix).startswith(HEADER)


@given(fix=FIXES)
@settings(max_examples=300)
def test_confluents_deserializer_reads_protobuf_bit_for_bit(fix: GpsFix) -> None:
    value = make_encoder("protobuf", schema_id=SCHEMA_ID).encode_value(fix)
    make: Any = ProtobufDeserializer  # its constructor has no types
    deserializer = make(MESSAGE, {"use.deprecated.format": False})
    found: Any = deserializer(value, SerializationContext("gps-fixes", MessageField.VALUE))
    assert found.recorded_at.seconds * 1_000_000 + found.recorded_at.nanos / 1000 == fix.utime
    assert (found.fix_mode, found.satellites) == fix[1:3]
    numbers = [getattr(found, name) if found.HasField(name) else None for name in GpsFix._fields[3:]]
    assert list(map(bits, numbers)) == list(map(bits, fix[3:]))
    assert value[len(HEADER) + 1 :] == found.SerializeToString(deterministic=True)
