"""Tests of schemas of the registry."""

import json
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_writer
from fastavro.schema import load_schema

from producer.runtime.exit_status import Exit, SluiceError
from sluice.view import registry_schemas
from sluice.view.record_decoder import Decoder, text_or_bytes
from sluice.view.registry_schemas import RegistrySchemas
from tests.unit.sluice.view.fake_connect import serving
from tests.unit.sluice.view.test_record_decoder import FIX, SCHEMA_FILE

VALUE = {"type": "record", "name": "Value", "namespace": "cdc.t", "fields": [{"name": "id", "type": "long"}]}
BLOCK = {"type": "record", "name": "event.Block", "fields": [{"name": "row", "type": "cdc.t.Value"}]}
ENVELOPE = {
    "type": "record",
    "name": "cdc.t.Envelope",
    "fields": [
        {"name": name, "type": ["null", type_]} for name, type_ in (("after", "Value"), ("block", "event.Block"))
    ],
}


def wire(record: dict[str, Any], *, number: int = 7, schema: Any = None) -> bytes:
    body = BytesIO()
    schemaless_writer(body, load_schema(str(SCHEMA_FILE)) if schema is None else schema, record)
    return b"\0" + number.to_bytes(4, "big") + body.getvalue()


def page(schema: Any, *references: str, **more: Any) -> dict[str, Any]:
    """Return the registry's answer for a schema; the subject of a reference is its name."""
    listed = [{"name": name, "subject": name, "version": 1} for name in references]
    return {"schema": json.dumps(schema), "references": listed, **more}


def with_references() -> dict[str, Any]:
    return {
        "/schemas/ids/7": page(ENVELOPE, "event.Block"),
        "/subjects/cdc.t.Value/versions/1": page(VALUE),
        "/subjects/event.Block/versions/1": page(BLOCK, "cdc.t.Value"),
    }


def without_references() -> Any:
    block = BLOCK | {"fields": [{"name": "row", "type": "cdc.t.Value"}]}
    fields = [{"name": "after", "type": ["null", VALUE]}, {"name": "block", "type": ["null", block]}]
    return ENVELOPE | {"fields": fields}


def decoded(pages: dict[str, Any], data: bytes) -> Any:
    with serving(pages) as registry:
        return Decoder(RegistrySchemas(registry))(data)


def test_each_schema_is_fetched_once():
    pages = {"/schemas/ids/7": {"schema": SCHEMA_FILE.read_text(encoding="utf-8")}}
    with serving(pages) as registry:
        decode = Decoder(RegistrySchemas(registry))
        first = decode(wire(FIX))
        unknown = decode(wire(FIX, number=8))
    # The server is closed: both answers are cached.
    assert decode(wire(FIX)) == first == FIX | {"recorded_at": "2012-11-16T21:01:18.298235Z"}
    assert decode(wire(FIX, number=8)) == unknown == text_or_bytes(wire(FIX, number=8))


def test_a_schema_that_is_registered_later_is_found(monkeypatch: pytest.MonkeyPatch):
    now = 100.0
    monkeypatch.setattr(registry_schemas, "monotonic", lambda: now)
    pages: dict[str, Any] = {"/schemas/ids/8": {"schema": "{"}}
    with serving(pages) as registry:
        decode = Decoder(RegistrySchemas(registry))
        assert decode(wire(FIX)) == text_or_bytes(wire(FIX))
        assert "cannot be parsed" in decode(wire(FIX, number=8))["error"]
        for number in (7, 8):
            pages[f"/schemas/ids/{number}"] = {"schema": SCHEMA_FILE.read_text(encoding="utf-8")}
        assert decode(wire(FIX)) == text_or_bytes(wire(FIX)), "it is not asked for each record"
        now += 60
        for number in (7, 8):
            assert decode(wire(FIX, number=number))["recorded_at"] == "2012-11-16T21:01:18.298235Z"


def test_numbers_that_are_no_schema_take_limited_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry_schemas, "_MOST_MISSING", 3)
    with serving({}) as registry:
        schemas = RegistrySchemas(registry)
        for number in range(10):
            schemas(number)
    assert len(schemas._missing) <= 3  # pyright: ignore[reportPrivateUsage]


