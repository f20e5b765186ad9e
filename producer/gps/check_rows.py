"""The plain path: checks a log line by line, telling headers, comments, rows and rejects apart.

It defines which rows are valid, and checks every row that the fast path (parse_columns.py) does not accept. A property
test holds the two to the same results (tests/unit/producer/gps/test_fast_path.py).
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producer.gps.duplicate_keys import UtimeSet
from producer.gps.field_syntax import BLANKS
from producer.gps.header import PLAIN_ORDER, HeaderError, Order, is_comment, is_header, read_header
from producer.gps.log_lines import LINE_LIMIT, read_lines
from producer.gps.parse_row import GpsFix, RowRejectedError, find_utime, parse_row
from producer.gps.reject_reasons import RowReason

_BOM = b"\xef\xbb\xbf"
_SHOWN = 1_000
"""Most bytes of a rejected row that the rejects file shows."""


class RowReject(NamedTuple):
    """A row that is not loaded; lines count from 1."""

    line_number: int
    reason: RowReason
    row: bytes
    """Without its line end; of a line that is too long, the beginning."""
    length: int
    """Bytes of the whole row."""
    utime: int | None = None
    """The row's utime, µs since the epoch; None where it cannot be read."""

    def cells(self) -> tuple[int, str, str]:
        """Return its cells in the rejects file: line number, reason, row (shortened; what is not UTF-8 escaped)."""
        text = self.row[:_SHOWN].decode(errors="backslashreplace")
        shown = text if self.length <= _SHOWN else f"{text}… ({self.length:,} bytes)"
        return self.line_number, self.reason.value, shown


class RowChecker:
    """Checks one line after another, and keeps what the next lines depend on: utimes, column order, line count.

    The fast path accepts blocks of lines past check(): it adds their utimes to `utimes` and calls count_accepted().
    """

    def __init__(self, *, name: str = "the log") -> None:
        self.utimes = UtimeSet()
        """Utimes of the rows accepted so far."""
        self.lines = 0
        """Lines read, the header and blank ones too."""
        self.blank_lines = 0
        self.has_header = False
        self.has_rows = False
        """Whether there was a row, accepted or not."""
        self.order: Order = PLAIN_ORDER
        """Position of each column in a row."""
        self._name = name

    def check(self, line: bytes, *, length: int | None = None) -> GpsFix | RowReject | None:
        """Check the next line; returns a fix, a reject, or None for a header, a comment before it or a blank line.

        `length` in bytes is given for a line beyond LINE_LIMIT, of which `line` is only the beginning. Raises
        HeaderError for a line that names other columns than a log has, or in another order than the rows before it.
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
        return self._check_row(row, length=length)

    def count_accepted(self, lines: int) -> None:
        """Count lines that the fast path has accepted as rows."""
        self.lines += lines
        self.has_rows = True

    def _before_rows(self, row: bytes) -> bool:
        """Return whether this is a comment or a header; of a header the column order is kept."""
        if is_comment(row):
            return True
        if self.has_header or not is_header(row, first=True):
            return False
        self.order = read_header(row, where=self._where())
        self.has_header = True
        return True

    def _check_row(self, row: bytes, *, length: int | None) -> GpsFix | RowReject:
        """Check one row: length, encoding, fields and limits, duplicates, in this order."""
        length = len(row) if length is None else length
        if length > LINE_LIMIT:
            return self._reject(RowReason.TOO_LONG, row, length)
        if not _is_utf8(row):
            return self._reject(self._repeated_header(row) or RowReason.NOT_UTF8, row, length)
        try:
            fix = parse_row(row, None if self.order is PLAIN_ORDER else self.order)
        except RowRejectedError as error:
            return self._reject(self._repeated_header(row) or error.reason, row, length)
        if not self.utimes.add(fix.utime):
            return self._reject(RowReason.DUPLICATE, row, length)
        return fix

    def _reject(self, reason: RowReason, row: bytes, length: int) -> RowReject:
        return RowReject(self.lines, reason, row, length, find_utime(row, column=self.order[0]))

    def _repeated_header(self, row: bytes) -> RowReason | None:
        """Return RowReason.HEADER if a line after the first row is a header; HeaderError if it names another order."""
        if not is_header(row, first=False):
            return None
        if read_header(row, where=self._where()) != self.order:
            raise HeaderError(
                f"{self._where()} names the columns again, in another order than the rows before it have: two logs in "
                "one? Load each by itself."
            )
        return RowReason.HEADER

    def _where(self) -> str:
        return f"{self._name}, line {self.lines}"


class FixReader(Iterator[GpsFix | RowReject]):
    """Iterates over the rows of a stream; `checker` holds the counts so far."""

    def __init__(self, stream: BinaryIO, *, name: str) -> None:
        self.checker = RowChecker(name=name)
        self._lines = read_lines(stream)

    def __next__(self) -> GpsFix | RowReject:
        for line, length in self._lines:
            row = self.checker.check(line, length=length)
            if row is not None:
                return row
        raise StopIteration


def read_fixes(stream: BinaryIO, *, name: str = "the log") -> FixReader:
    """Read a GPS log row by row: a GpsFix for each one to be loaded, a RowReject for each other one.

    Headers, comments and blank lines are no rows; `checker` of the reader counts lines. Raises HeaderError, with `name`
    in its message, for a header that does not fit, and what reading the stream raises (SourceCutError).
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
