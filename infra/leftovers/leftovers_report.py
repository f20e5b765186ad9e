"""What is left, as a table and as JSON."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.leftovers.find_all import Left
from infra.leftovers.leftover import Leftover, cost, dollars
from infra.leftovers.search_context import Search


def show(left: Left, search: Search, console: Console) -> None:
    """What is left, what it costs, and what could not be looked at."""
    where = f"project {search.project}, stack {search.mark.stack}"
    if left.sure:
        console.print(_table(left))
        _say(console, f"{len(left.sure)} left in {where}; a month: {cost(left.sure)}.")
    else:
        _say(console, f"Nothing that is known to be left in {where}.")
    for item in left.doubtful:
        _say(
            console,
            f"Perhaps its too: {item.name} in {item.place} ({item.detail}, {cost((item,))} a month). {item.doubt}",
        )
    for unseen in left.unseen:
        _say(console, f"Not looked at: {unseen}")


def as_json(left: Left, search: Search) -> dict[str, Any]:
    """The same for programs; dollars as text, null where unknown."""
    return {
        "project": search.project,
        "stack": search.mark.stack,
        "left": [{"kind": kind.one, **_item(item)} for kind, found in left.found for item in found.sure],
        "perhaps": [_item(item) for item in left.doubtful],
        "unseen": list(left.unseen),
        "month": f"{dollars(left.sure):.2f}",
    }


def _table(left: Left) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("kind", "name", "place", "what"):
        table.add_column(heading, overflow="fold")
    table.add_column("a month", justify="right", no_wrap=True)
    for kind, found in left.found:
        for item in found.sure:
            used = f"; in use by {item.used_by}" if item.used_by else ""
            cells = (kind.one, item.name, item.place, f"{item.detail}{used}", cost((item,)))
            table.add_row(*map(Text, cells))  # what people have named things is no markup
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
