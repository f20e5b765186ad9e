"""Tests of Protobuf schemas as text, and of the messages decoded by them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

from producer.gps import encode_protobuf
from producer.gps.parse_row import GpsFix
from sluice.view.protobuf_schema import ProtobufSchema
from sluice.view.protobuf_text import ProtobufSyntaxError, parse_proto
from sluice.view.record_decoder import Decoder

FIX = GpsFix(1_353_099_678_298_235, 2, 0, 0.738168596822093, -1.46098603965911, None, 11.3, 0.005)
OTHER = 'syntax = "proto3"; package c; message Other { double d = 1; }'
EVERYTHING = """
// A comment; with "quotes" { and braces
syntax = "proto3"; /* another
one */ package a.b;
import "other.proto";
option java_package = "x";
option (my.option) = { a: 1 b { c: "}" } };
enum Colour { option allow_alias = true; NONE = 0; RED = 1 [deprecated = true]; CRIMSON = 1; COLD = -1;
  reserved 5 to 9; }
message First {
  message Inner { int32 x = 1; }
  reserved 3, 4;
  reserved "gone";
  map<string, Inner> inner_by_name = 1 [deprecated = true];
  repeated sint64 numbers = 2;
  oneof choice { string text = 5; Inner inner = 6; }
  optional bytes data = 7;
  Colour colour = 8;
  a.b.First.Inner absent = 9;
  c.Other other = 10 [(x) = {a: [1, 2]}, json_name = "o"];
  uint64 zero = 0x0C;
}
message Second { First first = 1; message Nested { bool yes = 1; } }
service S { rpc M (First) returns (stream Second) { option (x) = {a: "b"}; } rpc N (First) returns (First); }
"""


def encode(name: str, value: dict[str, Any]) -> bytes:
    pool = DescriptorPool()
    for file, text in (("other.proto", OTHER), ("x.proto", EVERYTHING)):
        pool.AddSerializedFile(parse_proto(text, name=file).SerializeToString())
    return ParseDict(value, GetMessageClass(pool.FindMessageTypeByName(name))()).SerializeToString()


def test_a_fix_is_decoded_as_from_avro_by_the_record_decoder() -> None:
    schema = ProtobufSchema(encode_protobuf.schema_text(), {})
    decode = Decoder(lambda number: schema if number == 7 else None)
    value = encode_protobuf.encode_value(FIX, header=b"\0\0\0\0\x07")
    assert decode(value) == {
        "recorded_at": "2012-11-16T21:01:18.298235Z",
        "fix_mode": 2,
        "satellites": 0,
        "latitude": 0.738168596822093,
        "longitude": -1.46098603965911,
        "altitude": None,
        "track": 11.3,
        "speed": 0.005,
    }
    for cut in (value[:-1], value[:5] + b"\x04" + value[6:], b"\0\0\0\0\x07" + b"\xff" * 30):
        assert decode(cut)["bytes"] == len(cut)


def test_every_kind_of_field_is_decoded() -> None:
    value = {
        "innerByName": {"k": {"x": 3}},
        "numbers": [1, -2],
        "text": "t",
        "data": "/w==",
        "colour": "RED",
        "other": {"d": 1.5},
    }
    expected = {
        "inner_by_name": {"k": {"x": 3}},
        "numbers": [1, -2],
        "text": "t",
        "inner": None,
        "data": b"\xff",
        "colour": "RED",
        "absent": None,
        "other": {"d": 1.5},
        "zero": 0,
    }
    schema = ProtobufSchema(EVERYTHING, {"other.proto": OTHER})
    assert schema.decode(b"\0" + encode("a.b.First", value)) == expected
    # Indexes are zigzag varints after their number: [1] is the second message, [1, 0] the first inside it.
    assert schema.decode(b"\2\2" + encode("a.b.Second", {"first": value})) == {"first": expected}
    assert schema.decode(b"\4\2\0" + encode("a.b.Second.Nested", {"yes": True})) == {"yes": True}


def test_times_and_wrappers_of_protobuf_are_decoded() -> None:
    text = """syntax = "proto3";
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    message M {
      google.protobuf.Timestamp at = 1;
      google.protobuf.DoubleValue some = 2;
      google.protobuf.StringValue none = 3;
    }
    """
    schema = ProtobufSchema(text, {})
    some = b"\x12\x09\x09\x00\x00\x00\x00\x00\x00\xf8\x3f"
    assert schema.decode(b"\0\x0a\x06\x08\x05\x10\x80\xd0\x07" + some) == {
        "at": {"seconds": 5, "nanos": 124_928},
        "some": 1.5,
        "none": None,
    }
    assert schema.decode(b"\0\x0a\x02\x08\x05")["at"] == datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("message", "ends early"),
        ("message A {", "ends early"),
        ("message A { int32 x; }", "';' is where '=' should be"),
        ("message A { int32 x = y; }", "'y' is where a number should be"),
        ("message A { optional group G = 1 {} }", "has a group"),
        ('import "gone.proto";', "imports gone.proto"),
        ('import "google/protobuf/gone.proto";', "imports google/protobuf/gone.proto"),
    ],
)
def test_a_schema_that_is_not_understood_is_an_error(text: str, says: str) -> None:
    with pytest.raises(ProtobufSyntaxError, match=says):
        ProtobufSchema(text, {})


def test_a_type_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TypeError, match="Gone"):
        ProtobufSchema("message A { optional Gone g = 1; }", {})
