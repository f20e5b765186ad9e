"""Encodes rows as JSON with schema: what Kafka Connect's JsonConverter reads and writes with schemas.enable=true.

Both paths take a number's text from pyarrow: the shortest decimal that reads back as the same double.
"""

import json
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from producer.gps.parse_columns import Columns
from producer.gps.parse_row import GpsFix
from producer.gps.record_layout import KEY_DIGITS, NUMBERS, encode_keys, make_records
from producer.kafka.record_arrays import Records

_COMPUTE: Any = compute  # its functions are made at run time
_NAMES = ("recorded_at", *GpsFix._fields[1:])
_INTEGERS = ({"type": "int64", "name": "io.debezium.time.MicroTimestamp"}, {"type": "int32"}, {"type": "int32"})
_TYPES = [*({**kind, "optional": False} for kind in _INTEGERS), *[{"type": "double", "optional": True}] * NUMBERS]
_SCHEMA = {
    "type": "struct",
    "name": "sluice.GpsFix",
    "optional": False,
    "fields": [{**kind, "field": name} for kind, name in zip(_TYPES, _NAMES, strict=True)],
}
"""Connect's form of schemas/sluice.GpsFix.avsc, held to it by a test."""
_START = f'{{"schema":{json.dumps(_SCHEMA, separators=(",", ":"))},"payload":{{"recorded_at":'
_BETWEEN = [f',"{name}":' for name in _NAMES[1:]]
_END = "}}"
_NULL = "null"
# JSON's -0 is an integer to many readers, which has no sign.
_KEEP_SIGN = partial(_COMPUTE.replace_substring_regex, pattern="^-0$", replacement="-0.0")


def encode_value(fix: GpsFix) -> bytes:
    """Encode one row."""
    numbers = _number_texts(pa.array(fix[-NUMBERS:], pa.float64())).to_pylist()
    texts = [*map(str, fix[1:-NUMBERS]), *(_NULL if text is None else text for text in numbers)]
    fields = "".join(name + text for name, text in zip(_BETWEEN, texts, strict=True))
    return f"{_START}{fix.utime}{fields}{_END}".encode()


def encode_columns(columns: Columns, *, partitions: int) -> Records:
    """Encode a record for each row, in order, for a topic of so many partitions."""
    texts = [_number_texts(pa.array(column, from_pandas=True)) for column in columns]
    parts = [texts[0]]
    for name, text in zip(_BETWEEN, texts[1:], strict=True):
        parts += [pa.scalar(name), text]
    values = _COMPUTE.binary_join_element_wise(
        pa.scalar(_START), *parts, pa.scalar(_END), "", null_handling="replace", null_replacement=_NULL
    )
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[: len(values) + 1].astype(np.int64)
    keys = encode_keys(columns.utime).tobytes()
    size = int(ends[-1])
    key_at = size + np.arange(0, len(keys), KEY_DIGITS)
    # The buffer may be longer than its content.
    return make_records(
        b"".join((memoryview(data)[:size], keys)),
        utimes=columns.utime,
        key_at=key_at,
        value_at=ends[:-1],
        value_length=np.diff(ends),
        partitions=partitions,
    )


def _number_texts(numbers: pa.Array) -> pa.Array:
    """Return numbers as text; nulls stay null."""
    texts = numbers.cast(pa.string())
    return _KEEP_SIGN(texts) if pa.types.is_floating(numbers.type) else texts
