"""Prints messages as they come: a table on a terminal, a line of JSON each otherwise."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from producer.runtime.terminal import escape_line, escape_text, format_json, write_json
from sluice.view.debezium import RowChange, parse_change
from sluice.view.messages import DecodedRecord, key_text

ROWS_AT_ONCE = 200
MARGIN = 2
"""Columns between two fields."""
_OPERATION_STYLES = {"insert": "green", "snapshot": "green", "update": "cyan", "delete": "yellow", "truncate": "red"}


def write_json_lines(messages: Iterable[DecodedRecord], *, console: Console, flush: bool = False) -> int:
    """Write each message as one line of JSON, at once if `flush`; returns how many there were."""
    count = 0
    for message in messages:
        # Not through the console, which would wrap and colour the line.
        write_json(message.as_object(), console.file, flush=flush)
        count += 1
    console.file.flush()
    return count


class TablePrinter:
    """Prints messages under one heading, in pieces whose columns stand under each other."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._widths: tuple[int, ...] = ()
        self.count = 0

    def print(self, messages: Iterable[DecodedRecord], *, at_once: int = ROWS_AT_ONCE) -> None:
        """Print all, `at_once` at a time: 1 shows each message when it comes."""
        remaining = iter(messages)
        while rows := list(islice(remaining, at_once)):
            self._console.print(self._table(rows))
            self.count += len(rows)

    def _table(self, rows: Sequence[DecodedRecord]) -> Table:
        cells = [(str(row.partition), str(row.offset), _time(row), _key(row), _value(row)) for row in rows]
        first = not self._widths
        if first:
            self._widths = self._measure(cells)
        table = Table(box=None, show_header=first, pad_edge=False, padding=(0, MARGIN, 0, 0), header_style="dim")
        for name, width in zip(("p", "offset", "time (UTC)", "key", "value"), self._widths, strict=True):
            table.add_column(name, width=width, overflow="fold", justify="right" if name == "offset" else "left")
        for row in cells:
            table.add_row(*row)
        return table

    def _measure(self, cells: Sequence[tuple[str | Text, ...]]) -> tuple[int, ...]:
        longest = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
        # Later offsets may be longer than the first ones; a long key is folded rather than the value squeezed.
        fixed = (max(2, longest[0]), max(7, longest[1] + 1), max(10, longest[2]), max(3, min(longest[3], 24)))
        return (*fixed, max(20, self._console.width - sum(fixed) - 5 * MARGIN))


def _time(row: DecodedRecord) -> str:
    # Kafka keeps milliseconds.
    return "" if row.timestamp is None else row.timestamp[:23].replace("T", " ")


def _key(row: DecodedRecord) -> Text:
    return Text("none", style="dim") if row.key is None else Text(escape_line(key_text(row.key)))


def _value(row: DecodedRecord) -> Text:
    text = Text("tombstone", style="yellow") if row.tombstone else _pretty(row.value)
    for name, value in row.headers.items():
        text.append(f"\n{escape_line(name)}: ", style="dim")
        # Of a Java stack trace the first line; the lines of JSON have the whole.
        text.append(_plain(value).split("\n", 1)[0])
    return text


def _pretty(value: Any) -> Text:
    if not isinstance(value, dict):
        return Text(_plain(value))
    if {"bytes", "hex"} <= value.keys() <= {"bytes", "hex", "error"}:
        text = Text(f"{value['bytes']:,} bytes: {value['hex']}")
        return text.append(f"\n{escape_text(value['error'])}", style="red") if "error" in value else text
    told = parse_change(value)
    return _fields(value) if told is None else _change(told)


def _change(told: RowChange) -> Text:
    """What was done, and the row; of an update the row before and after, with what is new in bold."""
    text = Text().append(escape_line(told.operation), style=_OPERATION_STYLES.get(told.operation, ""))
    if told.before is not None and told.after is not None:
        text.append("\n  before ", style="dim").append_text(_fields(told.before))
        return text.append("\n  after  ", style="dim").append_text(_fields(told.after, bold=told.changed))
    row = told.before if told.after is None else told.after
    return text.append(" ").append_text(_fields(row or {}))


def _fields(row: dict[str, Any], *, bold: frozenset[str] = frozenset()) -> Text:
    text = Text()
    for name, item in row.items():
        text.append(f"{escape_line(name)}=", style="dim")
        text.append(_plain(item), style="bold" if name in bold else "").append(" ")
    text.rstrip()
    return text


def _plain(value: Any) -> str:
    return escape_text(value) if isinstance(value, str) else format_json(value)
