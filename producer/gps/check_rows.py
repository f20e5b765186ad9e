"""The rows of an NCLT `gps.csv`: what is accepted, what is refused and why.

This is the plain reading, a line at a time. It decides every row that `columns.py`, the fast reading, is not
sure of, and a property test holds the two to the same answer.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producer.gps.duplicate_keys import UtimeSet
from producer.gps.header import PLAIN_ORDER, HeaderError, Order, is_comment, is_header, read_header
from producer.gps.line_blocks import LINE_LIMIT
from producer.gps.parse_row import BLANKS, GpsFix, RowRejectedError, named_utime, parse_row
from producer.gps.reject_reasons import RowReason

_BOM = b"\xef\xbb\xbf"
_SHOWN = 1_000
"""Bytes of a rejected row that are shown."""


class RowReject(NamedTuple):
    """A row that is not loaded; lines count from 1."""

    line_number: int
    reason: RowReason
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

    `seen` is also moved on, and passed() called, by whoever has checked whole blocks of lines in another way.
    """

    def __init__(self, *, name: str = "the log") -> None:
        self.seen = UtimeSet()
        self.lines = 0
        """Lines read, the header and blank ones too."""
        self.blank_lines = 0
        self.has_header = False
        self.has_rows = False
        """Whether there was a row, accepted or not."""
        self.order: Order = PLAIN_ORDER
        """Where each column is in a row."""
        self._name = name

    def check(self, line: bytes, *, length: int | None = None) -> GpsFix | RowReject | None:
        """Return the fix, the reject, or None for a header, a comment before it or a blank line.

        `length` in bytes is given for a line beyond LINE_LIMIT, of which `line` is only the beginning. Raises
        HeaderError for a line that names other columns than the rows before it or than a log has.
        """
        self.lines += 1
        row = line.removesuffix(b"\n").removesuffix(b"\r")
        if self.lines == 1:
            row = row.removeprefix(_BOM)
        if length is None and not row.strip(BLANKS):
            self.blank_lines += 1
            return None
        if not self.has_rows and self._before_rows(row):
            return None
        self.has_rows = True
        return self._decide(row, length=length)

    def passed(self, lines: int) -> None:
        """Take note of lines that were all accepted as rows in another way."""
        self.lines += lines
        self.has_rows = True

    def _before_rows(self, row: bytes) -> bool:
        """Say whether this is a header, which is read, or a comment."""
        if is_comment(row):
            return True
        if self.has_header or not is_header(row, first=True):
            return False
        self.order = read_header(row, where=self._where())
        self.has_header = True
        return True

    def _decide(self, row: bytes, *, length: int | None) -> GpsFix | RowReject:
        length = len(row) if length is None else length
        if length > LINE_LIMIT:
            return self._reject(RowReason.TOO_LONG, row, length)
        if not _is_utf8(row):
            return self._reject(self._header_again(row) or RowReason.NOT_UTF8, row, length)
        try:
            fix = parse_row(row, None if self.order is PLAIN_ORDER else self.order)
        except RowRejectedError as refused:
            return self._reject(self._header_again(row) or refused.reason, row, length)
        if not self.seen.add(fix.utime):
            return self._reject(RowReason.DUPLICATE, row, length)
        return fix

    def _reject(self, reason: RowReason, row: bytes, length: int) -> RowReject:
        return RowReject(self.lines, reason, row, length, named_utime(row, column=self.order[0]))

    def _header_again(self, row: bytes) -> RowReason | None:
        """Return the reason if a line after the first row is a header; HeaderError if the rows after it are others."""
        if not is_header(row, first=False):
            return None
        if read_header(row, where=self._where()) != self.order:
            raise HeaderError(
                f"{self._where()} names the columns anew, in another order than the rows before it have: two logs in "
                "one? Load each by itself."
            )
        return RowReason.HEADER

    def _where(self) -> str:
        return f"{self._name}, line {self.lines}"


class FixReader(Iterator[GpsFix | RowReject]):
    """Iterates over the rows of a stream; `checker` holds the counts so far."""

    def __init__(self, stream: BinaryIO, *, name: str) -> None:
        self.checker = RowChecker(name=name)
        self._stream = stream

    def __next__(self) -> GpsFix | RowReject:
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


def read_fixes(stream: BinaryIO, *, name: str = "the log") -> FixReader:
    """Read a GPS log row by row: a GpsFix for each one to be loaded, a RowReject for each other one.

    A header says where each column is; it and blank lines are no rows, and `checker` of the reader counts them.
    Raises HeaderError, with `name` in it, for a header that does not fit. Errors of the stream (see sources.py) come
    through.
    """
    return FixReader(stream, name=name)


def _is_utf8(row: bytes) -> bool:
    if row.isascii():
        return True
    try:
        row.decode()
    except UnicodeDecodeError:
        return False
    return True
