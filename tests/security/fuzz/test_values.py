"""Values of any bytes in Avro, Protobuf and JSON: decoded to JSON types or shown as bytes, in little memory."""

import json
from typing import Any

import fastavro
import pytest
from hypothesis import strategies as st

from producer.runtime.terminal import format_json
from sluice.view.messages import key_text
from sluice.view.protobuf_schema import ProtobufSchema
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import UnusableSchema
from tests.unit.sluice.dead_letters.letters import PROTOBUF, SCHEMA, VALUE

from .hostile_strategies import ODD_NUMBERS, damaged, damaged_json, like
from .profile import bounded, fuzz

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}
ODD_SCHEMAS: tuple[Any, ...] = (
    "bytes",
    "string",
    "double",
    {"type": "array", "items": "null"},
    {"type": "array", "items": {"type": "record", "name": "Empty", "fields": []}},
    {"type": "array", "items": {"type": "array", "items": "long"}},
    {"type": "map", "values": "string"},
    {"type": "fixed", "name": "F", "size": 2_000_000_000},
    {"type": "record", "name": "R", "fields": [{"name": "next", "type": ["null", "R"]}]},
    {"type": "record", "name": "L", "fields": [{"name": "all", "type": {"type": "array", "items": "L"}}]},
    DECIMAL,
    {"type": "long", "logicalType": "timestamp-micros"},
    {"type": "long", "logicalType": "timestamp-millis"},
    {"type": "long", "logicalType": "local-timestamp-micros"},
    {"type": "int", "logicalType": "date"},
    {"type": "int", "logicalType": "time-millis"},
    {"type": "string", "logicalType": "uuid"},
    {"type": "enum", "name": "E", "symbols": ["A"]},
    ["null", "int", "bytes"],
)
SCHEMAS: dict[int, Any] = {
    7: SCHEMA,
    9: PROTOBUF,
    10: ProtobufSchema(
        'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A { A a = 1; map<int32, A> m = 2; '
        "repeated int64 n = 3; bytes b = 4; google.protobuf.Timestamp t = 5; enum E { X = 0; } E e = 6; }",
        {},
    ),
    11: UnusableSchema(reason="x"),
} | {100 + number: fastavro.parse_schema(schema) for number, schema in enumerate(ODD_SCHEMAS)}
DECODE = Decoder(SCHEMAS.get)


def zigzag(number: int) -> bytes:
    """Avro's encoding of a long."""
    rest, out = (number << 1) ^ (number >> 63), b""
    while rest > 0x7F:
        out, rest = out + bytes([rest & 0x7F | 0x80]), rest >> 7
    return out + bytes([rest])


lengths = st.sampled_from([0, 1, -1, 5, 2**20, 2**31 - 1, 2**40, 2**62, -(2**62), -(2**63)]).map(zigzag)
bodies = st.lists(lengths | st.binary(max_size=9) | st.sampled_from([b"\x02" * 50_000, b"\x0a\x02" * 300]), max_size=6)
wired = st.tuples(st.sampled_from(sorted(SCHEMAS)), bodies.map(b"".join)).map(
    lambda given: b"\0" + given[0].to_bytes(4, "big") + given[1]
)
ENVELOPE = {
    "schema": {
        "type": "struct",
        "fields": [
            {"field": "a", "type": "int64", "name": "io.debezium.time.MicroTimestamp"},
            {"field": "b", "type": "double"},
            {"field": "c", "type": "array", "items": {"type": "int32", "name": "io.debezium.time.Date"}},
        ],
    },
    "payload": {"a": 1_353_099_678_298_235, "b": 7, "c": [1, 2**40, -(2**40)]},
}


def decode(data: bytes) -> Any:
    with bounded(megabytes=300, seconds=10):
        shown = DECODE(data)
        key_text(shown)
    return json.loads(format_json(shown))


@fuzz(250, data=wired | damaged(VALUE) | damaged_json(ENVELOPE) | st.binary(max_size=60))
def test_any_bytes_are_decoded_or_shown(data: bytes) -> None:
    decode(data)


@pytest.mark.parametrize("number", range(100, 100 + len(ODD_SCHEMAS)))
@pytest.mark.parametrize("length", [2**31 - 1, 2**62, -(2**62), -(2**63)])
def test_a_length_that_is_a_lie_takes_no_memory(number: int, length: int) -> None:
    decode(b"\0" + number.to_bytes(4, "big") + zigzag(length) + zigzag(7))


@pytest.mark.parametrize("number", [108, 109, 10])
@pytest.mark.parametrize("part", [b"\x02", b"\x0a\x7f", b"\x02\x00"])
def test_a_value_nested_deeply_is_shown_as_bytes(number: int, part: bytes) -> None:
    decode(b"\0" + number.to_bytes(4, "big") + part * 200_000)


@fuzz(60, number=st.sampled_from(ODD_NUMBERS), payload=like({"a": 1, "b": [1.5], "c": {"d": None}}))
def test_a_json_value_that_is_valid_is_shown_as_it_is(number: float, payload: Any) -> None:
    document = json.dumps({"schema": {"type": "struct", "fields": []}, "payload": [number, payload]})
    shown = DECODE(document.encode())
    assert json.dumps(shown) == json.dumps(json.loads(document)["payload"])
