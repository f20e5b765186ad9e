"""The rows of an NCLT `gps.csv`: what is accepted, what is refused and why.

This is the plain reading, a line at a time. It decides every row that `columns.py`, the fast reading, is not
sure of, and a property test holds the two to the same answer.
"""

import math
import re
import sys
from collections.abc import Iterator
from enum import Enum
from typing import BinaryIO, NamedTuple, Self

from producer.seen import SeenUtimes

COLUMNS = ("utime", "fix mode", "satellites", "latitude", "longitude", "altitude", "track", "speed")
LINE_LIMIT = 4096
"""Longest line taken for a row, in bytes without the newline. A longer one is never held in memory."""
UTIME_FIRST = 946_684_800_000_000
"""2000-01-01T00:00:00Z, µs since the epoch: the first utime accepted."""
UTIME_END = 4_102_444_800_000_000
"""2100-01-01T00:00:00Z, µs since the epoch: the first utime too late."""
FIX_MODE_MAX = 3
SATELLITES_MAX = 2**31 - 1
LATITUDE_MAX = math.pi / 2
LONGITUDE_MAX = math.pi
TRACK_MAX = 360.0
NUMBER_MAX = sys.float_info.max

_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
_INTEGER = re.compile(rb"-?[0-9]+")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WITH_EXPONENT = re.compile(rb"[+-]?[0-9.]+[eE][+-]?[0-9]+")
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
_NAN = frozenset({b"nan", b"+nan", b"-nan"})
_NEARLY_NUMBERS = frozenset({*_NAN, b"inf", b"+inf", b"-inf"})
_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000}
_NANOSECONDS = 1_000


class Reason(Enum):
    """Why a row is not loaded. The value is a stable id; `sentence` is for people."""

    sentence: str

    def __new__(cls, id_: str, sentence: str) -> Self:
        """Keep the sentence beside the id, so that Reason("columns") finds its member."""
        member = object.__new__(cls)
        member._value_ = id_
        member.sentence = sentence
        return member

    COLUMNS = "columns", "the row does not have 8 columns"
    NOT_A_NUMBER = "not-a-number", "a field is not a plain number"
    TOO_LARGE = "too-large", "altitude or speed is too large for a double"
    ANGLE = "angle", "latitude is beyond ±π/2 rad, longitude beyond ±π rad or track beyond ±360 degrees"
    FIX_MODE = "fix-mode", "the fix mode is not 0, 1, 2 or 3"
    SATELLITES = "satellites", "the number of satellites is negative or beyond 32 bits"
    UTIME_SPREADSHEET = "utime-spreadsheet", "a spreadsheet has rounded utime (1.37E+15): its digits are gone"
    UTIME_SECONDS = "utime-seconds", "utime looks like seconds, not microseconds"
    UTIME_MILLISECONDS = "utime-milliseconds", "utime looks like milliseconds, not microseconds"
    UTIME_NANOSECONDS = "utime-nanoseconds", "utime looks like nanoseconds, not microseconds"
    UTIME_RANGE = "utime-range", "utime is not in the years 2000 to 2099, as microseconds since 1970"
    DUPLICATE = "duplicate", "an earlier row of this file has the same utime"
    NOT_UTF8 = "not-utf-8", "the line is not UTF-8"
    TOO_LONG = "too-long", f"the line is longer than {LINE_LIMIT} bytes"


class GpsFix(NamedTuple):
    """A row that is loaded. Angles in rad, track in degrees, altitude in m, speed in m/s; None where it says nan."""

    utime: int
    fix_mode: int
    satellites: int
    latitude: float | None
    longitude: float | None
    altitude: float | None
    track: float | None
    speed: float | None


class Reject(NamedTuple):
    """A row that is not loaded; lines count from 1."""

    line_number: int
    reason: Reason
    row: bytes
    """Without its line end; of a line that is too long, the beginning."""
    length: int
    """Bytes of the whole row."""


class RowRefusedError(ValueError):
    """A row which parse_row does not accept."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


def parse_row(row: bytes) -> GpsFix:
    """Read one row; raises RowRefusedError with the reason for the first thing wrong in it."""
    fields = [field.strip(_BLANKS) for field in row.split(b",")]
    if len(fields) != len(COLUMNS):
        raise RowRefusedError(Reason.COLUMNS)
    utime, fix_mode, satellites, latitude, longitude, altitude, track, speed = fields
    return GpsFix(
        _utime(utime),
        _integer(fix_mode, FIX_MODE_MAX, Reason.FIX_MODE),
        _integer(satellites, SATELLITES_MAX, Reason.SATELLITES),
        _number(latitude, LATITUDE_MAX, Reason.ANGLE),
        _number(longitude, LONGITUDE_MAX, Reason.ANGLE),
        _number(altitude, NUMBER_MAX, Reason.TOO_LARGE),
        _number(track, TRACK_MAX, Reason.ANGLE),
        _number(speed, NUMBER_MAX, Reason.TOO_LARGE),
    )


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
            return Reject(self.lines, Reason.TOO_LONG, row, length)
        if self.lines == 1:
            row = row.removeprefix(_BOM)
        if not _is_utf8(row):
            return Reject(self.lines, Reason.NOT_UTF8, row, len(row))
        if not row.strip(_BLANKS):
            self.blank_lines += 1
            return None
        if self.lines == 1 and _is_header(row):
            self.has_header = True
            return None
        return self._decide(row)

    def _decide(self, row: bytes) -> GpsFix | Reject:
        try:
            fix = parse_row(row)
        except RowRefusedError as refused:
            return Reject(self.lines, refused.reason, row, len(row))
        if not self.seen.add(fix.utime):
            return Reject(self.lines, Reason.DUPLICATE, row, len(row))
        return fix


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


def _is_header(row: bytes) -> bool:
    fields = [field.strip(_BLANKS).lower() for field in row.split(b",")]
    return bool(_LETTER.search(row)) and not any(
        field in _NEARLY_NUMBERS or _NUMBER.fullmatch(field) for field in fields
    )


def _utime(text: bytes) -> int:
    if not _INTEGER.fullmatch(text):
        rounded = _WITH_EXPONENT.fullmatch(text)
        raise RowRefusedError(Reason.UTIME_SPREADSHEET if rounded else Reason.NOT_A_NUMBER)
    utime = int(text)
    if not UTIME_FIRST <= utime < UTIME_END:
        raise RowRefusedError(_wrong_magnitude(utime))
    return utime


def _wrong_magnitude(utime: int) -> Reason:
    for unit, factor in _UNITS.items():
        if UTIME_FIRST <= utime * factor < UTIME_END:
            return Reason(f"utime-{unit}")
    if UTIME_FIRST <= utime // _NANOSECONDS < UTIME_END:
        return Reason.UTIME_NANOSECONDS
    return Reason.UTIME_RANGE


def _integer(text: bytes, highest: int, reason: Reason) -> int:
    if not _INTEGER.fullmatch(text):
        raise RowRefusedError(Reason.NOT_A_NUMBER)
    number = int(text)
    if not 0 <= number <= highest:
        raise RowRefusedError(reason)
    return number


def _number(text: bytes, highest: float, reason: Reason) -> float | None:
    if not _NUMBER.fullmatch(text):
        if text.lower() in _NAN:
            return None
        raise RowRefusedError(Reason.NOT_A_NUMBER)
    number = float(text)
    if not -highest <= number <= highest:
        raise RowRefusedError(reason)
    return number
