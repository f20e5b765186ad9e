"""Where reading a topic starts: at an offset, or at a time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from producer.runtime.exit_status import Exit, SluiceError
from sluice.view.record_decoder import iso_utc

_OFFSET = re.compile(r"(?:([0-9]{1,9}):)?([0-9]{1,18})")
_DURATION = re.compile(r"([0-9]{1,9})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHOWN = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_DIFFERENCE = timedelta(seconds=5)
"""What a time may be ahead of this machine's clock: `now` of another machine is no future."""


@dataclass(frozen=True)
class StartOffset:
    """An offset, of one partition or of every one."""

    offset: int
    partition: int | None = None


class Offsets(Protocol):
    """What is asked of a TopicReader."""

    topic: str
    spans: Mapping[int, tuple[int, int]]

    def offsets_at(self, milliseconds: int) -> dict[int, int]:
        """Return the offset of the first record of a time or later, by partition."""
        ...


def parse_offset(text: str) -> StartOffset:
    """Return `OFFSET` or `PARTITION:OFFSET`; raises ValueError with a sentence."""
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{_cut(text)!r} is not an offset: use OFFSET (1200) or PARTITION:OFFSET (3:1200)")
    return StartOffset(int(match[2]), None if match[1] is None else int(match[1]))


def parse_time(text: str, *, now: datetime) -> datetime:
    """Return a time of ISO 8601, or so long before `now`; raises ValueError with a sentence, also for the future."""
    try:
        if match := _DURATION.fullmatch(text.strip()):
            moment = now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        else:
            moment = datetime.fromisoformat(text.strip())
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{_cut(text)!r} is not a time: use ISO 8601 (2026-11-27T05:00, UTC unless a zone is given: +02:00) or an "
            "age (30s, 10m, 2h, 1d, 1w)"
        ) from None
    if moment > now + _CLOCK_DIFFERENCE:
        raise ValueError(f"{text!r} is in the future: it is {iso_utc(now)} now")
    return moment


def _cut(text: str) -> str:
    """Return the beginning of a text of unknown length, for a sentence about it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def milliseconds(moment: datetime) -> int:
    """Return a time as Kafka counts it, rounded up: a record of this millisecond is not before it."""
    return max(0, -((_EPOCH - moment) // timedelta(milliseconds=1)))


def find_starts(reader: Offsets, offsets: Sequence[StartOffset], since: datetime | None) -> dict[int, int]:
    """Return the first offset to read of each partition that is to be read.

    Offsets of single partitions read only these. Raises SluiceError (USAGE) for an offset outside the topic.
    """
    if since is not None:
        return reader.offsets_at(milliseconds(since))
    if not offsets:
        return {number: begin for number, (begin, _) in reader.spans.items()}
    starts: dict[int, int] = {}
    for start in sorted(offsets, key=lambda start: start.partition is not None):
        if start.partition is None:
            starts |= _in_every_partition(reader, start.offset)
        else:
            starts[start.partition] = _in_partition(reader, start.partition, start.offset)
    return starts


def _in_every_partition(reader: Offsets, offset: int) -> dict[int, int]:
    """Return the start in each partition: its beginning or its end where it does not hold the offset."""
    if not any(begin <= offset <= end for begin, end in reader.spans.values()):
        raise SluiceError(
            f"offset {offset} is outside every partition of {reader.topic}: {_all_spans(reader)}", status=Exit.USAGE
        )
    return {number: min(max(offset, begin), end) for number, (begin, end) in reader.spans.items()}


def _in_partition(reader: Offsets, number: int, offset: int) -> int:
    if number not in reader.spans:
        raise SluiceError(f"{reader.topic} has no partition {number}: {_all_spans(reader)}", status=Exit.USAGE)
    begin, end = reader.spans[number]
    if not begin <= offset <= end:
        raise SluiceError(
            f"offset {offset} is outside {reader.topic}: {_span(number, (begin, end))}", status=Exit.USAGE
        )
    return offset


def _all_spans(reader: Offsets) -> str:
    return "; ".join(_span(number, span) for number, span in sorted(reader.spans.items()))


def _span(number: int, span: tuple[int, int]) -> str:
    begin, end = span
    held = f"holds {begin} to {end - 1}" if begin < end else "is empty"
    return f"partition {number} {held} (the next record gets {end})"
