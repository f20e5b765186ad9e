"""The rows of an NCLT `gps.csv`: what is accepted, what is refused and why.

This is the plain reading, a line at a time. It decides every row that `columns.py`, the fast reading, is not
sure of, and a property test holds the two to the same answer.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producer.reasons import LINE_LIMIT, Reason
from producer.row import BLANKS, GpsFix, RowRefusedError, is_header, named_utime, parse_row
from producer.seen import SeenUtimes

__all__ = ["LINE_LIMIT", "FixReader", "GpsFix", "Reason", "Reject", "RowChecker", "parse_row", "read_fixes"]

_BOM = b"\xef\xbb\xbf"
_SHOWN = 1_000
"""Bytes of a rejected row that are shown."""


class Reject(NamedTuple):
    """A row that is not loaded; lines count from 1."""

    line_number: int
    reason: Reason
    row: bytes
    """Without its line end; of a line that is too long, the beginning."""
    length: int
    """Bytes of the whole row."""
    utime: int | None = None
    """What the row names as its utime, µs since the epoch; None where it cannot be read."""

    def cells(self) -> tuple[int, str, str]:
        """Return what the rejects file says about it: what is not UTF-8 escaped, a long row cut."""
        text = self.row[:_SHOWN].decode(errors="backslashreplace")
        shown = text if self.length <= _SHOWN else f"{text}… ({self.length:,} bytes)"
        return self.line_number, self.reason.value, shown


class RowChecker:
    """Says for one line after another what it is, with what must be remembered from the lines before.

    `seen` and `lines` are also moved on by whoever has checked whole blocks of lines in another way.
    """

    def __init__(self) -> None:
        self.seen = SeenUtimes()
        self.lines = 0
        """Lines read, the header and blank ones too."""
        self.blank_lines = 0
        self.has_header = False

    def check(self, line: bytes, *, length: int | None = None) -> GpsFix | Reject | None:
        """Return the fix, the reject, or None for a header or a blank line.

        `length` in bytes is given for a line beyond LINE_LIMIT, of which `line` is only the beginning.
        """
        self.lines += 1
        row = line.removesuffix(b"\n").removesuffix(b"\r")
        if length is not None:
            return self._reject(Reason.TOO_LONG, row, length=length)
        if self.lines == 1:
            row = row.removeprefix(_BOM)
        if not _is_utf8(row):
            return self._reject(Reason.NOT_UTF8, row)
        if not row.strip(BLANKS):
            self.blank_lines += 1
            return None
        if self.lines == 1 and is_header(row):
            self.has_header = True
            return None
        return self._decide(row)

    def _decide(self, row: bytes) -> GpsFix | Reject:
        try:
            fix = parse_row(row)
        except RowRefusedError as refused:
            return self._reject(refused.reason, row)
        if not self.seen.add(fix.utime):
            return self._reject(Reason.DUPLICATE, row)
        return fix

    def _reject(self, reason: Reason, row: bytes, *, length: int | None = None) -> Reject:
        return Reject(self.lines, reason, row, len(row) if length is None else length, named_utime(row))


class FixReader(Iterator[GpsFix | Reject]):
    """Iterates over the rows of a stream; `checker` holds the counts so far."""

    def __init__(self, stream: BinaryIO) -> None:
        self.checker = RowChecker()
        self._stream = stream

    def __next__(self) -> GpsFix | Reject:
        while line := self._stream.readline(LINE_LIMIT + 1):
            length = None
            if len(line) > LINE_LIMIT and not line.endswith(b"\n"):
                line, length = line[:LINE_LIMIT], len(line) + self._skip_line()
            row = self.checker.check(line, length=length)
            if row is not None:
                return row
        raise StopIteration

    def _skip_line(self) -> int:
        """Read to the end of the line; returns the bytes passed over."""
        skipped = 0
        while rest := self._stream.readline(65_536):
            if rest.endswith(b"\n"):
                return skipped + len(rest) - 1
            skipped += len(rest)
        return skipped


def read_fixes(stream: BinaryIO) -> FixReader:
    """Read a GPS log row by row: a GpsFix for each one to be loaded, a Reject for each other one.

    A header line and blank lines are passed over; `checker` of the reader counts them. Errors of the stream
    (see sources.py) come through.
    """
    return FixReader(stream)


def _is_utf8(row: bytes) -> bool:
    if row.isascii():
        return True
    try:
        row.decode()
    except UnicodeDecodeError:
        return False
    return True
