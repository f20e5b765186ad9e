"""Output of scripts/cost: the estimate as a table and as JSON, the list of prices; one line for `pulumi preview`."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cost.billed_resources import BilledResources
from infra.cost.dollars import format_dollars, format_price, format_range
from infra.cost.estimate import CostRange, Estimate, estimate
from infra.cost.estimate_notes import capacity_problems, notes
from infra.cost.price_table import HOURS_PER_MONTH, Prices
from infra.cost.quotas import TRIAL, Quotas, quota_problems

_UNKNOWN = "unknown"
_HOURS_PER_DAY = 24


def summary_line(resources: BilledResources, prices: Prices | None = None) -> str:
    """Return the cost of a stack as one line of text; `prices` are those of the price table unless given."""
    result = estimate(resources, prices or Prices.load())
    cost = cost_output(result)
    text = (
        f"This stack costs {cost['hour']} an hour, {cost['month']} a month, and {cost['monthAtZeroNodes']} a month"
        " while its nodes are at zero."
    )
    if result.missing:
        text += f" Not included, since their prices are unknown: {', '.join(result.missing)}."
    problems = [*capacity_problems(resources), *quota_problems(resources)]
    return " ".join([text, *problems, f"Line by line: scripts/cost --stack {resources.stack}"])


def cost_output(result: Estimate) -> Mapping[str, str]:
    """Return the stack output `estimate`: `pulumi preview` prints the old and the new value where a setting changes it.

    With the fewest nodes to the most; with none in `monthAtZeroNodes`.
    """
    cost, least = result.total, "at least " if result.missing else ""
    return {
        "hour": least + format_dollars(cost.low / HOURS_PER_MONTH, cost.high / HOURS_PER_MONTH),
        "month": least + format_dollars(cost.low, cost.high),
        "monthAtZeroNodes": least + format_dollars(cost.stopped, cost.stopped),
    }


def print_table(
    result: Estimate, prices: Prices, console: Console, *, live: bool = False, quotas: Quotas = TRIAL
) -> None:
    """Print the lines, their sum, and notes; needs 80 columns.

    `live`: the prices are from the Cloud Billing catalogue.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("US dollars")
    for heading in ("an hour", "a day", "a month", "nodes at\nzero, a\nmonth"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in result.lines:
        table.add_row(Text(line.name).append(f"\n  {line.detail}", "dim"), *_cells(line.cost))
    table.add_section()
    table.add_row("total, at least" if result.missing else "total", *_cells(result.total), style="bold")
    console.print(table)
    for note in notes(result, prices, live=live, quotas=quotas):
        _say(console, note)


def as_json(result: Estimate, prices: Prices, *, quotas: Quotas = TRIAL) -> dict[str, Any]:
    """Return the estimate for --json: dollars as text, so that nothing is rounded on the way."""
    return {
        "stack": result.resources.stack,
        "region": result.resources.region,
        "currency": "USD",
        "lines": [
            {"name": line.name, "detail": line.detail, "missing": list(line.missing), "month": _per_month(line.cost)}
            for line in result.lines
        ],
        "problems": [*capacity_problems(result.resources), *quota_problems(result.resources, quotas)],
        "total": {"month": _per_month(result.total), "missing": list(result.missing)},
        "prices": [_price(prices, name, result.resources.region) for name in _names(prices)],
    }


def print_prices(prices: Prices, console: Console) -> None:
    """Print every price with its date and source."""
    for price in prices.entries:
        free = f", {price.free.normalize():f} a month free" if price.free else ""
        _say(console, f"{price.name} ({price.region}): ${format_price(price.dollars)} per {price.unit}{free}")
        _say(console, f"    {price.read}  {price.source}")
        if price.later:
            _say(console, f"    announced: {price.later}")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _cells(cost: CostRange | None) -> Iterable[str]:
    if cost is None:
        return (_UNKNOWN,) * 4
    return (
        format_range(cost.low / HOURS_PER_MONTH, cost.high / HOURS_PER_MONTH),
        format_range(cost.low / HOURS_PER_MONTH * _HOURS_PER_DAY, cost.high / HOURS_PER_MONTH * _HOURS_PER_DAY),
        format_range(cost.low, cost.high),
        format_range(cost.stopped, cost.stopped),
    )


def _per_month(cost: CostRange | None) -> dict[str, str] | None:
    if cost is None:
        return None
    return {"low": f"{cost.low:f}", "high": f"{cost.high:f}", "stopped": f"{cost.stopped:f}"}


def _names(prices: Prices) -> Iterable[str]:
    return dict.fromkeys(price.name for price in prices.entries)


def _price(prices: Prices, name: str, region: str) -> dict[str, Any]:
    price = prices.get(name, region)
    if price is None:
        return {"name": name, "dollars": None}
    return {
        "name": name,
        "dollars": f"{price.dollars:f}",
        "unit": price.unit,
        "read": price.read.isoformat(),
        "source": price.source,
    }
