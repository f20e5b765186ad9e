"""Thins a log to what a plot can show, extremes included, in one pass and flat memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, pairwise
from math import degrees
from statistics import median

from producer.gps.parse_row import GpsFix

BUCKETS = 800
"""A series keeps its first, smallest and largest values of so many equal parts: at most a few thousand points."""
SAMPLE = 20_000
"""Fixes from which the usual interval is told."""
MIN_GAP_SECONDS = 1.0
INTERVALS_TO_GAP = 10

Point = tuple[int, tuple[float, ...]]
"""utime in µs, and what was measured then."""
Segment = list[Point]


@dataclass(frozen=True, kw_only=True)
class Plots:
    """What is drawn: each a list of segments, between which the line is broken."""

    track: list[Segment]
    """(latitude, longitude) in degrees."""
    altitude: list[Segment]
    """m."""
    speed: list[Segment]
    """m/s."""
    gap_seconds: float
    """Longer without a value, and the line is broken."""


class Series:
    """One series of measurements, thinned as it comes."""

    def __init__(self, *, bucket_rows: int, gap_microseconds: float) -> None:
        self._bucket_rows = bucket_rows
        self._gap = gap_microseconds
        self._bucket: Segment = []
        self._segments: list[Segment] = []
        self._before: int | None = None

    def add(self, utime: int, *values: float) -> None:
        """Take the measurements made at `utime`, later than all before."""
        if self._before is None or utime - self._before > self._gap:
            self._close()
            self._segments.append([])
        self._before = utime
        self._bucket.append((utime, values))
        if len(self._bucket) >= self._bucket_rows:
            self._flush()

    def segments(self) -> list[Segment]:
        """What is kept of all that was taken."""
        self._close()
        return self._segments

    def _close(self) -> None:
        last = self._bucket[-1:]
        self._flush()
        # A line ends where its last measurement was made, whatever that was.
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


def thin(fixes: Iterable[GpsFix], *, total: int, gap_seconds: float, buckets: int = BUCKETS) -> Plots:
    """The plots of `total` fixes, which come by rising utime."""
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


def usual_gap(fixes: Iterable[GpsFix]) -> float:
    """Seconds without a fix that count as a gap in a log with the intervals of `fixes`."""
    intervals = [after.utime - before.utime for before, after in pairwise(islice(fixes, SAMPLE))]
    usual = median(intervals) / 1e6 if intervals else 0.0
    return max(MIN_GAP_SECONDS, round(INTERVALS_TO_GAP * usual, 1))
