"""Tests of what a version of a schema has changed."""

import json
from typing import Any

import pytest

from sluice.view.schema_versions import FieldChange, compare_versions, fields_of


def avro(*fields: dict[str, Any]) -> str:
    return json.dumps({"type": "record", "name": "Fix", "fields": list(fields)})


def answer(version: int, schema: str, **more: Any) -> dict[str, Any]:
    return {"version": version, "id": 10 + version, "schema": schema, **more}


def changes(*schemas: str, **more: Any) -> tuple[FieldChange, ...] | None:
    return compare_versions([answer(n, schema, **more) for n, schema in enumerate(schemas, 1)])[-1].changes


def test_added_removed_and_changed_fields_of_avro():
    old = avro({"name": "a", "type": "int"}, {"name": "b", "type": "string"}, {"name": "c", "type": "double"})
    new = avro(
        {"name": "a", "type": "long"},
        {"name": "c", "type": "double"},
        {"name": "d", "type": ["null", "double"], "default": None},
    )
    assert changes(old, new) == (
        FieldChange(name="a", before="int", after="long"),
        FieldChange(name="b", before="string", after=None),
        FieldChange(name="d", before=None, after="null or double = null"),
    )
    assert changes(old, old) == ()
    assert changes(old) is None


def test_fields_within_fields_have_their_full_names():
    inner = {"type": "record", "name": "Row", "fields": [{"name": "id", "type": "int"}]}
    time = {"type": "long", "logicalType": "timestamp-micros"}
    text = avro(
        {"name": "after", "type": ["null", inner]},
        {"name": "at", "type": time, "default": 0},
        {"name": "tags", "type": {"type": "array", "items": {"type": "map", "values": "string"}}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["x", "y"]}},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 16}},
    )
    assert fields_of(text, "AVRO") == {
        "after": "null or record Row",
        "after.id": "int",
        "at": "long (timestamp-micros) = 0",
        "tags": "array of map of string",
        "kind": "enum of x, y",
        "hash": "fixed of 16 bytes",
    }


def test_fields_of_protobuf():
    old = 'syntax = "proto3"; message Fix { int64 at = 1; double lat = 2; }'
    new = 'syntax = "proto3"; message Fix { int64 at = 1; float lat = 2; optional string note = 3; }'
    assert changes(old, new, schemaType="PROTOBUF") == (
        FieldChange(name="Fix.lat", before="double, number 2", after="float, number 2"),
        FieldChange(name="Fix.note", before=None, after="optional string, number 3"),
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("no JSON", "AVRO"),
        ("[1, {}]", "AVRO"),
        ('{"type": "record"}', "AVRO"),
        ("message {", "PROTOBUF"),
        ("{}", "JSON"),
    ],
)
def test_a_schema_that_cannot_be_read_is_shown_without_changes(text: str, kind: str):
    assert fields_of(text, kind) is None
    assert changes(avro(), text) is None or kind != "AVRO"


def test_the_first_version_after_an_unreadable_one_has_no_changes():
    versions = compare_versions([answer(1, "no JSON"), answer(2, avro({"name": "a", "type": "int"}))])
    assert [version.changes for version in versions] == [None, None]
    assert (versions[0].text, versions[1].identity, versions[1].kind) == ("no JSON", 12, "AVRO")
    assert '\n      "name": "a"' in versions[1].text
