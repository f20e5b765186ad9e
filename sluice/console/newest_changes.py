"""The newest changes of the watched table, as mysql-source wrote them to their topic."""

from collections import deque
from typing import Any

from confluent_kafka import Message

from producer.runtime.terminal import format_json
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.topic_tail import TopicTail
from sluice.view.debezium import RowChange, parse_change
from sluice.view.messages import DecodedRecord, decode_record, key_text
from sluice.view.record_decoder import Decoder

TOPIC = "cdc.myDB.test"
CHANGES = 20
READ = 2 * CHANGES
"""Records that are read at once at most: after each delete comes a tombstone."""
MAX_COLUMNS = 30
MAX_CHARACTERS = 120
"""What is shown of a row and of a value at most."""


class NewestChanges:
    """The changes that came last."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self._changes: deque[dict[str, Any]] = deque(maxlen=CHANGES)
        self._tail = TopicTail(pipeline, TOPIC, first=READ, later=READ, take=self.add, clear=self._changes.clear)
        self.close = self._tail.close

    def read(self) -> dict[str, Any]:
        """Return the newest changes, the last first, as JSON types; raises SluiceError."""
        self._tail.read()
        return {"topic": TOPIC, "changes": list(reversed(self._changes))}

    def add(self, records: list[Message], decode: Decoder) -> None:
        """Add the changes in records: all of them, or none if one cannot be decoded now."""
        decoded = [decode_record(record, decode=decode) for record in records]
        changes = [(record, parse_change(record.value)) for record in decoded]
        self._changes.extend(describe_change(record, change) for record, change in changes if change is not None)


def describe_change(record: DecodedRecord, change: RowChange) -> dict[str, Any]:
    """Return a change as JSON types: each column with its value, of an update also with the value before."""
    row = change.before if change.after is None else change.after
    names = list(row if isinstance(row, dict) else {})
    return {
        "operation": change.operation,
        "key": shorten(key_text(record.key)),
        "time": record.timestamp,
        "offset": record.offset,
        "columns": [_column(name, change) for name in names[:MAX_COLUMNS]],
        "left_out": max(0, len(names) - MAX_COLUMNS),
    }


def _column(name: str, change: RowChange) -> dict[str, str]:
    now = (change.before if change.after is None else change.after) or {}
    column = {"name": shorten(name), "value": shorten(now[name])}
    if name in change.changed and change.before is not None:
        column["before"] = shorten(change.before.get(name))
    return column


def shorten(value: Any) -> str:
    """Return the beginning of a value as text."""
    text = value if isinstance(value, str) else format_json(value)
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"