def test_registry_that_does_not_answer_is_an_error():
    with serving({}) as registry:
        pass
    with pytest.raises(SluiceError, match="cannot be decoded") as caught:
        Decoder(RegistrySchemas(registry))(wire(FIX))
    assert caught.value.status is Exit.UNAVAILABLE


@pytest.mark.parametrize(("kind", "schema"), [("PROTOBUF", "syntax = 'proto3';"), ("JSON", "{}")])
def test_schema_of_another_type_than_the_value_is_not_used(kind: str, schema: str):
    pages = {"/schemas/ids/7": {"schema": schema, "schemaType": kind}}
    assert decoded(pages, wire(FIX)) == text_or_bytes(wire(FIX))


def test_protobuf_is_decoded_with_the_schemas_that_it_imports():
    inner = {"schema": 'syntax = "proto3"; package b; message B { int32 x = 1; }', "schemaType": "PROTOBUF"}
    outer = {
        "schema": 'syntax = "proto3"; import "b.proto"; message A { b.B b = 1; }',
        "schemaType": "PROTOBUF",
        "references": [{"name": "b.proto", "subject": "b", "version": 2}],
    }
    pages = {"/schemas/ids/7": outer, "/subjects/b/versions/2": inner}
    value = b"\0\0\0\0\x07\0\x0a\x02\x08\x05"
    assert decoded(pages, value) == {"b": {"x": 5}}
    lost = decoded({"/schemas/ids/7": outer}, value)
    assert lost["error"] == "schema 7 refers to b version 2, which the registry lacks"
    alone = decoded({"/schemas/ids/7": outer | {"references": []}}, value)
    assert alone["error"].startswith("schema 7 cannot be parsed: ProtobufSyntaxError: it imports b.proto")


def test_references_of_a_schema_are_resolved():
    record = {"after": {"id": 5}, "block": {"row": {"id": 6}}}
    assert decoded(with_references(), wire(record, schema=without_references())) == record


def test_slash_in_a_subject_is_escaped_in_the_url():
    pages = {
        "/schemas/ids/7": {
            "schema": json.dumps(ENVELOPE | {"fields": [{"name": "after", "type": "cdc.t.Value"}]}),
            "references": [{"name": "cdc.t.Value", "subject": "a/b", "version": 3}],
        },
        "/subjects/a%2Fb/versions/3": page(VALUE),
    }
    assert decoded(pages, wire({"id": 5}, schema=VALUE)) == {"after": {"id": 5}}


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ({"/schemas/ids/7": page(ENVELOPE)}, "schema 7 cannot be parsed: UnknownType"),
        ({"/schemas/ids/7": page({"type": "record"})}, "schema 7 cannot be parsed"),
        ({"/schemas/ids/7": page({"type": "record", "name": "A", "fields": [{"name": "a"}]})}, "cannot be parsed"),
        ({"/schemas/ids/7": {"schema": "not JSON"}}, "schema 7 cannot be parsed"),
        ({"/schemas/ids/7": {"schema": "[1]"}}, "schema 7 cannot be parsed"),
        ({"/schemas/ids/7": {}}, "schema 7 cannot be parsed"),
        ({"/schemas/ids/7": page(ENVELOPE, "cdc.t.Value")}, "schema 7 refers to cdc.t.Value version 1, which"),
        (
            with_references() | {"/subjects/cdc.t.Value/versions/1": page(VALUE, "event.Block")},
            "schema 7 refers to itself through",
        ),
    ],
    ids=["no reference", "no name", "no type", "no JSON", "a number", "no schema", "lost reference", "circle"],
)
def test_invalid_schema_is_reported_with_the_bytes(pages: dict[str, Any], reason: str):
    data = wire({"after": None, "block": None}, schema=without_references())
    shown = decoded(pages, data)
    assert reason in shown.pop("error")
    assert shown == {"bytes": len(data), "hex": data.hex()}
