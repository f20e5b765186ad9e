"""Notes below a table of costs: unknown prices, what stops the spending, what is not counted."""

from collections.abc import Iterable

from infra.cost.billed_resources import BilledResources
from infra.cost.dollars import format_dollars
from infra.cost.estimate import Estimate
from infra.cost.price_table import HOURS_PER_MONTH, Prices

_NOT_COUNTED = (
    ("nat-traffic", "traffic through the NAT, both ways"),
    ("logs", "logs, what is more than the free part of each project"),
)
"""Name of a price, and what it is for: the usage is not known."""


def notes(estimate: Estimate, prices: Prices, *, live: bool) -> Iterable[str]:
    """Yield every note, an empty line first. `live`: the prices are from the Cloud Billing catalogue."""
    resources = estimate.resources
    yield ""
    if estimate.missing:
        yield from _unknown_prices(estimate, prices, live=live)
    yield from capacity_problems(resources)
    yield from _spending_limits(estimate)
    for name, what in _NOT_COUNTED:
        if price := prices.get(name, resources.region):
            yield f"Not counted: {what}, at {format_dollars(price.dollars, price.dollars)} per {price.unit}."
    yield from (f"Not counted: {what}." for what in resources.not_counted)
    yield from (f"Later: {price.later}." for price in prices.entries if price.later)
    dates = sorted({price.read for price in prices.entries})
    yield f"Prices in US dollars without taxes, read {dates[0]} to {dates[-1]}; --prices tells each one's source."
    yield "What is free is free once for a billing account (logs: a project): other projects may have used it up."


def _unknown_prices(estimate: Estimate, prices: Prices, *, live: bool) -> Iterable[str]:
    region = estimate.resources.region
    yield f"Unknown: {', '.join(estimate.missing)}."
    if live:
        yield "Neither the catalogue nor the table has one that is surely theirs."
    elif not prices.has_region(region):
        yield f"The table has no prices of {region}, only of {', '.join(prices.regions())}."
    if not live and {price.name for price in prices.entries} & set(estimate.missing):
        yield "--live asks Google's catalogue."
    yield "The total is without what is unknown."


def capacity_problems(resources: BilledResources) -> Iterable[str]:
    """Yield which pools have too few nodes, and which pods fit on none: worth knowing before paying for the nodes."""
    for pool in resources.node_pools:
        if pool.needed_nodes > pool.max_nodes:
            yield (
                f"Too few nodes: for everything to run the pool {pool.name} needs {pool.needed_nodes}, and"
                f" {pool.max_setting} is {pool.max_nodes}."
            )
    if resources.pods_too_large:
        (machine_type,) = {pool.machine_type for pool in resources.node_pools}
        pods = ", ".join(resources.pods_too_large)
        yield f"No {machine_type} has room for {pods}: take a larger nodes.machineType."


def _spending_limits(estimate: Estimate) -> Iterable[str]:
    """Yield what the guard's clock and the budget let a stack spend."""
    resources, cost = estimate.resources, estimate.total
    if not resources.guard_stops_nodes:
        yield "Nothing stops the nodes: guard.mode only tells of it."
    elif resources.ttl_hours:
        spent = cost.high / HOURS_PER_MONTH * resources.ttl_hours
        qualifier = " and what is unknown" if estimate.missing else " at most"
        yield (
            f"The clock takes the nodes away after {resources.ttl_hours} hours:"
            f" {format_dollars(spent, spent)}{qualifier} by then."
        )
    else:
        yield "No clock is set (guard.ttlHours): only the budget stops the nodes, hours after the money is spent."
    budget = resources.budget_usd
    if budget is not None and cost.high > budget and not estimate.missing:
        least, most = (int(budget * HOURS_PER_MONTH / amount) for amount in (cost.high, cost.low or cost.high))
        yield f"The budget of ${budget:f} a month pays for {least} hours with all nodes, {most} with the fewest."
