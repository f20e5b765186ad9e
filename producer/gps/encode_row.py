"""A fix as a Kafka record: the key is utime as text, the value Avro with the registry's id before it."""

import io
import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import fastavro

from producer.gps.parse_row import GpsFix

TOPIC = "gps-fixes"
SUBJECT = "gps-fixes-value"
SCHEMA_FILE = Path(__file__).resolve().parents[2] / "schemas" / "sluice.GpsFix.avsc"
_MAGIC = 0


def schema_text() -> str:
    """Return the value's Avro schema as it is registered."""
    return SCHEMA_FILE.read_text(encoding="utf-8")


def encode_header(schema_id: int) -> bytes:
    """Return what stands before the Avro body: a magic byte and the schema's id in the registry."""
    return struct.pack(">bI", _MAGIC, schema_id)


def encode_key(fix: GpsFix) -> bytes:
    """Return the record's key."""
    return b"%d" % fix.utime


def encode_value(fix: GpsFix, *, header: bytes) -> bytes:
    """Return the record's value: `header`, then the Avro body as fastavro writes it."""
    body = io.BytesIO()
    body.write(header)
    utime, *rest = fix
    record = dict(zip(_field_names(), (utime, *rest), strict=True))
    fastavro.schemaless_writer(body, _schema(), record)
    return body.getvalue()


@cache
def _schema() -> Any:
    return fastavro.parse_schema(json.loads(schema_text()))


@cache
def _field_names() -> tuple[str, ...]:
    return tuple(field["name"] for field in _schema()["fields"])
