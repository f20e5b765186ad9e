"""Encodes rows as Protobuf in Confluent's wire format, by schemas/sluice.GpsFix.proto.

Fields are in the order of their numbers, and what proto3 reads as 0 from a field that is not there is left out, as the
Protobuf libraries write it. Written here and not by the library, which would take a call for every field of every row.
"""

import struct
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from producer.gps.parse_columns import Columns, Integers
from producer.gps.parse_row import GpsFix
from producer.gps.record_layout import KEY_FIELD, NUMBERS, encode_keys, lay_out, null_patterns
from producer.kafka.record_arrays import Records

SUBJECT = "gps-fixes-value-protobuf"
SCHEMA_FILE = Path(__file__).resolve().parents[2] / "schemas" / "sluice.GpsFix.proto"
_FIRST_MESSAGE = b"\x00"
"""Between the schema's id and the message: it is the first one of the file."""
_RECORDED_AT, _SECONDS, _NANOS = 0x0A, 0x08, 0x10
_FIX_MODE, _SATELLITES = 0x10, 0x18
_NUMBERS = (0x21, 0x29, 0x31, 0x39, 0x41)
"""First bytes of fields: the number, and how the value is encoded."""
_SECONDS_BYTES = 5
"""Of a time from 1978 to 3058."""
_NO_FIX_MODE, _NO_SATELLITES, _NANOS_SHIFT = 1 << NUMBERS, 1 << (NUMBERS + 1), NUMBERS + 2
"""Bits of a pattern after those of null_patterns(), then the bytes of nanos."""


def schema_text() -> str:
    """Return the Protobuf schema of the values, which the registry gets."""
    return SCHEMA_FILE.read_text(encoding="utf-8")


def encode_value(fix: GpsFix, *, header: bytes) -> bytes:
    """Encode one row; `header` is from encode_header()."""
    seconds, micros = divmod(fix.utime, 1_000_000)
    time = _field(_SECONDS, seconds) + _field(_NANOS, micros * 1000)
    parts = [header, _FIRST_MESSAGE, bytes((_RECORDED_AT, len(time))), time]
    parts += [_field(_FIX_MODE, fix.fix_mode), _field(_SATELLITES, fix.satellites)]
    numbers = zip(_NUMBERS, fix[-NUMBERS:], strict=True)
    parts += [struct.pack("<Bd", tag, number) for tag, number in numbers if number is not None]
    return b"".join(parts)


def _field(tag: int, number: int) -> bytes:
    """Encode a number as a varint after its tag; nothing for 0."""
    if not number:
        return b""
    encoded = bytearray((tag,))
    while number > 0x7F:  # noqa: PLR2004 — 7 bits a byte
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def encode_columns(columns: Columns, *, header: bytes, partitions: int) -> Records:
    """Encode a record for each row, in order, for a topic of so many partitions; `header` is from encode_header()."""
    patterns = null_patterns(columns).astype(np.uint16)
    patterns |= np.where(columns.fix_mode == 0, _NO_FIX_MODE, 0).astype(np.uint16)
    patterns |= np.where(columns.satellites == 0, _NO_SATELLITES, 0).astype(np.uint16)
    nanos = columns.utime % 1_000_000 * 1000
    for bits in (0, 7, 14, 21, 28):
        patterns += (nanos >= (1 << bits)).astype(np.uint16) << np.uint16(_NANOS_SHIFT)
    encode = partial(_encode_pattern, header=header + _FIRST_MESSAGE)
    return lay_out(columns, patterns, encode=encode, partitions=partitions)


def _encode_pattern(columns: Columns, pattern: int, *, header: bytes) -> npt.NDArray[np.void]:
    """Encode rows that have the same fields, and nanos of one length: the value of each, then its key."""
    rows = np.zeros(len(columns.utime), dtype=_row_type(pattern, len(header)))
    nanos_bytes = pattern >> _NANOS_SHIFT
    seconds, micros = np.divmod(columns.utime, 1_000_000)
    rows["header"] = np.frombuffer(header, dtype=f"V{len(header)}")
    rows["time"] = _RECORDED_AT, 1 + _SECONDS_BYTES + (1 + nanos_bytes if nanos_bytes else 0), _SECONDS
    rows["seconds"] = _encode_varints(seconds, _SECONDS_BYTES)
    if nanos_bytes:
        rows["nanos_tag"] = _NANOS
        rows["nanos"] = _encode_varints(micros * 1000, nanos_bytes)
    if not pattern & _NO_FIX_MODE:
        rows["fix_mode_tag"], rows["fix_mode"] = _FIX_MODE, columns.fix_mode
    if not pattern & _NO_SATELLITES:
        rows["satellites_tag"], rows["satellites"] = _SATELLITES, columns.satellites
    for bit, numbers in enumerate(columns[-NUMBERS:]):
        if not pattern >> bit & 1:
            rows[f"tag{bit}"], rows[f"number{bit}"] = _NUMBERS[bit], numbers
    rows["key"] = encode_keys(columns.utime)
    return rows


@cache
def _row_type(pattern: int, header: int) -> np.dtype[np.void]:
    """Return the layout of a row in memory: header, message, key."""
    fields: list[tuple[str, str] | tuple[str, str, int]] = [("header", f"V{header}"), ("time", "3u1")]
    fields.append(("seconds", "u1", _SECONDS_BYTES))
    if nanos_bytes := pattern >> _NANOS_SHIFT:
        fields += [("nanos_tag", "u1"), ("nanos", "u1", nanos_bytes)]
    for name, absent in (("fix_mode", _NO_FIX_MODE), ("satellites", _NO_SATELLITES)):
        if not pattern & absent:
            fields += [(f"{name}_tag", "u1"), (name, "u1")]
    for bit in range(NUMBERS):
        if not pattern >> bit & 1:
            fields += [(f"tag{bit}", "u1"), (f"number{bit}", "<f8")]
    return np.dtype([*fields, KEY_FIELD])


def _encode_varints(numbers: Integers, size: int) -> npt.NDArray[np.uint8]:
    """Encode numbers as varints of `size` bytes each, which they must need."""
    digits = numbers[:, np.newaxis] >> np.arange(0, 7 * size, 7) & 0x7F
    digits[:, :-1] |= 0x80
    return digits.astype(np.uint8)
