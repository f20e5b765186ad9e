"""The estimate for people (a table), for programs (JSON), and in one line for `pulumi preview`."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cost.estimate import Estimate, Range, estimate
from infra.cost.prices import HOURS, Prices
from infra.cost.shape import Shape

_UNKNOWN = "unknown"
_DAY = 24
_UNCOUNTED = (
    ("nat-traffic", "traffic through the NAT, both ways"),
    ("logs", "logs, what is more than the free part of each project"),
)


def total(shape: Shape, prices: Prices | None = None) -> str:
    """What a stack costs, in one line."""
    found = estimate(shape, prices or Prices.load())
    cost = found.total
    hourly = _dollars(cost.low / HOURS, cost.high / HOURS)
    least = "at least " if found.missing else ""
    text = (
        f"This stack costs {least}{hourly} an hour, {_dollars(cost.low, cost.high)} a month, and"
        f" {_dollars(cost.stopped, cost.stopped)} a month while its nodes are at zero."
    )
    if found.missing:
        text += f" Not in this, since unknown: {', '.join(found.missing)}."
    return f"{text} Line by line: scripts/cost --stack {shape.stack}"


def show(found: Estimate, prices: Prices, console: Console) -> None:
    """The lines, their sum, and what they do not tell. 80 columns are enough."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("US dollars")
    for heading in ("an hour", "a day", "a month", "nodes at\nzero, a\nmonth"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in found.lines:
        table.add_row(Text(line.name).append(f"\n  {line.detail}", "dim"), *_cells(line.cost))
    table.add_section()
    table.add_row("total, at least" if found.missing else "total", *_cells(found.total), style="bold")
    console.print(table)
    for note in _notes(found, prices):
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
    """Every price with its date and its source, and why some are not known."""
    for price in prices.entries:
        free = f", {price.free.normalize():f} a month free" if price.free else ""
        _say(console, f"{price.name} ({price.region}): ${price.dollars:f} a {price.unit}{free}")
        _say(console, f"    {price.read}  {price.source}")
    for name, why in prices.unknown.items():
        _say(console, f"{name}: unknown\n    {why}")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _cells(cost: Range | None) -> Iterable[str]:
    if cost is None:
        return (_UNKNOWN,) * 4
    return (
        _span(cost.low / HOURS, cost.high / HOURS),
        _span(cost.low / HOURS * _DAY, cost.high / HOURS * _DAY),
        _span(cost.low, cost.high),
        _span(cost.stopped, cost.stopped),
    )


def _span(low: Decimal, high: Decimal, *, between: str = "–", sign: str = "") -> str:
    """Two amounts, or one where both look alike; tenths of a cent where all is less than a dollar."""
    digits = 3 if 0 < max(abs(low), abs(high)) < 1 else 2
    first, last = (_amount(amount, digits, sign) for amount in (low, high))
    return first if first == last else f"{first}{between}{last}"


def _amount(amount: Decimal, digits: int, sign: str) -> str:
    rounded = round(amount, digits)
    return f"{'-' if rounded < 0 else ''}{sign}{abs(rounded):.{digits}f}"


def _dollars(low: Decimal, high: Decimal) -> str:
    return _span(low, high, between=" to ", sign="$")


def _notes(found: Estimate, prices: Prices) -> Iterable[str]:
    shape = found.shape
    yield ""
    if found.missing:
        yield from _unknown(found, prices)
    yield from _guards(found)
    for name, what in _UNCOUNTED:
        if price := prices.of(name, shape.region):
            yield f"Not counted: {what}, at {_dollars(price.dollars, price.dollars)} a {price.unit}."
    dates = sorted({price.read for price in prices.entries})
    yield f"Prices in US dollars without taxes, read {dates[0]} to {dates[-1]}; --prices tells each one's source."
    yield "What is free is free once for a billing account (logs: a project): other projects may have used it up."


def _unknown(found: Estimate, prices: Prices) -> Iterable[str]:
    region = found.shape.region
    for name in found.missing:
        if why := prices.unknown.get(name):
            yield f"Unknown: {why}."
    if others := [name for name in found.missing if name not in prices.unknown]:
        yield f"Unknown: {', '.join(others)}."
        if not prices.has(region):
            yield f"The table has no prices of {region}, only of {', '.join(prices.regions())}."
        yield "--live asks Google's catalogue."
    yield "The total is without what is unknown."


def _guards(found: Estimate) -> Iterable[str]:
    shape, cost = found.shape, found.total
    if not shape.stops:
        yield "Nothing stops the nodes: guard.mode only tells of it."
    elif shape.ttl_hours:
        until = cost.high / HOURS * shape.ttl_hours
        yield f"The clock takes the nodes away after {shape.ttl_hours} hours: {_dollars(until, until)} at most by then."
    else:
        yield "No clock is set (guard.ttlHours): only the budget stops the nodes, hours after the money is spent."
    if shape.budget is not None and cost.high > shape.budget:
        yield f"A whole month at its most is more than the budget of ${shape.budget:f}."


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
