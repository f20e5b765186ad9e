"""Tests of Debezium's change records: times, column names and output."""

from io import BytesIO, StringIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer

from producer.runtime.terminal import Console
from sluice.view.debezium import parse_change, with_column_names, with_readable_times
from sluice.view.message_table import TablePrinter
from sluice.view.messages import DecodedRecord
from sluice.view.record_decoder import Decoder

ROW = {"id": 2, "fix_mode": 3, "altitude": None}


def time_of(kind: str, number: int, *, type_: str = "long", **more: Any) -> Any:
    """Return the decoded value of a column that Debezium wrote as `number`."""
    column = {"type": type_, "connect.version": 1, "connect.name": f"io.debezium.time.{kind}", **more}
    schema = {"type": "record", "name": "Row", "fields": [{"name": "at", "type": ["null", column]}]}
    body = BytesIO()
    schemaless_writer(
        body, parse_schema({**schema, "fields": [{"name": "at", "type": ["null", type_]}]}), {"at": number}
    )
    parsed = parse_schema(with_readable_times(schema))
    return Decoder(lambda _: parsed)(b"\0\0\0\0\1" + body.getvalue())["at"]


@pytest.mark.parametrize(
    ("kind", "type_", "number", "shown"),
    [
        ("MicroTimestamp", "long", 1_353_099_678_298_235, "2012-11-16T21:01:18.298235"),
        ("MicroTimestamp", "long", -1, "1969-12-31T23:59:59.999999"),
        ("Timestamp", "long", 1_353_099_678_298, "2012-11-16T21:01:18.298000"),
        ("MicroTime", "long", 86_399_999_999, "23:59:59.999999"),
        ("MicroTime", "long", -3_020_399_000_000, "-838:59:59.000000"),
        ("Time", "int", 1500, "00:00:01.500000"),
        ("Date", "int", 15_660, "2012-11-16"),
        ("Date", "int", -1, "1969-12-31"),
    ],
)
def test_time_is_decoded_as_text(kind: str, type_: str, number: int, shown: str):
    assert time_of(kind, number, type_=type_) == shown


def test_time_outside_the_range_of_python_stays_a_number():
    assert time_of("MicroTimestamp", 2**62) == 2**62
    assert time_of("Date", 2**30, type_="int") == 2**30


def test_unknown_time_type_stays_a_number():
    assert time_of("Date", 15_660) == 15_660
    assert time_of("Year", 2012, type_="int") == 2012


def test_logical_type_of_the_schema_is_kept():
    moment = time_of("MicroTimestamp", 1_353_099_678_298_235, logicalType="timestamp-micros")
    assert moment == "2012-11-16T21:01:18.298235Z"


def names_of(*fields: str, **attributes: Any) -> list[str]:
    """Return the names of a row's fields after with_column_names()."""
    record = {"type": "record", "name": "Value", "fields": [{"name": name, "type": "int"} for name in fields]}
    envelope = {
        "type": "record",
        "name": "Envelope",
        "fields": [{"name": "after", "type": ["null", record | attributes]}],
    }
    shown = with_column_names(envelope)
    return [field["name"] for field in shown["fields"][0]["type"][1]["fields"]]


def test_escaped_names_become_column_names():
    escaped = ("id", "a_u002db", "a_u005fb", "_u0031_u0020_u00fc", "a_u005fu002db")
    assert names_of(*escaped, **{"connect.name": "cdc.myDB.test.Value"}) == ["id", "a-b", "a_b", "1 ü", "a_u002db"]


def test_names_that_are_not_escaped_are_unchanged():
    assert names_of("a_u002db", "fix_mode", **{"connect.name": "cdc.myDB.test.Value"}) == ["a_u002db", "fix_mode"]
    assert names_of("a_u002db") == ["a_u002db"]


def envelope(operation: str, before: Any, after: Any) -> dict[str, Any]:
    return {"before": before, "after": after, "op": operation, "source": {"file": "binlog.000002"}, "ts_ms": 1}


LOOKALIKES = [
    {"before": "a", "after": "b", "op": "u", "source": "c"},
    {**envelope("u", ROW, ROW), "op": ["u"]},
    {**envelope("u", ROW, ROW), "op": None},
    {**envelope("u", ROW, ROW), "source": None},
    envelope("u", [1], ROW),
    envelope("u", ROW, 5),
    {"bytes": "many", "hex": {"a": 1}},
    {"bytes": 9, "hex": "00", "error": ["x"]},
    {"bytes": 9, "hex": "00", "other": "x"},
]
"""Records of others that have fields of the same names."""


@pytest.mark.parametrize("value", [None, "text", {"bytes": 1, "hex": "ff"}, {"before": 1, "after": 2}, *LOOKALIKES])
def test_other_values_are_no_change(value: Any):
    assert parse_change(value) is None


@pytest.mark.parametrize("value", LOOKALIKES)
def test_a_record_that_has_only_the_same_names_is_shown_as_any_other(value: dict[str, Any]):
    assert all(f"{name}=" in shown(value) for name in value)


def test_update_has_the_names_of_changed_columns():
    change = parse_change(envelope("u", ROW, {**ROW, "altitude": 269.0}))
    assert change is not None
    assert change.changed == {"altitude"}


def test_unknown_operation_is_unchanged():
    change = parse_change(envelope("x", None, None))
    assert change is not None
    assert change.operation == "x"


def shown(value: Any) -> str:
    file = StringIO()
    row = DecodedRecord(partition=0, offset=0, timestamp=None, key={"id": 2}, value=value, headers={}, tombstone=False)
    TablePrinter(Console(file=file, width=120)).print([row])
    heading, *lines = file.getvalue().splitlines()
    return "\n".join(line[heading.index("value") :].rstrip() for line in lines)


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (envelope("c", None, ROW), "insert id=2 fix_mode=3 altitude=null"),
        (envelope("r", None, ROW), "snapshot id=2 fix_mode=3 altitude=null"),
        (envelope("d", ROW, None), "delete id=2 fix_mode=3 altitude=null"),
        (
            envelope("u", ROW, ROW | {"fix_mode": 2}),
            "update\n  before id=2 fix_mode=3 altitude=null\n  after  id=2 fix_mode=2 altitude=null",
        ),
        (envelope("t", None, None), "truncate"),
        ({"bytes": 9, "hex": "00", "error": "schema 7 is broken"}, "9 bytes: 00\nschema 7 is broken"),
    ],
    ids=["insert", "snapshot", "delete", "update", "truncate", "unreadable"],
)
def test_table_shows_operation_and_row(value: Any, lines: str):
    assert shown(value) == lines
