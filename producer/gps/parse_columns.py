"""The fast path: parses and checks a block of lines at once, column by column.

It accepts a block as a whole or not at all; what it does not accept, the plain path (check_rows.py) checks row by row.
What the fast path accepts, the plain path accepts with the same values.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from producer.gps.column_names import COLUMNS
from producer.gps.header import PLAIN_ORDER, Order
from producer.gps.log_lines import LINE_LIMIT
from producer.gps.parse_row import FIX_MODE_MAX, LATITUDE_MAX, LONGITUDE_MAX, NUMBER_MAX, TRACK_MAX, UTIME_END

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

UTIME_16_DIGITS = 1_000_000_000_000_000
"""September 2001, µs since the epoch. The fast path takes only utimes from here on: their keys have 16 digits."""
SATELLITES_1_BYTE = 63
"""Most satellites that take one byte in Avro; no receiver has more."""
_NUMBER_LIMITS = (LATITUDE_MAX, LONGITUDE_MAX, NUMBER_MAX, TRACK_MAX, NUMBER_MAX)
_PLAIN_PATH_ONLY = (b"x", b"X", b"(", b"\r", b"\xef")
"""pyarrow's CSV reader takes hexadecimal integers and nan(1), ends lines at a bare CR and skips a BOM (EF BB BF).

Single bytes: for these the search takes next to no time.
"""
_WINDOW = LINE_LIMIT // 2

_NAMES = [column.name for column in COLUMNS]
_PARSE = csv.ParseOptions(quote_char=False)
_CONVERT = csv.ConvertOptions(
    check_utf8=False,  # a number is ASCII
    column_types=dict(zip(_NAMES, [pa.int64()] * 3 + [pa.float64()] * 5, strict=True)),
    null_values=[],
)


class Columns(NamedTuple):
    """A block's rows, all accepted: a GpsFix as arrays of one length, with nan where a GpsFix has None."""

    utime: Integers
    fix_mode: Integers
    satellites: Integers
    latitude: Floats
    longitude: Floats
    altitude: Floats
    track: Floats
    speed: Floats


def parse_columns(block: bytes, *, lines: int, order: Order = PLAIN_ORDER) -> Columns | None:
    """Parse and check whole lines, each ended by LF or CRLF; returns None if the plain path must check them.

    `lines` is their number; `order` has the position of each column in a row. A header is not recognized, and
    duplicates are not looked for.
    """
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    if any(text in block for text in _PLAIN_PATH_ONLY) or _may_have_long_line(block):
        return None
    names = [_NAMES[order.index(place)] for place in range(len(_NAMES))]
    options = csv.ReadOptions(column_names=names, use_threads=False, block_size=len(block) + 1)
    try:
        table = csv.read_csv(pa.py_buffer(block), options, _PARSE, _CONVERT)
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines:  # blank lines
        return None
    columns = Columns._make(table.column(name).to_numpy() for name in _NAMES)
    return columns if _in_range(columns) else None


def _may_have_long_line(block: bytes) -> bool:
    """Return whether a line can be too long: then it covers a whole window, which has no line end."""
    text = np.frombuffer(block, dtype=np.uint8)
    windows = text[: len(text) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    return not bool((windows == ord("\n")).any(axis=1).all())


def _in_range(columns: Columns) -> bool:
    utime, fix_mode, satellites, *numbers = columns
    return bool(
        utime.min() >= UTIME_16_DIGITS
        and utime.max() < UTIME_END
        and fix_mode.min() >= 0
        and fix_mode.max() <= FIX_MODE_MAX
        and satellites.min() >= 0
        and satellites.max() <= SATELLITES_1_BYTE
        # fmax passes over nan; where all are nan the comparison is False as well
        and not any(np.fmax.reduce(np.abs(n)) > highest for n, highest in zip(numbers, _NUMBER_LIMITS, strict=True))
    )
