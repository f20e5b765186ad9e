"""Results of benchmarks, and measurement of two programs in alternating rounds."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Protocol

ROUNDS = 3


class Result(Protocol):
    """Result of a benchmark: a Measurement or a Report."""

    @property
    def name(self) -> str: ...

    def summary(self) -> str:
        """Return one line for the progress output."""
        ...

    def as_json(self) -> object:
        """Return the value for --json."""
        ...


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One row of the table of ratios: `ratio` is ours / peer, `goal` the expected ratio, `what` the peer."""

    name: str
    ours: float
    peer: float
    unit: str
    ratio: float
    goal: str
    what: str

    def summary(self) -> str:
        return f"{self.ratio:.2f} ({self.ours:,.1f} against {self.peer:,.1f} {self.unit})"

    def as_json(self) -> object:
        return {name: value for name, value in asdict(self).items() if name != "name"}


Cell = str | int | float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One table; each row has a cell for each of `columns`."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Tables of a benchmark without a single peer; docs/ has their results."""

    name: str
    tables: tuple[Figures, ...]

    def summary(self) -> str:
        return ", ".join(f"{table.title}: {len(table.rows)} lines" for table in self.tables)

    def as_json(self) -> object:
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
    """Run both in turn, `rounds` times after a warm-up; return the medians and the median of the ratios.

    In turn, because a machine's speed drifts: each ratio is of two adjacent runs.
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
