"""Checks the lengths and the nesting of an Avro value before it is decoded: fastavro believes both.

Ten bytes can claim as many items without bytes as fit into the memory, and a value that is nested deeply enough ends
the interpreter.
"""

from collections.abc import Mapping
from typing import Any

_MAX_DEPTH = 200
"""Deepest nesting; sluice.avro.AvroShape of the connectors has the same."""
_MAX_STEPS = 1 << 17
"""Most parts of a value that take no bytes, such as items of an array of nulls."""
_SIZES = {"null": 0, "boolean": 1, "float": 4, "double": 8}
_NUMBERS = ("int", "long", "enum")
_NAMED = ("record", "error", "enum", "fixed")


class AvroBounds:
    """Checks values of one schema, as fastavro has parsed it."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._named: dict[str, Any] = {}
        self._collect(schema)

    def check(self, data: bytes, start: int) -> None:
        """Raise ValueError if a value from `start` on claims bytes that are not there, or is nested too deeply."""
        _Value(self._named, data, start).skip(self._schema, _MAX_DEPTH)

    def _collect(self, schema: Any) -> None:
        """Keep the named types in a schema by their names."""
        if isinstance(schema, list):
            for branch in schema:
                self._collect(branch)
        elif isinstance(schema, Mapping):
            for name, known in schema.get("__named_schemas", {}).items():
                self._named.setdefault(name, known)
            if schema["type"] in _NAMED:
                self._named[schema["name"]] = schema
            for part in (schema["type"], schema.get("items"), schema.get("values")):
                self._collect(part)
            for field in schema.get("fields", ()):
                self._collect(field["type"])


class _Value:
    """A value, and how far it has been skipped."""

    def __init__(self, named: Mapping[str, Any], data: bytes, start: int) -> None:
        self._named = named
        self._data = data
        self._at = start
        self._steps = _MAX_STEPS + len(data)

    def skip(self, schema: Any, depth: int) -> None:
        """Move to the end of a value of `schema`."""
        self._steps -= 1
        if depth == 0 or self._steps < 0:
            raise ValueError("nested too deeply, or too many parts without bytes")
        if isinstance(schema, str):
            schema = self._named.get(schema, schema)
        kind = schema.get("type") if isinstance(schema, Mapping) else schema
        if isinstance(kind, list):
            self.skip(kind[self._index(len(kind))], depth - 1)
        elif isinstance(kind, Mapping):
            self.skip(kind, depth - 1)
        elif kind in ("record", "error"):
            for field in schema["fields"]:
                self.skip(field["type"], depth - 1)
        elif kind in ("array", "map"):
            self._skip_items(schema, depth)
        else:
            self._skip_plain(kind, schema)

    def _skip_plain(self, kind: Any, schema: Any) -> None:
        if kind in _NUMBERS:
            self._long()
        elif kind in ("bytes", "string"):
            self._move(self._long())
        else:
            self._move(_SIZES[kind] if kind in _SIZES else schema["size"])

    def _skip_items(self, schema: Any, depth: int) -> None:
        part = schema["items"] if schema["type"] == "array" else schema["values"]
        while count := self._long():
            if count < 0:
                self._long()  # the block's size in bytes
            for _ in range(abs(count)):
                if schema["type"] == "map":
                    self._move(self._long())
                self.skip(part, depth - 1)

    def _index(self, count: int) -> int:
        index = self._long()
        if not 0 <= index < count:
            raise ValueError("no such branch of a union")
        return index

    def _move(self, size: int) -> None:
        if not 0 <= size <= len(self._data) - self._at:
            raise ValueError("cut short")
        self._at += size

    def _long(self) -> int:
        number = shift = 0
        while shift < 70 and self._at < len(self._data):  # noqa: PLR2004 - ten bytes at most
            byte = self._data[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:  # noqa: PLR2004 - the last one
                return (number >> 1) ^ -(number & 1)
        raise ValueError("cut short")
