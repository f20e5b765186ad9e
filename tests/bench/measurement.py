"""What a benchmark says, and how rounds of two contenders become one ratio."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Protocol

ROUNDS = 3


class Result(Protocol):
    """What a benchmark hands back: a `Measurement` or a `Report`."""

    @property
    def name(self) -> str: ...

    def summary(self) -> str:
        """One line for whoever waits."""
        ...

    def public(self) -> object:
        """What --json shows under the name."""
        ...


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

    def summary(self) -> str:
        return f"{self.ratio:.2f} ({self.ours:,.1f} against {self.peer:,.1f} {self.unit})"

    def public(self) -> object:
        return {name: value for name, value in asdict(self).items() if name != "name"}


Cell = str | int | float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One table; a row has a cell for each of `columns`."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Tables of a benchmark that has no single peer; what they say stands in docs/."""

    name: str
    tables: tuple[Figures, ...]

    def summary(self) -> str:
        return ", ".join(f"{table.title}: {len(table.rows)} lines" for table in self.tables)

    def public(self) -> object:
        return {
            table.title: [dict(zip(table.columns, row, strict=True)) for row in table.rows] for table in self.tables
        }


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
