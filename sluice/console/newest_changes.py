"""The newest changes of the watched table, as mysql-source wrote them to their topic."""

from collections import deque
from typing import Any

from producer.runtime.terminal import format_json
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.topic_tail import TopicTail
from sluice.view.debezium import RowChange, parse_change
from sluice.view.messages import DecodedRecord, decode_record, key_text
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas

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
        self._pipeline = pipeline
        self._tail = TopicTail(pipeline, TOPIC)
        self._decode: Decoder | None = None
        self._changes: deque[dict[str, Any]] = deque(maxlen=CHANGES)

    def read(self) -> dict[str, Any]:
        """Return the newest changes, the last first, as JSON types; raises SluiceError."""
        records = self._tail.read(READ)
        if self._decode is None:
            self._decode = Decoder(RegistrySchemas(self._pipeline.endpoints.compatible_registry))
        for message in records:
            record = decode_record(message, decode=self._decode)
            if (change := parse_change(record.value)) is not None:
                self._changes.append(describe_change(record, change))
        return {"topic": TOPIC, "changes": list(reversed(self._changes))}


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
