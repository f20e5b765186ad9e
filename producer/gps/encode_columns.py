"""Encodes many rows at once (the fast path): the same keys and Avro values as encode_row.py makes one by one."""

from functools import cache

import numpy as np
import numpy.typing as npt

from producer.gps.parse_columns import Columns, Integers
from producer.kafka.record_arrays import NULL, Offsets, Records

_NUMBERS = 5
_KEY_DIGITS = 16
_PRESENT = 2
"""Index 1 of the union ["null", "double"], zigzag; index 0 stays 0."""
_SPREAD = tuple(
    (np.uint64(low), np.uint64(high), np.uint64(shift))
    for low, high, shift in (
        (0x0000_0000_0FFF_FFFF, 0x00FF_FFFF_F000_0000, 4),
        (0x0000_3FFF_0000_3FFF, 0x0FFF_C000_0FFF_C000, 2),
        (0x007F_007F_007F_007F, 0x3F80_3F80_3F80_3F80, 1),
    )
)
"""Steps that spread 56 bits to 7 in each byte: mask of the bits that stay, of those that move, and by how many bits."""
_CONTINUED = np.uint64(0x0080_8080_8080_8080)
_DIGITS_4 = np.array([b"%04d" % number for number in range(10_000)], dtype="S4").view(np.uint32)


def encode_columns(columns: Columns, *, header: bytes, tombstones: bool = False) -> Records:
    """Encode a record for each row, in order; `header` is what encode_header() returns.

    Rows whose nulls are in the same places have values of one length, and lie together in memory.
    """
    if tombstones:
        return _encode_tombstones(columns.utime)
    patterns = _null_patterns(columns)
    rows_of = [np.flatnonzero(patterns == pattern) for pattern in np.flatnonzero(np.bincount(patterns))]
    places = np.empty((2, len(patterns)), dtype=np.int64)
    pieces: list[bytes] = []
    end = 0
    for rows in rows_of:
        alike = columns if len(rows_of) == 1 else Columns._make(column[rows] for column in columns)
        piece = _encode_pattern(alike, int(patterns[rows[0]]), header)
        places[0, rows] = np.arange(end, end + piece.nbytes, piece.itemsize)
        places[1, rows] = piece.itemsize - _KEY_DIGITS
        pieces.append(piece.tobytes())
        end += piece.nbytes
    value_at, value_length = places
    data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    return Records(data, value_at + value_length, _key_lengths(len(patterns)), value_at, value_length)


def _encode_tombstones(utimes: Integers) -> Records:
    key_at = np.arange(0, len(utimes) * _KEY_DIGITS, _KEY_DIGITS)
    lengths = _key_lengths(len(utimes))
    return Records(_encode_keys(utimes).tobytes(), key_at, lengths, np.zeros_like(key_at), np.full_like(key_at, NULL))


def _key_lengths(count: int) -> Offsets:
    return np.full(count, _KEY_DIGITS, dtype=np.int64)


def _null_patterns(columns: Columns) -> npt.NDArray[np.uint8]:
    """Return for each row which numbers are null: bit 0 for latitude up to bit 4 for speed."""
    patterns = np.zeros(len(columns.utime), dtype=np.uint8)
    for bit, numbers in enumerate(columns[-_NUMBERS:]):
        patterns |= np.isnan(numbers).astype(np.uint8) << bit
    return patterns


def _encode_pattern(columns: Columns, pattern: int, header: bytes) -> npt.NDArray[np.void]:
    """Encode rows whose nulls are as in `pattern`: the value of each, then its key."""
    rows = np.empty(len(columns.utime), dtype=_row_type(pattern, len(header)))
    rows["header"] = np.frombuffer(header, dtype=f"V{len(header)}")
    rows["utime"] = _encode_longs_8_bytes(columns.utime)
    rows["fix_mode"] = columns.fix_mode << 1
    rows["satellites"] = columns.satellites << 1
    for bit, numbers in enumerate(columns[-_NUMBERS:]):
        if pattern >> bit & 1:
            rows[f"index{bit}"] = 0
        else:
            rows[f"index{bit}"] = _PRESENT
            rows[f"number{bit}"] = numbers
    rows["key"] = _encode_keys(columns.utime)
    return rows


@cache
def _row_type(pattern: int, header: int) -> np.dtype[np.void]:
    """Return the layout of a row in memory: header, Avro body, key. A number that is null takes only its index."""
    fields = [("header", f"V{header}"), ("utime", "<u8"), ("fix_mode", "u1"), ("satellites", "u1")]
    for bit in range(_NUMBERS):
        fields.append((f"index{bit}", "u1"))
        if not pattern >> bit & 1:
            fields.append((f"number{bit}", "<f8"))
    return np.dtype([*fields, ("key", f"S{_KEY_DIGITS}")])


def _encode_longs_8_bytes(numbers: Integers) -> npt.NDArray[np.uint64]:
    """Encode numbers as Avro's zigzag varints of 8 bytes, which utimes of 2001 to 2099 need.

    The 56 bits are spread in three steps to 7 in each byte; every byte but the last has its high bit set.
    """
    bits = numbers.view(np.uint64) << np.uint64(1)
    for low, high, shift in _SPREAD:
        bits = (bits & low) | (bits & high) << shift
    return bits | _CONTINUED


def _encode_keys(utimes: Integers) -> npt.NDArray[np.bytes_]:
    """Encode utimes of 16 digits as text."""
    digits = np.empty((len(utimes), 4), dtype=np.uint32)
    rest = utimes
    for place in (3, 2, 1, 0):
        rest, last_4 = np.divmod(rest, 10_000)
        digits[:, place] = _DIGITS_4[last_4]
    return digits.view(f"S{_KEY_DIGITS}").reshape(-1)
