"""Draws the faults of a schedule: the same seed and number give the same faults."""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tests.faults.schedules.fault import SERVERS, STORES, Fault, Kind
from tests.faults.two_worker_pipeline import WORKERS

START_SECONDS = 6.0
"""All faults begin within this time: most of them overlap."""
_COUNTS = (1, 2, 3, 4)
_COUNT_WEIGHTS = (25, 35, 25, 15)
_KIND_WEIGHTS = {
    Kind.KILL: 24,
    Kind.PAUSE: 18,
    Kind.RESTART: 12,
    Kind.DISCONNECT: 10,
    Kind.FULL_DISK: 8,
    Kind.ROW_LOCK: 8,
    Kind.SLOW: 6,
    Kind.KILL_LOAD: 8,
    Kind.UP: 6,
}
_SHORTEST_SECONDS = 1.0
_LONGEST_SHORT_SECONDS = 15.0
"""Of what is not as long as the longest pause."""
_TARGETS = (*((name,) for name in SERVERS), WORKERS)
"""What a kill, pause or restart can hit: a server, or both workers at once."""
_CHANCE_OF_KUBELET = 0.65
"""Chance that a killed server is started again while all others run, as Kubernetes does."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Faults of one schedule; the traffic is drawn from seed and number as well."""

    seed: int
    number: int
    faults: tuple[Fault, ...]

    def words(self) -> str:
        """Return the faults as words, in the order of time."""
        return "; ".join(fault.words() for fault in self.faults) or "no fault"

    def generator(self, purpose: str) -> random.Random:
        """Return a random generator for one purpose, independent of which faults are left."""
        return random.Random(f"{self.seed}/{self.number}/{purpose}")


def draw_schedule(
    seed: int, number: int, *, longest_pause: float, fewest: int = 1, kinds: Collection[Kind] = tuple(Kind)
) -> Schedule:
    """Draw a schedule of at least `fewest` faults; `kinds` are those that can be applied here."""
    generator = random.Random(f"{seed}/{number}/faults")
    (count,) = generator.choices(_COUNTS, _COUNT_WEIGHTS)
    drawn = [_draw_fault(generator, longest_pause=longest_pause) for _ in range(max(count, fewest))]
    # Left out afterwards, so that the rest of a schedule is the same on each machine.
    faults = sorted((fault for fault in drawn if fault.kind in kinds), key=lambda fault: fault.at)
    return Schedule(seed=seed, number=number, faults=tuple(faults))


def _draw_fault(generator: random.Random, *, longest_pause: float) -> Fault:
    (kind,) = generator.choices(list(_KIND_WEIGHTS), list(_KIND_WEIGHTS.values()))
    return Fault(
        kind=kind,
        targets=_draw_targets(generator, kind),
        at=round(generator.uniform(0, START_SECONDS), 1),
        seconds=_draw_seconds(generator, kind, longest_pause=longest_pause),
    )


def _draw_targets(generator: random.Random, kind: Kind) -> tuple[str, ...]:
    match kind:
        case Kind.KILL | Kind.PAUSE | Kind.RESTART:
            return generator.choice(_TARGETS)
        case Kind.DISCONNECT:
            return (generator.choice(SERVERS),)
        case Kind.FULL_DISK:
            return (generator.choice(STORES),)
        case Kind.SLOW:
            return ("kafka",)
        case Kind.KILL_LOAD:
            return (generator.choice(("rows", "images")),)
        case _:
            return ()


def _draw_seconds(generator: random.Random, kind: Kind, *, longest_pause: float) -> float:
    """Draw a duration: short ones more often, so that a schedule lasts half a minute on average."""
    longest = longest_pause if kind in (Kind.PAUSE, Kind.ROW_LOCK) else min(longest_pause, _LONGEST_SHORT_SECONDS)
    seconds = math.exp(generator.uniform(math.log(_SHORTEST_SECONDS), math.log(longest)))
    instant = kind in (Kind.RESTART, Kind.DISCONNECT, Kind.KILL_LOAD, Kind.UP)
    if instant or (kind is Kind.KILL and generator.random() > _CHANCE_OF_KUBELET):
        return 0.0
    return round(seconds, 1)


def kinds_of(schedules: Sequence[Schedule]) -> set[Kind]:
    """Return the kinds of fault that these schedules contain."""
    return {fault.kind for schedule in schedules for fault in schedule.faults}
