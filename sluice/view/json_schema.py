"""Reads JSON with schema, Kafka Connect's `{"schema": …, "payload": …}`: its payload, with times as text."""

import json
from typing import Any

from sluice.view.debezium import readable_time

START = b'{"schema":'
_KEYS = {"schema", "payload"}
MISSING = object()
"""What read_payload() returns for anything else."""


def read_payload(data: bytes) -> Any:
    """Return the payload of a key or value; MISSING if it is not JSON with schema."""
    try:
        envelope = json.loads(data)
        if not isinstance(envelope, dict) or envelope.keys() != _KEYS or not isinstance(envelope["schema"], dict):
            return MISSING
        return _readable(envelope["payload"], envelope["schema"])
    except (ValueError, RecursionError):
        return MISSING


def _readable(value: Any, schema: Any) -> Any:
    """Return a value with the times in it as text; what does not fit its schema stays as it is."""
    match value, schema:
        case dict(), {"type": "struct", "fields": list(fields)}:
            by_name = {field["field"]: field for field in fields if _is_named(field)}
            return {name: _readable(part, by_name.get(name)) for name, part in value.items()}
        case list(), {"type": "array", "items": dict(items)}:
            return [_readable(part, items) for part in value]
        case bool(), _:
            return value
        case int(), {"type": "double" | "float"}:
            return _as_float(value)
        case int(), {"type": str(kind), "name": str(name)}:
            return readable_time(value, kind=kind, name=name)
        case _:
            return value


def _is_named(field: Any) -> bool:
    return isinstance(field, dict) and isinstance(field.get("field"), str)


def _as_float(number: int) -> float | int:
    """Return a double that was written without a point; a number beyond a double as it is."""
    try:
        return float(number)
    except OverflowError:
        return number
