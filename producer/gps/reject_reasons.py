"""Reject reasons of GPS rows."""

from producer.gps.line_blocks import LINE_LIMIT
from producer.shared.rejects import RejectReason


class RowReason(RejectReason):
    """Why a row is not loaded."""

    COLUMNS = "columns", "the row does not have 8 columns"
    SEPARATOR = "separator", "the fields are separated by blanks, tabs, semicolons or bars; they must be by commas"
    HEADER = "header", "the line names the columns again"
    NOT_A_NUMBER = "not-a-number", "a field is not a plain number"
    FRACTION = "fraction", "utime, fix mode or satellites is not a whole number"
    TOO_LARGE = "too-large", "altitude or speed is too large for a double"
    ANGLE = "angle", "latitude is beyond ±π/2 rad, longitude beyond ±π rad or track beyond ±360 degrees"
    FIX_MODE = "fix-mode", "the fix mode is not 0, 1, 2 or 3"
    SATELLITES = "satellites", "the number of satellites is negative or beyond 32 bits"
    UTIME_SPREADSHEET = (
        "utime-spreadsheet",
        "a spreadsheet has rounded utime (1.37E+15), or another program: its digits are gone",
    )
    UTIME_SECONDS = "utime-seconds", "utime looks like seconds, not microseconds"
    UTIME_MILLISECONDS = "utime-milliseconds", "utime looks like milliseconds, not microseconds"
    UTIME_NANOSECONDS = "utime-nanoseconds", "utime looks like nanoseconds, not microseconds"
    UTIME_RANGE = "utime-range", "utime is not in the years 2000 to 2099, as microseconds since 1970"
    DUPLICATE = "duplicate", "an earlier row of this file has the same utime"
    NOT_UTF8 = "not-utf-8", "the line is not UTF-8"
    TOO_LONG = "too-long", f"the line is longer than {LINE_LIMIT} bytes"
