"""Encodes many rows at once (the fast path): the same keys and Avro values as encode_row.py makes one by one."""

from functools import cache, partial

import numpy as np
import numpy.typing as npt

from producer.gps.parse_columns import Columns, Integers
from producer.gps.record_layout import KEY_FIELD, NUMBERS, encode_keys, lay_out, null_patterns
from producer.kafka.record_arrays import Records

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


def encode_columns(columns: Columns, *, header: bytes, partitions: int) -> Records:
    """Encode a record for each row, in order, for a topic of so many partitions; `header` is from encode_header()."""
    return lay_out(
        columns, null_patterns(columns), encode=partial(_encode_pattern, header=header), partitions=partitions
    )


def _encode_pattern(columns: Columns, pattern: int, *, header: bytes) -> npt.NDArray[np.void]:
    """Encode rows whose nulls are as in `pattern`: the value of each, then its key."""
    rows = np.empty(len(columns.utime), dtype=_row_type(pattern, len(header)))
    rows["header"] = np.frombuffer(header, dtype=f"V{len(header)}")
    rows["utime"] = _encode_longs_8_bytes(columns.utime)
    rows["fix_mode"] = columns.fix_mode << 1
    rows["satellites"] = columns.satellites << 1
    for bit, numbers in enumerate(columns[-NUMBERS:]):
        if pattern >> bit & 1:
            rows[f"index{bit}"] = 0
        else:
            rows[f"index{bit}"] = _PRESENT
            rows[f"number{bit}"] = numbers
    rows["key"] = encode_keys(columns.utime)
    return rows


@cache
def _row_type(pattern: int, header: int) -> np.dtype[np.void]:
    """Return the layout of a row in memory: header, Avro body, key. A number that is null takes only its index."""
    fields = [("header", f"V{header}"), ("utime", "<u8"), ("fix_mode", "u1"), ("satellites", "u1")]
    for bit in range(NUMBERS):
        fields.append((f"index{bit}", "u1"))
        if not pattern >> bit & 1:
            fields.append((f"number{bit}", "<f8"))
    return np.dtype([*fields, KEY_FIELD])


def _encode_longs_8_bytes(numbers: Integers) -> npt.NDArray[np.uint64]:
    """Encode numbers as Avro's zigzag varints of 8 bytes, which utimes of 2001 to 2099 need.

    The 56 bits are spread in three steps to 7 in each byte; every byte but the last has its high bit set.
    """
    bits = numbers.view(np.uint64) << np.uint64(1)
    for low, high, shift in _SPREAD:
        bits = (bits & low) | (bits & high) << shift
    return bits | _CONTINUED
