"""Tests of the decoder of keys and values."""

import json
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastavro import schemaless_writer
from fastavro.schema import load_schema

from producer.gps import encode_json
from producer.gps.parse_row import GpsFix
from sluice.view.record_decoder import Decoder, to_json_types
from sluice.view.registry_schemas import UnusableSchema

SCHEMA_FILE = Path(__file__).parents[4] / "schemas/sluice.GpsFix.avsc"
SCHEMA = load_schema(str(SCHEMA_FILE))
FIX = {
    "recorded_at": 1_353_099_678_298_235,
    "fix_mode": 2,
    "satellites": 0,
    "latitude": 0.738168596822093,
    "longitude": -1.46098603965911,
    "altitude": None,
    "track": 11.3,
    "speed": 0.005,
}


def wire(record: dict[str, Any], *, number: int = 7) -> bytes:
    body = BytesIO()
    schemaless_writer(body, SCHEMA, record)
    return b"\0" + number.to_bytes(4, "big") + body.getvalue()


def decoder(asked: list[int] | None = None) -> Decoder:
    def schemas(number: int) -> Any:
        if asked is not None:
            asked.append(number)
        return SCHEMA if number == 7 else None

    return Decoder(schemas)


def test_avro_is_decoded_with_timestamps_in_utc():
    assert decoder()(wire(FIX)) == FIX | {"recorded_at": "2012-11-16T21:01:18.298235Z"}


def test_tombstone_is_none():
    assert decoder()(None) is None


def test_utf8_is_decoded_as_text():
    assert decoder()("1353099678298235 µs".encode()) == "1353099678298235 µs"


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0" + bytes(range(256)),
        b"\xff\xd8\xff",
        b"\0\0\0\0\x07",
        b"a\x1b[31mred",
        wire(FIX, number=8),
        wire(FIX) + b"\0",
        wire(FIX)[:-1],
        b"\0\0\0\0\x07" + b"\xff" * 40,
    ],
    ids=[
        "tiff",
        "jpeg",
        "only a prefix",
        "escape codes",
        "unknown schema",
        "too long",
        "too short",
        "not of the schema",
    ],
)
def test_other_bytes_become_size_and_first_bytes(data: bytes):
    shown = decoder()(data)
    assert shown["bytes"] == len(data)
    assert shown["hex"].removesuffix("…") == data[:16].hex()
    assert shown["hex"].endswith("…") == (len(data) > 16)


def test_empty_value_is_empty_text():
    assert decoder()(b"") == ""


def test_every_type_of_avro_becomes_json():
    moment = datetime(2026, 1, 2, 3, 4, 5, 6)
    record = {"a": [b"\xff", Decimal("1.10")], "b": date(2026, 1, 2), "c": moment, "d": True, "e": {"f": None}}
    assert to_json_types(record) == {
        "a": [{"bytes": 1, "hex": "ff"}, "1.10"],
        "b": "2026-01-02",
        "c": "2026-01-02T03:04:05.000006",
        "d": True,
        "e": {"f": None},
    }


def test_invalid_schema_gives_size_first_bytes_and_the_reason():
    shown = Decoder(lambda _: UnusableSchema(reason="schema 7 cannot be parsed"))(wire(FIX))
    assert shown["error"] == "schema 7 cannot be parsed"
    assert shown["bytes"] == len(wire(FIX))


def test_json_with_schema_is_decoded_with_readable_times():
    fix = GpsFix(1_353_099_678_298_235, 2, 0, 0.738168596822093, -1.46098603965911, None, 11.0, 0.005)
    found = decoder()(encode_json.encode_value(fix))
    assert found == FIX | {"recorded_at": "2012-11-16T21:01:18.298235", "track": 11.0}
    assert isinstance(found["track"], float)


@pytest.mark.parametrize(
    "text",
    [
        '{"schema": 1',
        '{"schema":null,"payload":1}',
        '{"schema":{},"payload":1,"more":2}',
        '{"schema":{}}',
        '{"schema":' * 9_000,
    ],
)
def test_other_json_stays_text(text: str):
    assert decoder()(text.encode()) == text


def test_payload_that_does_not_fit_its_schema_is_shown_as_it_is():
    fields = [
        {"field": "at", "type": "int64", "name": "io.debezium.time.MicroTimestamp"},
        {"field": "number", "type": "double"},
        {"field": [], "type": "double"},
        5,
    ]
    schema = {"type": "struct", "fields": fields}
    for payload in ({"at": "x", "more": 1}, {"at": True}, {"at": 10**30}, {"number": 10**400}, [1], None):
        assert decoder()(json.dumps({"schema": schema, "payload": payload}, separators=(",", ":")).encode()) == payload
