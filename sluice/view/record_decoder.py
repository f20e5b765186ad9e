"""Decodes keys, values and headers of records to JSON types: Avro and Protobuf by the registry's schema, JSON with
schema, text, or first bytes.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

from fastavro import schemaless_reader

from sluice.view import json_schema
from sluice.view.avro_bounds import AvroBounds
from sluice.view.protobuf_schema import ProtobufSchema
from sluice.view.registry_schemas import UnusableSchema

MAGIC = b"\x00"
"""First byte of Confluent's wire format; a schema id of 4 bytes follows."""
PREFIX_BYTES = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN_BYTES = 16
"""Bytes shown of a value that is neither decoded nor text."""


FindSchema = Callable[[int], Any]
"""Returns the schema of an id: a ProtobufSchema or a parsed Avro schema; None if there is none, UnusableSchema if it
cannot be parsed.
"""


class Decoder:
    """Decodes keys and values to JSON types."""

    def __init__(self, schemas: FindSchema) -> None:
        self._schemas = schemas
        self._bounds: dict[int, AvroBounds] = {}

    def __call__(self, data: bytes | None) -> Any:
        """Return the key or value decoded to JSON types; None (a tombstone) for None."""
        if data is None:
            return None
        if len(data) > PREFIX_BYTES and data.startswith(MAGIC):
            number = int.from_bytes(data[1:PREFIX_BYTES])
            schema = self._schemas(number)
            if isinstance(schema, UnusableSchema):
                return size_and_start(data) | {"error": schema.reason}
            if isinstance(schema, ProtobufSchema):
                return _protobuf(data, schema)
            if schema is not None:
                if number not in self._bounds:
                    self._bounds[number] = AvroBounds(schema)
                return _avro(data, schema, self._bounds[number])
        if (
            data.startswith(json_schema.START)
            and (payload := json_schema.read_payload(data)) is not json_schema.MISSING
        ):
            return payload
        return text_or_bytes(data)


def _avro(data: bytes, schema: Any, bounds: AvroBounds) -> Any:
    body = BytesIO(data[PREFIX_BYTES:])
    try:
        bounds.check(data, PREFIX_BYTES)
        value = schemaless_reader(body, schema, None)
    except (ValueError, EOFError, IndexError, KeyError, TypeError, ArithmeticError):
        return text_or_bytes(data)
    # Bytes left over: not Avro, but for example an image, which may begin with a zero byte too.
    return text_or_bytes(data) if body.read(1) else to_json_types(value)


def _protobuf(data: bytes, schema: ProtobufSchema) -> Any:
    try:
        return to_json_types(schema.decode(data[PREFIX_BYTES:]))
    except ValueError:
        return text_or_bytes(data)


def text_or_bytes(data: bytes | str) -> Any:
    """Return `data` as text if it is printable UTF-8, else its size and first bytes."""
    if isinstance(data, str):
        return data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return size_and_start(data)
    readable = text.isprintable() or all(char.isprintable() or char in "\t\r\n" for char in text)
    return text if readable else size_and_start(data)


def size_and_start(data: bytes) -> dict[str, Any]:
    """Return the size in bytes and the first SHOWN_BYTES in hex, with … if there are more."""
    more = "…" if len(data) > SHOWN_BYTES else ""
    return {"bytes": len(data), "hex": data[:SHOWN_BYTES].hex() + more}


def is_undecoded(value: Any) -> bool:
    """Return whether a value is that of size_and_start(), with or without an error: a record may have such names."""
    match value:
        case {"bytes": int(), "hex": str(), **more}:
            return not more or (more.keys() == {"error"} and isinstance(more["error"], str))
        case _:
            return False


def record_time(milliseconds: int) -> str | None:
    """Format a record's timestamp; None where it has none, or one that no calendar has."""
    try:
        return None if milliseconds < 0 else iso_utc(_EPOCH + timedelta(milliseconds=milliseconds))
    except OverflowError:
        return None


def iso_utc(moment: datetime) -> str:
    """Format a time in UTC to the microsecond: 2012-11-16T21:01:18.298235Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_json_types(value: Any) -> Any:
    """Convert fastavro's values to JSON types: times become ISO text in UTC, bytes their size and first bytes."""
    match value:
        case dict():
            return {str(name): to_json_types(item) for name, item in value.items()}
        case list() | tuple():
            return [to_json_types(item) for item in value]
        case bytes():
            return size_and_start(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return _as_text(value)


def _as_text(value: datetime | date | time | Decimal | UUID) -> str:
    # A local-timestamp has no time zone and is shown without one.
    if isinstance(value, datetime) and value.tzinfo:
        return iso_utc(value)
    if isinstance(value, datetime | time):
        return value.isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else str(value)
