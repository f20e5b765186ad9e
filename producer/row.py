"""One row of a log: its eight fields, their types and their limits."""

import math
import re
import sys
from typing import NamedTuple

from producer.reasons import Reason

COLUMNS = ("utime", "fix mode", "satellites", "latitude", "longitude", "altitude", "track", "speed")
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
BLANKS = b" \t\r\n"
"""What may stand around a value."""

_INTEGER = re.compile(rb"-?[0-9]+")
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WITH_EXPONENT = re.compile(rb"[+-]?[0-9.]+[eE][+-]?[0-9]+")
_NAMED = re.compile(rb"([+-]?[0-9]{1,30})(?:\.0*)?")
_QUOTES = BLANKS + b"\"'"
_KEY_END = 2**63
"""The table's key is a BIGINT."""
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
_NAN = frozenset({b"nan", b"+nan", b"-nan"})
_NEARLY_NUMBERS = frozenset({*_NAN, b"inf", b"+inf", b"-inf"})
_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000}
_NANOSECONDS = 1_000


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


class RowRefusedError(ValueError):
    """A row which parse_row does not accept."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


def parse_row(row: bytes) -> GpsFix:
    """Read one row; raises RowRefusedError with the reason for the first thing wrong in it."""
    fields = [field.strip(BLANKS) for field in row.split(b",")]
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


def is_header(row: bytes) -> bool:
    """Say whether a first line names columns: it has letters, and no field is a number."""
    fields = [field.strip(BLANKS).lower() for field in row.split(b",")]
    return bool(_LETTER.search(row)) and not any(
        field in _NEARLY_NUMBERS or _NUMBER.fullmatch(field) for field in fields
    )


def named_utime(row: bytes, *, column: int = 0) -> int | None:
    """Return the utime that a row names in `column`, whatever else is wrong in it; None where no digits say it.

    It need not be one that is accepted: a row of the table may have been put there under other rules. Not `1.37E+15`:
    the digits are gone, so no row of the table is named.
    """
    fields = row.split(b",", column + 1)
    named = _NAMED.fullmatch(fields[column].strip(_QUOTES)) if column < len(fields) else None
    utime = int(named[1]) if named else None
    return utime if utime is not None and -_KEY_END <= utime < _KEY_END else None


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
