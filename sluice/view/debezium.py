"""Debezium's change records: escaped column names, times as numbers, an envelope with the row before and after."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fastavro.read import LOGICAL_READERS

_ESCAPED = re.compile("_u([0-9a-f]{4})")
"""A character as `field.name.adjustment.mode: avro_unicode` escapes it: `_`, and all that Avro forbids in names."""
_EPOCH = datetime(1970, 1, 1)
_EPOCH_DAY = date(1970, 1, 1)
_OPERATIONS = {"c": "insert", "u": "update", "d": "delete", "r": "snapshot", "t": "truncate"}


@dataclass(frozen=True, kw_only=True)
class RowChange:
    """A change of a row."""

    operation: str
    """insert, update, delete, truncate; snapshot for a row that existed when the source connector first ran."""
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def changed(self) -> frozenset[str]:
        """Names of the columns whose value an update changed."""
        if self.before is None or self.after is None:
            return frozenset()
        return frozenset(name for name, value in self.after.items() if self.before.get(name, ...) != value)


def parse_change(value: Any) -> RowChange | None:
    """Return the change in a decoded value; None if it is not Debezium's envelope."""
    match value:
        case {"before": dict() | None, "after": dict() | None, "op": str(operation), "source": dict()}:
            operation = _OPERATIONS.get(operation, operation)
            return RowChange(operation=operation, before=value["before"], after=value["after"])
        case _:
            return None


def with_readable_times(schema: Any) -> Any:
    """Return a copy of an Avro schema in which Debezium's time types are logical types, which fastavro reads as text.

    Debezium writes a time as a number and its type in `connect.name`, an attribute that Avro readers do not know.
    """
    if isinstance(schema, list):
        return [with_readable_times(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: with_readable_times(entry) for name, entry in schema.items()}
    kind = schema.get("connect.name")
    # An existing logical type is kept.
    if f"{schema.get('type')}-{kind}" in _READERS and "logicalType" not in schema:
        copy["logicalType"] = kind
    return copy


def with_column_names(schema: Any) -> Any:
    """Return a copy of an Avro schema in which the fields of a row have the names of the table's columns.

    The renamed schema reads the same bytes: Avro encodes fields by position, not by name.
    """
    if isinstance(schema, list):
        return [with_column_names(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: with_column_names(entry) for name, entry in schema.items()}
    fields = copy.get("fields")
    if "connect.name" in schema and isinstance(fields, list) and _all_escaped(fields):
        copy["fields"] = [{**field, "name": _ESCAPED.sub(_character, field["name"])} for field in fields]
    return copy


def _all_escaped(fields: list[dict[str, Any]]) -> bool:
    # Escaped names contain no other _, which is escaped as _u005f.
    return not any("_" in _ESCAPED.sub("", field["name"]) for field in fields)


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _or_number(reader: Callable[[int], str]) -> Callable[..., str | int]:
    """Wrap a reader so that a number outside the range of Python's dates is returned unchanged."""

    def read(number: int, *_: Any) -> str | int:
        try:
            return reader(number)
        except (OverflowError, ValueError):
            return number

    return read


def _moment(microseconds: int) -> str:
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="microseconds")


def _time(microseconds: int) -> str:
    """Format a MySQL TIME: a time of day, or a span of up to ±838 hours."""
    minutes, rest = divmod(abs(microseconds), 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds, fraction = divmod(rest, 1_000_000)
    return f"{'-' if microseconds < 0 else ''}{hours:02}:{minutes:02}:{seconds:02}.{fraction:06}"


_READERS = {
    "int-io.debezium.time.Date": _or_number(lambda days: (_EPOCH_DAY + timedelta(days=days)).isoformat()),
    "int-io.debezium.time.Time": _or_number(lambda number: _time(number * 1000)),
    "long-io.debezium.time.MicroTime": _or_number(_time),
    "long-io.debezium.time.Timestamp": _or_number(lambda number: _moment(number * 1000)),
    "long-io.debezium.time.MicroTimestamp": _or_number(_moment),
}
LOGICAL_READERS.update(_READERS)
_AVRO_TYPES = {"int32": "int", "int64": "long"}


def readable_time(number: int, *, kind: str, name: str) -> str | int:
    """Return a number of Connect's type `kind` as text if `name`, its schema's, is one of Debezium's times."""
    reader = _READERS.get(f"{_AVRO_TYPES.get(kind)}-{name}")
    return reader(number) if reader else number
