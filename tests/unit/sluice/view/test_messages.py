"""Tests of records of a topic: decoding, filters and output."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any, cast

from confluent_kafka import Message

from producer.runtime.terminal import Console
from sluice.view import messages
from sluice.view.message_table import TablePrinter, write_json_lines
from sluice.view.messages import DecodedRecord, decode_record, key_text
from sluice.view.record_decoder import Decoder
from sluice.view.topic_reader import TopicReader

DECODE = Decoder(lambda _: None)


def message(offset: int, **fields: Any) -> Message:
    defaults: dict[str, Any] = {
        "partition": 0,
        "key": b"k",
        "value": b"v",
        "timestamp": (1, 1_353_099_678_298 + offset),
    }
    return Message("gps-fixes", offset=offset, **defaults | fields)


class FakeReader:
    """Stand-in for TopicReader with a topic in memory; `last` applies to each partition."""

    def __init__(self, *content: Message) -> None:
        self.content = content
        self.asked_for: int | None = None

    def backlog(self, *, last: int | None = None) -> Iterator[Message]:
        self.asked_for = last
        for partition in (0, 1):
            found = [item for item in self.content if item.partition() == partition]
            yield from found if last is None else found[len(found) - min(last, len(found)) :]


def backlog(reader: FakeReader, *, last: int | None = None, key: str | None = None) -> list[DecodedRecord]:
    return list(messages.read_backlog(cast(TopicReader, reader), decode=DECODE, last=last, key=key))


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
    reader = FakeReader(*(message(n, partition=n % 2) for n in range(10)))
    assert len(backlog(reader)) == 10
    assert [shown.offset for shown in backlog(reader, last=3)] == [7, 8, 9]
    assert reader.asked_for == 3
    assert backlog(reader, last=0) == []


def test_newest_records_of_a_key_are_found_in_the_whole_topic():
    reader = FakeReader(*(message(n, key=b"a" if n < 4 else b"b") for n in range(10)))
    assert [shown.offset for shown in backlog(reader, last=2, key="a")] == [2, 3]
    assert reader.asked_for is None
    assert [shown.offset for shown in backlog(reader, key="a")] == [0, 1, 2, 3]
    assert backlog(reader, key="c") == []


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
