"""Judges figures: whether memory is flat, whether work takes linear time, and whether something is left behind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

MEBIBYTE = 1 << 20
MARKS = (0.1, 0.5, 0.9)
"""Shares of the work at which memory is read."""
TENTHS = 10
_FLAT_SHARE, _FLAT_BYTES = 0.10, 32 * MEBIBYTE
"""What a process may grow from the second mark to the third: a share of it, and some for the noise of a small one."""
_BESIDE_THE_HEAP = 256 * MEBIBYTE
"""Memory of a JVM beside its heap: classes, compiled code, threads, buffers."""
_SLOWEST_END = 0.6
"""The last three tenths' rate may be this share of that of the tenths after the first, not less."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Memory of a process when `done` of the work (0 to 1) was done."""

    done: float
    memory_bytes: int


@dataclass(frozen=True, kw_only=True)
class MemoryFigures:
    """Memory of a process at MARKS, and the most that it had, bytes; `flat` None where it was not to be flat."""

    name: str
    at_marks: tuple[int, ...]
    most: int
    flat: bool | None


def memory_figures(
    name: str, samples: Sequence[Sample], *, judged: bool = True, heap_limit: int = 0
) -> MemoryFigures | None:
    """Return a process's figures; None if it was not seen. At a mark counts the sample nearest to it.

    A JVM with a heap of up to `heap_limit` bytes takes new memory before it collects the old, up to that limit: so it
    may grow to it, however late.
    """
    if not samples:
        return None
    limit = heap_limit + _BESIDE_THE_HEAP if heap_limit else 0
    at_marks = tuple(min(samples, key=lambda one: abs(one.done - mark)).memory_bytes for mark in MARKS)
    return MemoryFigures(
        name=name,
        at_marks=at_marks,
        most=max(one.memory_bytes for one in samples),
        flat=is_flat(at_marks) or at_marks[-1] <= limit if judged else None,
    )


def is_flat(at_marks: Sequence[int]) -> bool:
    """Return whether memory did not grow in the second half of the work: before, pools and heaps fill."""
    _, middle, late = at_marks
    return late <= middle * (1 + _FLAT_SHARE) + _FLAT_BYTES


def rates_by_tenth(progress: Sequence[tuple[float, float]], *, amount: float) -> tuple[float, ...]:
    """Return the amount per second in each tenth of the work; empty if the work did not get to its end.

    `progress` are pairs of time (s) and the share that was done then, both rising; between two, time is interpolated.
    """
    times = [_time_of(progress, tenth / TENTHS) for tenth in range(TENTHS + 1)]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return ()
    return tuple(amount / TENTHS / max(end - begin, 1e-9) for begin, end in pairwise(known))


def _time_of(progress: Sequence[tuple[float, float]], share: float) -> float | None:
    if progress and progress[0][1] >= share:
        return progress[0][0]
    for (before, less), (after, more) in pairwise(progress):
        if less < share <= more:
            return before + (after - before) * (share - less) / (more - less)
    return None


def is_linear(rates: Sequence[float]) -> bool:
    """Return whether the work was not slower at its end than at its beginning; the first tenth starts things."""
    return bool(rates) and mean(rates[-3:]) >= _SLOWEST_END * mean(rates[1:4])


@dataclass(frozen=True, kw_only=True)
class Bound:
    """How much a measure may grow from the first reading to the last, and why so much."""

    allowed: int
    why: str


NOTHING = Bound(allowed=0, why="")


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Readings of one measure in the order of time, and what it may grow."""

    name: str
    readings: tuple[int, ...]
    bound: Bound

    @property
    def grown(self) -> int:
        """Return how much it grew from the first reading to the last."""
        return self.readings[-1] - self.readings[0]

    @property
    def is_left_behind(self) -> bool:
        """Return whether it grew by more than allowed."""
        return self.grown > self.bound.allowed


def growths(readings: Sequence[Mapping[str, int]], bounds: Mapping[str, Bound]) -> list[Growth]:
    """Return each measure of the readings, 0 where one lacks it.

    The bound of `logs: kafka.log` is that of the longest name in `bounds` that it begins with, else NOTHING.
    """
    names = sorted({name for reading in readings for name in reading})
    return [
        Growth(name=name, readings=tuple(reading.get(name, 0) for reading in readings), bound=_bound_of(name, bounds))
        for name in names
    ]


def _bound_of(name: str, bounds: Mapping[str, Bound]) -> Bound:
    prefixes = [prefix for prefix in bounds if name.startswith(prefix)]
    return bounds[max(prefixes, key=len)] if prefixes else NOTHING


def left_behind(found: Iterable[Growth]) -> list[str]:
    """Return a sentence for each measure that grew by more than allowed."""
    return [
        f"{one.name}: {one.readings[0]:,} at first, {one.readings[-1]:,} at the end; {one.bound.allowed:,} more allowed"
        for one in found
        if one.is_left_behind
    ]
