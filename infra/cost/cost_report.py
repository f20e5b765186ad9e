"""The estimate for people (a table), for programs (JSON), and in one line for `pulumi preview`."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cost.billed_resources import BilledResources
from infra.cost.dollars import dollars, exact, span
from infra.cost.estimate import Estimate, Range, estimate
from infra.cost.notes import notes, too_small
from infra.cost.price_table import HOURS, Prices

_UNKNOWN = "unknown"
_DAY = 24


def total(shape: BilledResources, prices: Prices | None = None) -> str:
    """What a stack costs, in one line."""
    found = estimate(shape, prices or Prices.load())
    cost = found.total
    hourly = dollars(cost.low / HOURS, cost.high / HOURS)
    least = "at least " if found.missing else ""
    text = (
        f"This stack costs {least}{hourly} an hour, {dollars(cost.low, cost.high)} a month, and"
        f" {dollars(cost.stopped, cost.stopped)} a month while its nodes are at zero."
    )
    if found.missing:
        text += f" Not in this, since unknown: {', '.join(found.missing)}."
    return " ".join([text, *too_small(shape), f"Line by line: scripts/cost --stack {shape.stack}"])


def show(found: Estimate, prices: Prices, console: Console, *, live: bool = False) -> None:
    """The lines, their sum, and what they do not tell. 80 columns are enough. `live`: the catalogue has been asked."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("US dollars")
    for heading in ("an hour", "a day", "a month", "nodes at\nzero, a\nmonth"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in found.lines:
        table.add_row(Text(line.name).append(f"\n  {line.detail}", "dim"), *_cells(line.cost))
    table.add_section()
    table.add_row("total, at least" if found.missing else "total", *_cells(found.total), style="bold")
    console.print(table)
    for note in notes(found, prices, live=live):
        _say(console, note)


def as_json(found: Estimate, prices: Prices) -> dict[str, Any]:
    """The same for programs: dollars as text, so that nothing is rounded on the way."""
    return {
        "stack": found.shape.stack,
        "region": found.shape.region,
        "currency": "USD",
        "lines": [
            {"name": line.name, "detail": line.detail, "missing": list(line.missing), "month": _month(line.cost)}
            for line in found.lines
        ],
        "total": {"month": _month(found.total), "missing": list(found.missing)},
        "prices": [_price(prices, name, found.shape.region) for name in _used(prices)],
    }


def show_prices(prices: Prices, console: Console) -> None:
    """Every price with its date and its source."""
    for price in prices.entries:
        free = f", {price.free.normalize():f} a month free" if price.free else ""
        _say(console, f"{price.name} ({price.region}): ${exact(price.dollars)} per {price.unit}{free}")
        _say(console, f"    {price.read}  {price.source}")
        if price.later:
            _say(console, f"    later: {price.later}")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _cells(cost: Range | None) -> Iterable[str]:
    if cost is None:
        return (_UNKNOWN,) * 4
    return (
        span(cost.low / HOURS, cost.high / HOURS),
        span(cost.low / HOURS * _DAY, cost.high / HOURS * _DAY),
        span(cost.low, cost.high),
        span(cost.stopped, cost.stopped),
    )


def _month(cost: Range | None) -> dict[str, str] | None:
    if cost is None:
        return None
    return {"low": f"{cost.low:f}", "high": f"{cost.high:f}", "stopped": f"{cost.stopped:f}"}


def _used(prices: Prices) -> Iterable[str]:
    return dict.fromkeys(price.name for price in prices.entries)


def _price(prices: Prices, name: str, region: str) -> dict[str, Any]:
    price = prices.of(name, region)
    if price is None:
        return {"name": name, "dollars": None}
    return {
        "name": name,
        "dollars": f"{price.dollars:f}",
        "unit": price.unit,
        "read": price.read.isoformat(),
        "source": price.source,
    }
