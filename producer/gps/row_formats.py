"""The formats in which a load can write the values of gps-fixes: their schemas in the registry, and their encoders."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from producer.gps import encode_columns, encode_json, encode_protobuf, encode_row
from producer.gps.parse_columns import Columns
from producer.gps.parse_row import GpsFix
from producer.kafka.record_arrays import Records

AVRO, JSON, PROTOBUF = "avro", "json", "protobuf"
FORMATS = (AVRO, JSON, PROTOBUF)


class _EncodeColumns(Protocol):
    def __call__(self, columns: Columns, *, partitions: int) -> Records: ...


@dataclass(frozen=True, kw_only=True)
class RowEncoder:
    """Encodes rows in one format."""

    format: str
    """Name of the format, one of FORMATS."""
    encode_value: Callable[[GpsFix], bytes]
    """Encode the value of one row: the plain path."""
    encode_columns: _EncodeColumns
    """Encode a record for each of many rows: the fast path. It makes the same bytes."""


@dataclass(frozen=True, kw_only=True)
class RegisteredSchema:
    """A schema of values as the registry keeps it.

    Each format has a subject of its own, because all versions of a subject are of one type.
    """

    subject: str
    type: str
    text: str


def registered_schema(name: str) -> RegisteredSchema | None:
    """Return the schema that a format needs in the registry; None for JSON, whose records contain theirs."""
    if name == AVRO:
        return RegisteredSchema(subject=encode_row.SUBJECT, type="AVRO", text=encode_row.schema_text())
    if name == PROTOBUF:
        text = encode_protobuf.schema_text()
        return RegisteredSchema(subject=encode_protobuf.SUBJECT, type="PROTOBUF", text=text)
    return None


def make_encoder(name: str, *, schema_id: int) -> RowEncoder:
    """Return the encoder of a format; `schema_id` is that of registered_schema(), 0 for JSON."""
    if name == JSON:
        return RowEncoder(format=name, encode_value=encode_json.encode_value, encode_columns=encode_json.encode_columns)
    header = encode_row.encode_header(schema_id)
    one, many = encode_row.encode_value, encode_columns.encode_columns
    if name == PROTOBUF:
        one, many = encode_protobuf.encode_value, encode_protobuf.encode_columns
    return RowEncoder(
        format=name, encode_value=partial(one, header=header), encode_columns=partial(many, header=header)
    )
