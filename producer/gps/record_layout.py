"""Lays out the records of many rows in one buffer: keys, and values whose rows have only a few different lengths."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from producer.gps.parse_columns import Columns, Integers
from producer.gps.partition import block_partitions
from producer.kafka.record_arrays import NULL, Offsets, Records

NUMBERS = 5
"""Fields of a row that may be null, the last ones of Columns: latitude to speed."""
KEY_DIGITS = 16
KEY_FIELD = ("key", f"S{KEY_DIGITS}")
"""Last field of a row's layout in memory."""
_DIGITS_4 = np.array([b"%04d" % number for number in range(10_000)], dtype="S4").view(np.uint32)


def lay_out(
    columns: Columns,
    patterns: npt.NDArray[np.integer],
    *,
    encode: Callable[[Columns, int], npt.NDArray[np.void]],
    partitions: int,
) -> Records:
    """Encode a record for each row, in order.

    Rows of one pattern have values of one length and lie together in memory: `encode` gets them with their pattern,
    and returns the value of each followed by KEY_FIELD.
    """
    rows_of = [np.flatnonzero(patterns == pattern) for pattern in np.flatnonzero(np.bincount(patterns))]
    places = np.empty((2, len(patterns)), dtype=np.int64)
    pieces: list[bytes] = []
    end = 0
    for rows in rows_of:
        alike = columns if len(rows_of) == 1 else Columns._make(column[rows] for column in columns)
        piece = encode(alike, int(patterns[rows[0]]))
        places[0, rows] = np.arange(end, end + piece.nbytes, piece.itemsize)
        places[1, rows] = piece.itemsize - KEY_DIGITS
        pieces.append(piece.tobytes())
        end += piece.nbytes
    value_at, value_length = places
    data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    return make_records(
        data,
        utimes=columns.utime,
        key_at=value_at + value_length,
        value_at=value_at,
        value_length=value_length,
        partitions=partitions,
    )


def encode_tombstones(utimes: Integers, *, partitions: int) -> Records:
    """Encode a tombstone for each utime."""
    key_at = np.arange(0, len(utimes) * KEY_DIGITS, KEY_DIGITS)
    return make_records(
        encode_keys(utimes).tobytes(),
        utimes=utimes,
        key_at=key_at,
        value_at=np.zeros_like(key_at),
        value_length=np.full_like(key_at, NULL),
        partitions=partitions,
    )


def make_records(
    data: bytes, *, utimes: Integers, key_at: Offsets, value_at: Offsets, value_length: Offsets, partitions: int
) -> Records:
    """Make records whose keys and values are in `data`; `utimes` are the keys as numbers."""
    key_length = np.full(len(utimes), KEY_DIGITS, dtype=np.int64)
    return Records(data, key_at, key_length, value_at, value_length, block_partitions(utimes, partitions))


def null_patterns(columns: Columns) -> npt.NDArray[np.uint8]:
    """Return for each row which numbers are null: bit 0 for latitude up to bit 4 for speed."""
    patterns = np.zeros(len(columns.utime), dtype=np.uint8)
    for bit, numbers in enumerate(columns[-NUMBERS:]):
        patterns |= np.isnan(numbers).astype(np.uint8) << bit
    return patterns


def encode_keys(utimes: Integers) -> npt.NDArray[np.bytes_]:
    """Encode utimes of 16 digits as text."""
    digits = np.empty((len(utimes), 4), dtype=np.uint32)
    rest = utimes
    for place in (3, 2, 1, 0):
        rest, last_4 = np.divmod(rest, 10_000)
        digits[:, place] = _DIGITS_4[last_4]
    return digits.view(f"S{KEY_DIGITS}").reshape(-1)
