"""Converts dead letters of the topic gps-fixes to rows of a GPS log."""

from datetime import UTC, datetime, timedelta
from typing import Any

from producer.gps.column_names import COLUMNS
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.view.record_decoder import Decoder

HEADER = ",".join(column.name for column in COLUMNS)
FIELDS = tuple(column.name for column in COLUMNS[1:])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NotConvertibleError(Exception):
    """A letter that cannot be converted to a row or an image; the message says why."""


def letter_to_row(letter: DeadLetter, decode: Decoder) -> tuple[int, str]:
    """Return the letter's utime (µs) and its row of a GPS log with all digits; raises NotConvertibleError."""
    if letter.value is None:
        raise NotConvertibleError("it has no value: it was to delete the row of its key")
    value: Any = decode(letter.value)
    if not isinstance(value, dict) or not {"recorded_at", *FIELDS} <= value.keys():
        raise NotConvertibleError("its value cannot be decoded as a fix")
    utime = _utime(letter, value["recorded_at"])
    fields = [_field(value[name]) for name in FIELDS]
    return utime, ",".join((str(utime), *fields))


def _utime(letter: DeadLetter, recorded_at: Any) -> int:
    """Return the utime of the value (µs); raises NotConvertibleError if the key is another number."""
    key = (letter.key or b"").decode(errors="replace")
    try:
        by_key = int(key) if key.isascii() and key.isdigit() else None
        time = datetime.fromisoformat(recorded_at)
        # Of JSON the time has no zone: it is UTC, as in every format.
        by_value = ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)
    except (TypeError, ValueError, OverflowError) as error:
        raise NotConvertibleError("its key or its value has no time") from error
    if by_key is not None and by_key != by_value:
        raise NotConvertibleError(f"its key says {by_key} and its value {by_value}")
    return by_value


def _field(value: Any) -> str:
    return "nan" if value is None else repr(value)
