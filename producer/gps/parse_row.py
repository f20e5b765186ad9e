"""Parses one row into a GpsFix and checks types and limits of its eight fields: the definition of a good row."""

import math
import sys
from collections.abc import Sequence
from typing import NamedTuple

from producer.gps.column_names import COLUMNS
from producer.gps.field_syntax import BLANKS, INTEGER, NAN, NUMBER, OTHER_SEPARATORS, WHOLE
from producer.gps.reject_reasons import RowReason

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
_QUOTES = BLANKS + b"\"'"
_KEY_END = 2**63
"""The table's key is a BIGINT."""
_MICROSECONDS = {"seconds": 1_000_000, "milliseconds": 1_000}
_NANOSECONDS = 1_000


class GpsFix(NamedTuple):
    """A row that is loaded: utime in µs, latitude and longitude in rad, altitude in m, track in degrees, speed in m/s.

    None where the row has nan.
    """

    utime: int
    fix_mode: int
    satellites: int
    latitude: float | None
    longitude: float | None
    altitude: float | None
    track: float | None
    speed: float | None


class RowRejectedError(ValueError):
    """parse_row() does not accept a row."""

    def __init__(self, reason: RowReason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


def parse_row(row: bytes, order: Sequence[int] | None = None) -> GpsFix:
    """Parse one row; raises RowRejectedError with the reason for the first field that is wrong.

    `order` has for each field of a GpsFix its position in the row; without it the row has the order of a GpsFix.
    """
    fields = [field.strip(BLANKS) for field in row.split(b",")]
    if len(fields) != len(COLUMNS):
        raise RowRejectedError(_wrong_fields(row, len(fields)))
    if order is not None:
        fields = [fields[place] for place in order]
    utime, fix_mode, satellites, latitude, longitude, altitude, track, speed = fields
    return GpsFix(
        _parse_utime(utime),
        _parse_integer(fix_mode, FIX_MODE_MAX, RowReason.FIX_MODE),
        _parse_integer(satellites, SATELLITES_MAX, RowReason.SATELLITES),
        _parse_number(latitude, LATITUDE_MAX, RowReason.ANGLE),
        _parse_number(longitude, LONGITUDE_MAX, RowReason.ANGLE),
        _parse_number(altitude, NUMBER_MAX, RowReason.TOO_LARGE),
        _parse_number(track, TRACK_MAX, RowReason.ANGLE),
        _parse_number(speed, NUMBER_MAX, RowReason.TOO_LARGE),
    )


def _wrong_fields(row: bytes, fields: int) -> RowReason:
    """Return why a row has not as many fields as a log has columns."""
    if fields == 1 and len(OTHER_SEPARATORS.split(row.strip(BLANKS))) == len(COLUMNS):
        return RowReason.SEPARATOR
    # 1;2;0,7;…: a comma for the decimal point
    return RowReason.SEPARATOR if row.count(b";") == len(COLUMNS) - 1 else RowReason.COLUMNS


def find_utime(row: bytes, *, column: int = 0) -> int | None:
    """Return the utime of a row in µs, whatever else is wrong in it; None where digits are missing.

    `column` is its position in the row. The utime may be one that is not accepted: the table may have a row of that key
    from a load under other rules. 1.37E+15 gives None: a program has rounded it, so the row's key is not known.
    """
    fields = row.split(b",", column + 1)
    if column >= len(fields):
        return None
    text = fields[column].strip(_QUOTES).removeprefix(b"+")
    utime = _parse_whole(text, rounded=RowReason.UTIME_SPREADSHEET)
    return utime if not isinstance(utime, RowReason) and -_KEY_END <= utime < _KEY_END else None


def _parse_utime(text: bytes) -> int:
    utime = int(text) if INTEGER.fullmatch(text) else _parse_whole(text, rounded=RowReason.UTIME_SPREADSHEET)
    if isinstance(utime, RowReason):
        # Seconds or milliseconds with a fraction: the unit as the reason says better what to do.
        wrong = _wrong_magnitude(int(text.partition(b".")[0])) if utime is RowReason.FRACTION else utime
        raise RowRejectedError(utime if wrong is RowReason.UTIME_RANGE else wrong)
    if not UTIME_FIRST <= utime < UTIME_END:
        raise RowRejectedError(_wrong_magnitude(utime))
    return utime


def _parse_whole(text: bytes, *, rounded: RowReason) -> int | RowReason:
    """Return the value of an integer written with a point or an exponent, or the reason why it is no integer.

    `rounded` is the reason where not every digit is written: 1.37E+15 may have been any of many integers.
    """
    match = WHOLE.fullmatch(text)
    if not match:
        return RowReason.NOT_A_NUMBER
    digits, fraction, exponent = match[1], match[2] or b"", int(match[3] or b"0")
    if len(fraction) < exponent:
        return rounded
    if fraction[exponent:].strip(b"0"):
        return RowReason.FRACTION
    return int(digits + fraction[:exponent])


def _wrong_magnitude(utime: int) -> RowReason:
    """Return the reason for a utime out of range: the unit that it seems to be in, else UTIME_RANGE."""
    for unit, factor in _MICROSECONDS.items():
        if UTIME_FIRST <= utime * factor < UTIME_END:
            return RowReason(f"utime-{unit}")
    if UTIME_FIRST <= utime // _NANOSECONDS < UTIME_END:
        return RowReason.UTIME_NANOSECONDS
    return RowReason.UTIME_RANGE


def _parse_integer(text: bytes, highest: int, reason: RowReason) -> int:
    number = int(text) if INTEGER.fullmatch(text) else _parse_whole(text, rounded=RowReason.NOT_A_NUMBER)
    if isinstance(number, RowReason):
        raise RowRejectedError(number)
    if not 0 <= number <= highest:
        raise RowRejectedError(reason)
    return number


def _parse_number(text: bytes, highest: float, reason: RowReason) -> float | None:
    if not NUMBER.fullmatch(text):
        if text.lower() in NAN:
            return None
        raise RowRejectedError(RowReason.NOT_A_NUMBER)
    number = float(text)
    if not -highest <= number <= highest:
        raise RowRejectedError(reason)
    return number
