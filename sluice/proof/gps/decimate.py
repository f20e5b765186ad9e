"""Decimates a log to a few thousand points for the plots: one pass, constant memory, extremes kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, pairwise
from math import degrees
from statistics import median

from producer.gps.parse_row import GpsFix

BUCKETS = 800
"""A series keeps the first, smallest and largest value of so many equal parts: at most a few thousand points."""
SAMPLE = 20_000
"""Fixes from which the usual interval is taken."""
MIN_GAP_SECONDS = 1.0
INTERVALS_TO_GAP = 10

Point = tuple[int, tuple[float, ...]]
"""utime in µs, and the values measured then."""
Segment = list[Point]


@dataclass(frozen=True, kw_only=True)
class Plots:
    """Lines to draw: each a list of segments, between which the line is broken."""

    track: list[Segment]
    """(latitude, longitude) in degrees."""
    altitude: list[Segment]
    """m."""
    speed: list[Segment]
    """m/s."""
    gap_seconds: float
    """Time without a value after which the line is broken."""


class Series:
    """One series of measurements, decimated as it is added."""

    def __init__(self, *, bucket_rows: int, gap_microseconds: float) -> None:
        self._bucket_rows = bucket_rows
        self._gap = gap_microseconds
        self._bucket: Segment = []
        self._segments: list[Segment] = []
        self._before: int | None = None

    def add(self, utime: int, *values: float) -> None:
        """Add the values measured at `utime` (µs), later than all before."""
        if self._before is None or utime - self._before > self._gap:
            self._close()
            self._segments.append([])
        self._before = utime
        self._bucket.append((utime, values))
        if len(self._bucket) >= self._bucket_rows:
            self._flush()

    def segments(self) -> list[Segment]:
        """Return the segments of the decimated series."""
        self._close()
        return self._segments

    def _close(self) -> None:
        last = self._bucket[-1:]
        self._flush()
        # A line ends with its last measurement, extreme or not.
        if last and self._segments[-1][-1] != last[0]:
            self._segments[-1] += last

    def _flush(self) -> None:
        bucket, self._bucket = self._bucket, []
        if not bucket:
            return
        kept = {0}
        for dimension in range(len(bucket[0][1])):
            order = sorted(range(len(bucket)), key=lambda index: bucket[index][1][dimension])
            kept |= {order[0], order[-1]}
        self._segments[-1].extend(bucket[index] for index in sorted(kept))


def decimate(fixes: Iterable[GpsFix], *, total: int, gap_seconds: float, buckets: int = BUCKETS) -> Plots:
    """Return the plots of `total` fixes, given in ascending order of utime."""
    rows = max(1, total // buckets)
    track, altitude, speed = (Series(bucket_rows=rows, gap_microseconds=gap_seconds * 1e6) for _ in range(3))
    for fix in fixes:
        if fix.latitude is not None and fix.longitude is not None:
            track.add(fix.utime, degrees(fix.latitude), degrees(fix.longitude))
        if fix.altitude is not None:
            altitude.add(fix.utime, fix.altitude)
        if fix.speed is not None:
            speed.add(fix.utime, fix.speed)
    return Plots(track=track.segments(), altitude=altitude.segments(), speed=speed.segments(), gap_seconds=gap_seconds)


def gap_threshold(fixes: Iterable[GpsFix]) -> float:
    """Return the seconds without a fix that count as a gap: ten times the usual interval, at least a second."""
    intervals = [after.utime - before.utime for before, after in pairwise(islice(fixes, SAMPLE))]
    usual = median(intervals) / 1e6 if intervals else 0.0
    return max(MIN_GAP_SECONDS, round(INTERVALS_TO_GAP * usual, 1))
