"""The newest fixes of the topic for the map: positions in degrees, a limited number of them."""

from collections import deque
from datetime import UTC, datetime, timedelta
from math import degrees, isfinite
from typing import Any, NamedTuple

from confluent_kafka import Message

from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.topic_tail import TopicTail, key_of
from sluice.proof.shared.sink_progress import ROWS_SINK
from sluice.view.record_decoder import Decoder, iso_utc

POINTS = 1_200
"""Fixes that the map shows at most."""
AT_ONCE = 100
"""Fixes of a partition that are read at once at most; of more that have come meanwhile, the newest are shown."""
FIRST = POINTS // 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_LATITUDE, _MAX_LONGITUDE = 90.0, 360.0
_KEY_DIGITS = 18
"""Digits of a utime at most, in µs."""


class Fix(NamedTuple):
    """A fix; what it lacks, and what is no number, is None."""

    utime: int | None
    """µs since the epoch, from the key."""
    latitude: float | None
    """Degrees, as longitude."""
    longitude: float | None
    altitude: float | None
    """m."""
    speed: float | None
    """m/s."""


class NewestFixes:
    """The fixes that came last, in the order in which they came."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self.fixes: deque[Fix] = deque(maxlen=POINTS)
        self._tail = TopicTail(
            pipeline, ROWS_SINK.topic, first=FIRST, later=AT_ONCE, take=self.add, clear=self.fixes.clear
        )
        self.close = self._tail.close

    def read(self) -> dict[str, Any]:
        """Return what the map shows, as JSON types; raises SluiceError."""
        self._tail.read()
        return describe(self.fixes)

    def add(self, records: list[Message], decode: Decoder) -> None:
        """Add the fixes of records; a tombstone is none."""
        found: list[tuple[int, Fix]] = []
        for record in records:
            value = record.value()
            if value is not None:
                fix = fix_of(key_of(record), decode(value.encode() if isinstance(value, str) else value))
                found.append((record.timestamp()[1], fix))
        # A load sends many in a millisecond, to several partitions.
        self.fixes.extend(fix for _, fix in sorted(found, key=lambda pair: (pair[0], pair[1].utime or 0)))


def fix_of(key: bytes, value: Any) -> Fix:
    """Return the fix in a record's key and its decoded value, whatever these are."""
    fields: dict[str, Any] = value if isinstance(value, dict) else {}
    latitude = _degrees(fields.get("latitude"), limit=_MAX_LATITUDE)
    longitude = _degrees(fields.get("longitude"), limit=_MAX_LONGITUDE)
    placed = latitude is not None and longitude is not None
    return Fix(
        utime=int(key) if key.isdigit() and len(key) <= _KEY_DIGITS else None,
        latitude=latitude if placed else None,
        longitude=longitude if placed else None,
        altitude=_number(fields.get("altitude")),
        speed=_number(fields.get("speed")),
    )


def describe(fixes: "deque[Fix]") -> dict[str, Any]:
    """Return fixes as JSON types: points, and the newest fix in words that a table shows."""
    placed = [fix for fix in fixes if fix.latitude is not None]
    newest = fixes[-1] if fixes else None
    return {
        "fixes": len(fixes),
        "points": [[fix.latitude, fix.longitude, fix.altitude, fix.utime and fix.utime / 1e6] for fix in placed],
        "newest": newest and {**newest._asdict(), "utime": _time(newest.utime)},
    }


def _time(utime: int | None) -> str | None:
    try:
        return None if utime is None else iso_utc(_EPOCH + timedelta(microseconds=utime))
    except OverflowError:
        return None


def _number(value: Any) -> float | None:
    """Return a finite number; None for anything else, for JSON knows no other."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _degrees(value: Any, *, limit: float) -> float | None:
    number = _number(value)
    if number is None or not abs(angle := degrees(number)) <= limit:
        return None
    return round(angle, 7)
