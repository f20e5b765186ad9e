"""Record keys and Avro values of many rows at once, the same bytes as `wire.py` makes one by one."""

import struct
from collections.abc import Iterable
from functools import cache
from itertools import compress
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from producer.columns import Columns, Floats, Integers

Message = dict[str, bytes | None]
"""What Producer.produce_batch takes."""

_NUMBERS = 5
_KEY_DIGITS = 16
_PRESENT = 2
"""Index 1 of the union ["null", "double"], zigzag."""
_SPREAD = tuple(
    (np.uint64(low), np.uint64(high), np.uint64(shift))
    for low, high, shift in (
        (0x0000_0000_0FFF_FFFF, 0x00FF_FFFF_F000_0000, 4),
        (0x0000_3FFF_0000_3FFF, 0x0FFF_C000_0FFF_C000, 2),
        (0x007F_007F_007F_007F, 0x3F80_3F80_3F80_3F80, 1),
    )
)
_CONTINUED = np.uint64(0x0080_8080_8080_8080)
_DIGITS_4 = np.array([b"%04d" % number for number in range(10_000)], dtype="S4").view(np.uint32)


def messages(columns: Columns, *, header: bytes, tombstones: bool = False) -> list[Message]:
    """Return a message for each row, in order; `header` is the wire format's, before the Avro body."""
    if tombstones:
        return [{"value": None, "key": key} for key in _keys(columns.utime).tolist()]
    patterns = _null_patterns(columns)
    first = int(patterns[0])
    if bool((patterns == first).all()):
        return _alike(columns, first, header)
    order = np.argsort(patterns, kind="stable")
    grouped: list[Message] = []
    for pattern in np.unique(patterns).tolist():
        rows = patterns == pattern
        grouped += _alike(Columns._make(column[rows] for column in columns), pattern, header)
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return list(itemgetter(*places.tolist())(grouped))


def _null_patterns(columns: Columns) -> npt.NDArray[np.uint8]:
    """Return for each row which numbers are null: bit 0 for latitude up to bit 4 for speed."""
    patterns = np.zeros(len(columns.utime), dtype=np.uint8)
    for bit, numbers in enumerate(columns[-_NUMBERS:]):
        patterns |= np.isnan(numbers).astype(np.uint8) << bit
    return patterns


def _alike(columns: Columns, pattern: int, header: bytes) -> list[Message]:
    """Encode rows whose nulls are in the same places: all their values are of one length."""
    present = [not pattern >> bit & 1 for bit in range(_NUMBERS)]
    row_type, row_struct = _row_layout(tuple(present), len(header))
    rows = np.zeros(len(columns.utime), dtype=row_type)
    rows["header"] = np.frombuffer(header, dtype=f"V{len(header)}")
    rows["utime"] = _long_8_bytes(columns.utime)
    rows["fix_mode"] = columns.fix_mode << 1
    rows["satellites"] = columns.satellites << 1
    for bit, numbers in _only(enumerate(columns[-_NUMBERS:]), present):
        rows[f"index{bit}"] = _PRESENT
        rows[f"number{bit}"] = numbers
    rows["key"] = _keys(columns.utime)
    return [{"value": value, "key": key} for value, key in row_struct.iter_unpack(rows.tobytes())]


def _only(numbered: Iterable[tuple[int, Floats]], present: list[bool]) -> Iterable[tuple[int, Floats]]:
    return compress(numbered, present)


@cache
def _row_layout(present: tuple[bool, ...], header: int) -> tuple[np.dtype[np.void], struct.Struct]:
    """Return a row's type, its key at the end, and how to cut it in value and key."""
    fields = [("header", f"V{header}"), ("utime", "<u8"), ("fix_mode", "u1"), ("satellites", "u1")]
    for bit, there in enumerate(present):
        fields += [(f"index{bit}", "u1")] + [(f"number{bit}", "<f8")] * there
    value = np.dtype(fields)
    row = np.dtype([*fields, ("key", f"S{_KEY_DIGITS}")])
    return row, struct.Struct(f"{value.itemsize}s{_KEY_DIGITS}s")


def _long_8_bytes(numbers: Integers) -> npt.NDArray[np.uint64]:
    """Return Avro's zigzag varint of numbers that need 8 bytes, as utimes of 2001 to 2099 do.

    The 56 bits are spread in three steps to 7 in each byte; every byte but the last has its high bit set.
    """
    bits = numbers.view(np.uint64) << np.uint64(1)
    for low, high, shift in _SPREAD:
        bits = (bits & low) | (bits & high) << shift
    return bits | _CONTINUED


def _keys(utimes: Integers) -> npt.NDArray[np.bytes_]:
    """Return utimes of 16 digits as text."""
    digits = np.empty((len(utimes), 4), dtype=np.uint32)
    rest = utimes
    for place in (3, 2, 1, 0):
        rest, last_4 = np.divmod(rest, 10_000)
        digits[:, place] = _DIGITS_4[last_4]
    return digits.view(f"S{_KEY_DIGITS}").reshape(-1)
