"""Dead letters as Kafka Connect writes them."""

import json
import struct
from collections.abc import Sequence
from io import BytesIO

import fastavro
from confluent_kafka import Message

from producer.gps import encode_protobuf, encode_row
from producer.gps.parse_row import parse_row
from sluice.dead_letters.dead_letter import ERROR_HEADER_PREFIX, DeadLetter
from sluice.view.protobuf_schema import ProtobufSchema
from sluice.view.record_decoder import Decoder

SCHEMA = fastavro.parse_schema(json.loads(encode_row.schema_text()))
PROTOBUF = ProtobufSchema(encode_protobuf.schema_text(), {})
DECODE = Decoder({7: SCHEMA, 9: PROTOBUF}.get)
UTIME = 1_353_500_000_000_001
ROW = b"%d,3,0,0.738168596822093,-1.46098603965911,nan,11.3,0.005"


def fix(utime: int = UTIME) -> bytes:
    """A valid value for gps-fixes."""
    return encode_row.encode_value(parse_row(ROW % utime), header=encode_row.encode_header(7))


VALUE = fix()


def letter(
    offset: int = 0,
    *,
    topic: str = "mysql-sink-dead-letters",
    origin: str = "gps-fixes",
    key: bytes | None = b"nope",
    value: bytes | None = VALUE,
    own: Sequence[tuple[str, bytes | None]] = (),
    **errors: str,
) -> DeadLetter:
    """A letter; `own` are the original record's headers, `errors` Connect's, with _ instead of dots in their names."""
    named = {"topic": origin, "partition": "1", "offset": "9", "exception_message": "no number"} | errors
    connects = [(ERROR_HEADER_PREFIX + name.replace("_", "."), text.encode()) for name, text in named.items()]
    headers: list[tuple[str, str | bytes | None]] = [*own, *connects]
    message = Message(
        topic, partition=0, offset=offset, key=key, value=value, headers=headers, timestamp=(1, 1_353_500_000_000)
    )
    return DeadLetter.from_record(message)


def other_schema_value() -> bytes:
    """Return a value in Avro with another schema than gps-fixes has."""
    body = BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema("string"), "text")
    return struct.pack(">bI", 0, 8) + body.getvalue()
