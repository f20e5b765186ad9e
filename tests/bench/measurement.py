"""What a benchmark says, and how rounds of two contenders become one ratio."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One line of the table: `ratio` is ours / peer; `goal` is what it ought to be, as text."""

    name: str
    ours: float
    peer: float
    unit: str
    ratio: float
    goal: str
    what: str


def side_by_side(
    ours: Callable[[], float],
    peer: Callable[[], float],
    *,
    name: str,
    unit: str,
    goal: str,
    what: str,
    rounds: int = ROUNDS,
) -> Measurement:
    """Measure both in turn, `rounds` times after one that does not count; medians, and the median of the ratios.

    In turn, because a machine's speed drifts: each ratio is of two neighbours in time.
    """
    ours()
    peer()
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return Measurement(
        name=name,
        ours=median(one for one, _ in pairs),
        peer=median(other for _, other in pairs),
        unit=unit,
        ratio=median(one / other for one, other in pairs),
        goal=goal,
        what=what,
    )
