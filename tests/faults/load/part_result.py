"""Result of a part: tables of figures and what was found wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from producer.runtime.terminal import Console
from tests.faults.load.judgement import MARKS, MEBIBYTE, MemoryFigures

Cell = str | int | float


@dataclass(frozen=True, kw_only=True)
class FigureTable:
    """A table of figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the table as JSON types."""
        return {"title": self.title, "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows]}


@dataclass(kw_only=True)
class PartResult:
    """Figures of a part, and a sentence for everything that was found wrong."""

    part: str
    settings: dict[str, Cell] = field(default_factory=dict[str, Cell])
    tables: list[FigureTable] = field(default_factory=list[FigureTable])
    found: list[str] = field(default_factory=list[str])

    def replace_table(self, table: FigureTable) -> None:
        """Put a table in the place of the one with its title, or behind all others."""
        titles = [one.title for one in self.tables]
        if table.title in titles:
            self.tables[titles.index(table.title)] = table
        else:
            self.tables.append(table)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON types."""
        tables = [table.as_json() for table in self.tables]
        return {"part": self.part, "settings": self.settings, "found": self.found, "tables": tables}

    def show(self, console: Console) -> None:
        """Print the tables, and what was found."""
        settings = ", ".join(f"{name} {_text(value)}" for name, value in self.settings.items())
        console.print(f"{self.part}: {settings}", style="bold")
        for figures in self.tables:
            table = Table(*figures.columns, title=figures.title, title_justify="left")
            for row in figures.rows:
                table.add_row(*map(_text, row))
            console.print(table)
        for sentence in self.found:
            console.print_error(f"found: {sentence}")


def _text(value: Cell) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else value


def memory_table(title: str, figures: Sequence[MemoryFigures]) -> FigureTable:
    """Return the memory of each process in MiB at the marks, the most, and whether it is flat."""
    marks = tuple(f"at {mark:.0%}, MiB" for mark in MARKS)
    rows = tuple(
        (one.name, *(_mebibytes(value) for value in (*one.at_marks, one.most)), _verdict(one)) for one in figures
    )
    return FigureTable(title=title, columns=("process", *marks, "most, MiB", "flat"), rows=rows)


def _mebibytes(value: int) -> int:
    return round(value / MEBIBYTE)


def _verdict(figures: MemoryFigures) -> str:
    if figures.flat is None:
        return "holds the data"
    return "yes" if figures.flat else "no"


def not_flat(title: str, figures: Sequence[MemoryFigures]) -> list[str]:
    """Return a sentence for each process whose memory is not flat."""
    return [f"{title}: memory of {one.name} is not flat: {_steps(one)} MiB" for one in figures if one.flat is False]


def _steps(figures: MemoryFigures) -> str:
    return " → ".join(f"{_mebibytes(value):,}" for value in figures.at_marks)
