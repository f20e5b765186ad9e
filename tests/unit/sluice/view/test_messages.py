"""Tests of records of a topic: decoding, filters and output."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import Any, cast

import pytest

from producer.runtime.terminal import Console
from sluice.view import messages
from sluice.view.message_table import TablePrinter, write_json_lines
from sluice.view.messages import DecodedRecord, RecordFilter, contains, decode_record, key_text
from sluice.view.record_decoder import Decoder
from sluice.view.topic_reader import TopicReader
from tests.unit.sluice.view.fake_reader import FakeReader, message

DECODE = Decoder(lambda _: None)


def backlog(
    reader: FakeReader, *, starts: dict[int, int] | None = None, limit: int | None = None, **wanted: Any
) -> list[DecodedRecord]:
    accept = RecordFilter(decode=DECODE, **wanted)
    return list(messages.read_backlog(cast(TopicReader, reader), accept=accept, starts=starts, limit=limit))


def test_record_has_all_fields():
    shown = decode_record(message(3, partition=1, headers=[("a", b"1"), ("b", None)]), decode=DECODE)
    assert shown.as_object() == {
        "partition": 1,
        "offset": 3,
        "timestamp": "2012-11-16T21:01:18.301000Z",
        "key": "k",
        "value": "v",
        "headers": {"a": "1", "b": None},
    }
    assert not shown.tombstone


def test_tombstone_is_a_record_without_value():
    shown = decode_record(message(0, value=None), decode=DECODE)
    assert shown.tombstone
    assert shown.as_object()["value"] is None


def test_record_without_key_and_timestamp():
    shown = decode_record(message(0, key=None, timestamp=(0, -1)), decode=DECODE)
    assert (shown.key, shown.timestamp, shown.headers) == (None, None, {})


def test_values_of_a_repeated_header_are_a_list():
    assert decode_record(message(0, headers=[("a", b"1"), ("a", b"2"), ("a", b"3")]), decode=DECODE).headers == {
        "a": ["1", "2", "3"]
    }


def test_backlog_is_complete_or_the_newest_up_to_a_limit():
    reader = FakeReader(*(message(n // 2, partition=n % 2, timestamp=(1, n)) for n in range(200)))
    assert len(backlog(reader)) == 200
    assert [(shown.partition, shown.offset) for shown in backlog(reader, limit=3)] == [(1, 98), (0, 99), (1, 99)]
    assert backlog(reader, limit=0) == []
    assert len(backlog(reader, limit=500)) == 200


def test_the_newest_records_are_found_without_reading_the_others():
    reader = FakeReader(*(message(n) for n in range(1000)))
    assert len(backlog(reader, limit=3)) == 3
    assert reader.given == 4


def test_the_newest_records_of_a_key_are_searched_from_the_end():
    reader = FakeReader(*(message(n, key=b"a" if n < 994 else b"b") for n in range(1000)))
    assert [shown.offset for shown in backlog(reader, limit=2, key="a")] == [992, 993]
    assert reader.given < 50
    assert [shown.offset for shown in backlog(reader, key="b")] == list(range(994, 1000))
    assert backlog(reader, limit=2, key="c") == []


@pytest.mark.parametrize(("wanted", "found"), [("5", True), ("id=5", True), ("id", False), ("6", False)])
def test_a_key_with_fields_is_found_as_it_is_shown(wanted: str, found: bool):
    key = b'{"schema":{"type":"struct","fields":[]},"payload":{"id":5}}'
    reader = FakeReader(message(0, key=key), message(1, key=b"7"))
    assert bool(backlog(reader, key=wanted)) is found
    assert len(backlog(reader, key=key.decode())) == 1
    two = b'{"schema":{},"payload":{"id":5,"part":"x y"}}'
    assert [bool(backlog(FakeReader(message(0, key=two)), key=text)) for text in ("5,x y", "id=5 part=x y")] == [
        True
    ] * 2


def test_a_limit_from_a_start_takes_the_first():
    reader = FakeReader(*(message(n // 2, partition=n % 2, timestamp=(1, n)) for n in range(2000)))
    found = backlog(reader, starts={1: 20}, limit=3)
    assert [(shown.partition, shown.offset) for shown in found] == [(1, 20), (1, 21), (1, 22)]
    found = backlog(reader, starts={0: 21, 1: 20}, limit=3)
    assert [(shown.partition, shown.offset) for shown in found] == [(1, 20), (0, 21), (1, 21)]
    assert reader.given < 50


def test_records_before_a_time_are_left_out_wherever_they_are():
    reader = FakeReader(*(message(n, timestamp=(1, time)) for n, time in enumerate((5000, 9000, 4000, 9500))))
    since = datetime.fromtimestamp(5, tz=UTC)
    assert [shown.offset for shown in backlog(reader, starts={0: 0}, since=since)] == [0, 1, 3]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ERIE", True),
        ("place=erie", True),
        ("after.place=ERIE", True),
        ("satellites=7", True),
        ("reason=no such", True),
        ("K1", True),
        ("seen=true", True),
        ("lat=null", True),
        ("track", True),
        ("placeerie", False),
        ("8", False),
    ],
)
def test_a_text_is_found_in_key_fields_and_headers(text: str, found: bool):
    record = decode_record(message(0, key=b"k1", headers=[("reason", b"No such row")]), decode=DECODE)
    value = {"after": {"place": "Erie", "satellites": 7}, "seen": True, "lat": None, "tags": ["track"]}
    assert contains(replace(record, value=value), text) is found


def test_text_of_an_avro_key_is_its_fields_joined():
    assert key_text({"id": 5, "part": "x"}) == "5,x"
    assert key_text("1353") == "1353"


def test_json_lines_are_not_wrapped_to_the_width_of_the_console():
    file = StringIO()
    console = Console(file=file, width=20, force_terminal=True)
    rows = [decode_record(message(n, value=("[red]µ " + "x" * 90).encode()), decode=DECODE) for n in range(3)]
    assert write_json_lines(rows, console=console) == 3
    assert [json.loads(line) for line in file.getvalue().splitlines()] == [row.as_object() for row in rows]
    assert "µ" in file.getvalue()


def table(*rows: DecodedRecord, at_once: int = 200, width: int = 100) -> str:
    file = StringIO()
    printer = TablePrinter(Console(file=file, width=width))
    printer.print(rows, at_once=at_once)
    assert printer.count == len(rows)
    return file.getvalue()


def test_table_printed_in_pieces_has_one_heading_and_aligned_columns():
    text = table(*(decode_record(message(n), decode=DECODE) for n in range(5)), at_once=2)
    lines = text.splitlines()
    assert len(lines) == 6
    assert lines[0].split() == ["p", "offset", "time", "(UTC)", "key", "value"]
    assert len({line.index("k  ") for line in lines[1:]}) == 1


def test_table_shows_tombstones_headers_and_bytes():
    trace = b"java.lang.IllegalStateException: no\n\tat somewhere"
    text = table(
        decode_record(message(0, value=None), decode=DECODE),
        decode_record(
            message(1, value=b"\xff\x00", headers=[("__connect.errors.exception.stacktrace", trace)]), decode=DECODE
        ),
        width=140,
    )
    assert "tombstone" in text
    assert "2 bytes: ff00" in text
    assert "__connect.errors.exception.stacktrace: java.lang.IllegalStateException: no" in text
    assert "at somewhere" not in text


def test_markup_in_a_value_is_printed_literally():
    assert "[red]not red[/red]" in table(decode_record(message(0, value=b"[red]not red[/red]"), decode=DECODE))
