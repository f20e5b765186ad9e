"""Changes of the watched table, as the page is told them."""

from typing import Any

from sluice.console.newest_changes import MAX_CHARACTERS, MAX_COLUMNS, describe_change
from sluice.view.debezium import RowChange
from sluice.view.messages import DecodedRecord


def described(operation: str, before: Any, after: Any) -> dict[str, Any]:
    record = DecodedRecord(
        partition=0, offset=7, timestamp="2026-01-01T00:00:00Z", key={"id": 1}, value=None, headers={}, tombstone=False
    )
    return describe_change(record, RowChange(operation=operation, before=before, after=after))


def test_an_insert_shows_the_row():
    shown = described("insert", None, {"id": 1, "speed": None})
    assert shown["key"] == "1"
    assert shown["columns"] == [{"name": "id", "value": "1"}, {"name": "speed", "value": "null"}]


def test_an_update_shows_what_has_changed():
    shown = described("update", {"id": 1, "speed": 2.5}, {"id": 1, "speed": 3.5})
    assert shown["columns"] == [{"name": "id", "value": "1"}, {"name": "speed", "value": "3.5", "before": "2.5"}]


def test_a_delete_shows_the_row_that_was():
    assert described("delete", {"id": 1}, None)["columns"] == [{"name": "id", "value": "1"}]


def test_a_truncate_has_no_row():
    assert described("truncate", None, None)["columns"] == []


def test_large_rows_and_values_are_cut():
    shown = described("insert", None, {f"column{n}": "x" * 1_000_000 for n in range(MAX_COLUMNS + 4)})
    assert len(shown["columns"]) == MAX_COLUMNS
    assert shown["left_out"] == 4
    assert {len(column["value"]) for column in shown["columns"]} == {MAX_CHARACTERS + 1}
