"""Output of `sluice messages`: a table on a terminal, else a line of JSON for each record."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from rich.table import Table
from rich.text import Text

from producer.runtime.terminal import Console, escape_line, escape_text, format_json, write_json
from sluice.view.debezium import RowChange, parse_change
from sluice.view.messages import DecodedRecord, key_text
from sluice.view.record_decoder import is_undecoded

ROWS_AT_ONCE = 200
"""Records for which one piece of the table is laid out and printed."""
MARGIN = 2
"""Blank columns between two fields."""
_OPERATION_STYLES = {"insert": "green", "snapshot": "green", "update": "cyan", "delete": "yellow", "truncate": "red"}


def write_json_lines(records: Iterable[DecodedRecord], *, console: Console, flush: bool = False) -> int:
    """Write each record as one line of JSON, at once if `flush`; return the number of records."""
    count = 0
    for record in records:
        # Not through the console, which would wrap and colour the line.
        write_json(record.as_object(), console.file, flush=flush)
        count += 1
    console.file.flush()
    return count


class TablePrinter:
    """Prints records under one heading, some rows at a time, with the same column widths throughout."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._widths: tuple[int, ...] = ()
        self.count = 0

    def print(self, records: Iterable[DecodedRecord], *, at_once: int = ROWS_AT_ONCE) -> None:
        """Print all records, `at_once` rows at a time: 1 prints each record when it comes."""
        remaining = iter(records)
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
        # Later offsets may have a digit more. A long key is folded, to leave room for the value.
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
        # Only the first line, of a Java stack trace for example; --json prints the whole value.
        text.append(_plain(value).split("\n", 1)[0])
    return text


def _pretty(value: Any) -> Text:
    if not isinstance(value, dict):
        return Text(_plain(value))
    if is_undecoded(value):
        text = Text(f"{value['bytes']:,} bytes: {value['hex']}")
        return text.append(f"\n{escape_text(value['error'])}", style="red") if "error" in value else text
    change = parse_change(value)
    return _fields(value) if change is None else _change(change)


def _change(change: RowChange) -> Text:
    """Format the operation and the row; of an update the row before and after, with changed values in bold."""
    text = Text().append(escape_line(change.operation), style=_OPERATION_STYLES.get(change.operation, ""))
    if change.before is not None and change.after is not None:
        text.append("\n  before ", style="dim").append_text(_fields(change.before))
        return text.append("\n  after  ", style="dim").append_text(_fields(change.after, bold=change.changed))
    row = change.before if change.after is None else change.after
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
