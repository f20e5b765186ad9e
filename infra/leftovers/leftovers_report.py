"""Output of scripts/leftovers: the result of a search as a table and as JSON.

Not shared with infra/cost/cost_report.py: other columns, other notes, another JSON format.
"""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.leftovers.find_all import SearchResult
from infra.leftovers.leftover import Leftover, format_cost, total_cost
from infra.leftovers.search_context import SearchContext


def print_table(result: SearchResult, context: SearchContext, console: Console) -> None:
    """Print the leftovers, their cost, and what could not be listed."""
    where = f"project {context.project}, stack {context.owner.stack}"
    if result.certain:
        console.print(_table(result))
        _say(console, f"{len(result.certain)} left in {where}; a month: {format_cost(result.certain)}.")
    else:
        _say(console, f"No leftovers found in {where}.")
    for item in result.doubtful:
        detail = f"{item.detail}, {format_cost((item,))} a month"
        _say(console, f"May belong to this stack: {item.name} in {item.place} ({detail}). {item.doubt}")
    for text in result.not_listed:
        _say(console, f"Could not be listed: {text}")


def as_json(result: SearchResult, context: SearchContext) -> dict[str, Any]:
    """Return the result for --json: dollars as text, null if unknown."""
    return {
        "project": context.project,
        "stack": context.owner.stack,
        "left": [{"kind": kind.singular, **_item(item)} for kind, found in result.found for item in found.certain],
        "perhaps": [_item(item) for item in result.doubtful],
        "unseen": list(result.not_listed),
        "month": f"{total_cost(result.certain):.2f}",
    }


def _table(result: SearchResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("kind", "name", "place", "detail"):
        table.add_column(heading, overflow="fold")
    table.add_column("a month", justify="right", no_wrap=True)
    for kind, found in result.found:
        for item in found.certain:
            used = f"; in use by {item.used_by}" if item.used_by else ""
            cells = (kind.singular, item.name, item.place, f"{item.detail}{used}", format_cost((item,)))
            table.add_row(*map(Text, cells))  # names are plain text, not rich's markup
    return table


def _item(item: Leftover) -> dict[str, Any]:
    return {
        "name": item.name,
        "place": item.place,
        "detail": item.detail,
        "month": None if item.cost is None else f"{item.cost:.2f}",
        "used_by": item.used_by or None,
        "doubt": item.doubt or None,
    }


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
