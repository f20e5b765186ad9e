"""One row of a log: its eight fields, their types and their limits."""

import math
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

from producer.gps.reject_reasons import RowReason

FIELDS = 8
"""Fields of a row."""
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
_WHOLE = re.compile(rb"(-?[0-9]+)(?:\.([0-9]*))?(?:[eE]\+?([0-9]{1,3}))?")
"""A number in which an integer can be written: 3.0, or 1.353099678298235000e+15 as np.savetxt writes it."""
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OTHER_SEPARATORS = re.compile(rb"[ \t]*[;|][ \t]*|[ \t]+")
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


class RowRejectedError(ValueError):
    """A row which parse_row does not accept."""

    def __init__(self, reason: RowReason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


def parse_row(row: bytes, order: Sequence[int] | None = None) -> GpsFix:
    """Read one row; raises RowRejectedError with the reason for the first thing wrong in it.

    `order` has for each field of a GpsFix its place in the row; without it they are in the same order.
    """
    fields = [field.strip(BLANKS) for field in row.split(b",")]
    if len(fields) != FIELDS:
        raise RowRejectedError(_wrong_fields(row, len(fields)))
    if order is not None:
        fields = [fields[place] for place in order]
    utime, fix_mode, satellites, latitude, longitude, altitude, track, speed = fields
    return GpsFix(
        _utime(utime),
        _integer(fix_mode, FIX_MODE_MAX, RowReason.FIX_MODE),
        _integer(satellites, SATELLITES_MAX, RowReason.SATELLITES),
        _number(latitude, LATITUDE_MAX, RowReason.ANGLE),
        _number(longitude, LONGITUDE_MAX, RowReason.ANGLE),
        _number(altitude, NUMBER_MAX, RowReason.TOO_LARGE),
        _number(track, TRACK_MAX, RowReason.ANGLE),
        _number(speed, NUMBER_MAX, RowReason.TOO_LARGE),
    )


def is_text(row: bytes) -> bool:
    """Say whether a row has letters, and no field is a number; without a comma in it some words may be numbers."""
    if not _LETTER.search(row):
        return False
    if b"," in row:
        return not any(map(_is_number, row.split(b",")))
    words = _OTHER_SEPARATORS.split(row.strip(BLANKS))
    numbers = sum(map(_is_number, words))
    return not numbers or (len(words) != FIELDS and numbers < len(words))  # 404 Not Found


def _is_number(field: bytes) -> bool:
    field = field.strip(BLANKS).lower()
    return field in _NEARLY_NUMBERS or _NUMBER.fullmatch(field) is not None


def _wrong_fields(row: bytes, fields: int) -> RowReason:
    if fields == 1 and len(_OTHER_SEPARATORS.split(row.strip(BLANKS))) == FIELDS:
        return RowReason.SEPARATOR
    # 1;2;0,7;…: a comma for the decimal point
    return RowReason.SEPARATOR if row.count(b";") == FIELDS - 1 else RowReason.COLUMNS


def named_utime(row: bytes, *, column: int = 0) -> int | None:
    """Return the utime that a row names in `column`, whatever else is wrong in it; None where no digits say it.

    It need not be one that is accepted: a row of the table may have been put there under other rules. Not `1.37E+15`:
    the digits are gone, so no row of the table is named.
    """
    fields = row.split(b",", column + 1)
    if column >= len(fields):
        return None
    named = fields[column].strip(_QUOTES).removeprefix(b"+")
    utime = _whole(named, rounded=RowReason.UTIME_SPREADSHEET)
    return utime if not isinstance(utime, RowReason) and -_KEY_END <= utime < _KEY_END else None


def _utime(text: bytes) -> int:
    utime = int(text) if _INTEGER.fullmatch(text) else _whole(text, rounded=RowReason.UTIME_SPREADSHEET)
    if isinstance(utime, RowReason):
        # A fraction of seconds or milliseconds is told by its size, which says what to do.
        wrong = _wrong_magnitude(int(text.partition(b".")[0])) if utime is RowReason.FRACTION else utime
        raise RowRejectedError(utime if wrong is RowReason.UTIME_RANGE else wrong)
    if not UTIME_FIRST <= utime < UTIME_END:
        raise RowRejectedError(_wrong_magnitude(utime))
    return utime


def _whole(text: bytes, *, rounded: RowReason) -> int | RowReason:
    """Return the integer that a number with a point or an exponent is, or why it is none.

    `rounded` is the reason where not every digit is written: 1.37E+15 may have been any of many integers.
    """
    match = _WHOLE.fullmatch(text)
    if not match:
        return RowReason.NOT_A_NUMBER
    digits, fraction, exponent = match[1], match[2] or b"", int(match[3] or b"0")
    if len(fraction) < exponent:
        return rounded
    if fraction[exponent:].strip(b"0"):
        return RowReason.FRACTION
    return int(digits + fraction[:exponent])


def _wrong_magnitude(utime: int) -> RowReason:
    for unit, factor in _UNITS.items():
        if UTIME_FIRST <= utime * factor < UTIME_END:
            return RowReason(f"utime-{unit}")
    if UTIME_FIRST <= utime // _NANOSECONDS < UTIME_END:
        return RowReason.UTIME_NANOSECONDS
    return RowReason.UTIME_RANGE


def _integer(text: bytes, highest: int, reason: RowReason) -> int:
    number = int(text) if _INTEGER.fullmatch(text) else _whole(text, rounded=RowReason.NOT_A_NUMBER)
    if isinstance(number, RowReason):
        raise RowRejectedError(number)
    if not 0 <= number <= highest:
        raise RowRejectedError(reason)
    return number


def _number(text: bytes, highest: float, reason: RowReason) -> float | None:
    if not _NUMBER.fullmatch(text):
        if text.lower() in _NAN:
            return None
        raise RowRejectedError(RowReason.NOT_A_NUMBER)
    number = float(text)
    if not -highest <= number <= highest:
        raise RowRejectedError(reason)
    return number
