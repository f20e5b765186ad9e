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


Cell = str | int | float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One table; each row has a cell for each of `columns`."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_json(self) -> list[dict[str, Cell]]:
        """Return an object for each row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One row of the table of ratios: `ratio` is ours / peer, `goal` the expected ratio, `what` the peer.

    `figures` are a table of their own, of what the ratio does not show.
    """

    name: str
    ours: float
    peer: float
    unit: str
    ratio: float
    goal: str
    what: str
    figures: Figures | None = None

    def summary(self) -> str:
        return f"{self.ratio:.2f} ({self.ours:,.1f} against {self.peer:,.1f} {self.unit})"

    def as_json(self) -> object:
        ratio = {name: value for name, value in asdict(self).items() if name not in ("name", "figures")}
        return {**ratio, **({self.figures.title: self.figures.as_json()} if self.figures else {})}


@dataclass(frozen=True, kw_only=True)
class Report:
    """Tables of a benchmark without a single peer; docs/ has their results."""

    name: str
    tables: tuple[Figures, ...]

    def summary(self) -> str:
        return ", ".join(f"{table.title}: {len(table.rows)} lines" for table in self.tables)

    def as_json(self) -> object:
        return {table.title: table.as_json() for table in self.tables}


def side_by_side(
    ours: Callable[[], float],
    peer: Callable[[], float],
    *,
    name: str,
    unit: str,
    goal: str,
    what: str,
    rounds: int = ROUNDS,
    figures: Callable[[], Figures] | None = None,
) -> Measurement:
    """Run both in turn, `rounds` times after a warm-up; return the medians and the median of the ratios.

    `figures` is called at the end.

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
        figures=figures() if figures else None,
    )
