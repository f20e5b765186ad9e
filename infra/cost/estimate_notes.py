"""Notes below the estimate: unknown prices, the limits of spending, what is not counted."""

from collections.abc import Iterable
from decimal import Decimal

from infra.cost.billed_resources import BilledResources
from infra.cost.dollars import format_dollars
from infra.cost.estimate import CostRange, Estimate
from infra.cost.price_table import HOURS_PER_MONTH, Prices
from infra.cost.quotas import Quotas, quota_problems

_HOURS_PER_DAY = 24
_NOT_COUNTED = (
    ("nat-traffic", "traffic through the NAT, both ways"),
    ("logs", "logs beyond the free amount of each project"),
)
"""Name of a price, and what it is charged for: how much will be used is not known."""


def notes(estimate: Estimate, prices: Prices, *, live: bool, quotas: Quotas) -> Iterable[str]:
    """Yield every note, an empty line first. `live`: the prices are from the Cloud Billing catalogue."""
    resources = estimate.resources
    yield ""
    if estimate.missing:
        yield from _unknown_prices(estimate, prices, live=live)
    yield from capacity_problems(resources)
    yield from quota_problems(resources, quotas)
    yield from _spending_limits(estimate)
    yield _end_of_stack(estimate)
    for name, usage in _NOT_COUNTED:
        if price := prices.get(name, resources.region):
            yield f"Not counted: {usage}, at {format_dollars(price.dollars, price.dollars)} per {price.unit}."
    yield from (f"Not counted: {usage}." for usage in resources.not_counted)
    yield from (f"Announced: {price.later}." for price in prices.entries if price.later)
    dates = sorted({price.read for price in prices.entries})
    yield f"Prices in US dollars without taxes, read {dates[0]} to {dates[-1]}; --prices lists the source of each."
    yield "Free amounts are per billing account (logs: per project): other projects may have used them up."


def _unknown_prices(estimate: Estimate, prices: Prices, *, live: bool) -> Iterable[str]:
    region = estimate.resources.region
    yield f"Unknown prices: {', '.join(estimate.missing)}."
    if live:
        yield "Neither the catalogue nor the price table has a certain match."
    elif not prices.has_region(region):
        yield f"The price table has none of {region}, only of {', '.join(prices.regions())}."
    if not live and {price.name for price in prices.entries} & set(estimate.missing):
        yield "--live looks them up in the Cloud Billing catalogue."
    yield "The total does not include them."


def capacity_problems(resources: BilledResources) -> Iterable[str]:
    """Yield which pools have too few nodes, and which pods fit on none: worth knowing before paying for the nodes."""
    for pool in resources.node_pools:
        if pool.needed_nodes > pool.max_nodes:
            yield (
                f"Too few nodes: the pool {pool.name} needs {pool.needed_nodes} for all its pods, but"
                f" {pool.max_setting} is {pool.max_nodes}."
            )
        elif pool.needed_without_spot > pool.max_nodes:
            yield (
                f"Where no spot machine is to be had, some pods wait for one: the pool {pool.name} needs"
                f" {pool.needed_without_spot} nodes for all, but {pool.max_setting} is {pool.max_nodes}."
            )
    if resources.pods_too_large:
        (machine_type,) = {pool.machine_type for pool in resources.node_pools}
        pods = ", ".join(resources.pods_too_large)
        yield f"No {machine_type} has room for {pods}: set a larger nodes.machineType."


def _end_of_stack(estimate: Estimate) -> str:
    """Say what a stack with stopped nodes spends until the guard deletes it, or that it never does."""
    resources, monthly = estimate.resources, estimate.total.stopped
    qualifier = " plus what is unknown" if estimate.missing else ""
    if not (resources.delete_after_days and resources.guard_stops_nodes):
        spent = format_dollars(monthly, monthly)
        ended = "until `pulumi destroy`; guard.deleteAfterDays would end it"
        return f"With its nodes stopped it costs {spent}{qualifier} a month, {ended}."
    until_then = monthly / HOURS_PER_MONTH * _HOURS_PER_DAY * resources.delete_after_days
    return (
        f"The guard deletes it, with all data, {resources.delete_after_days} days after its nodes are stopped"
        f" (guard.deleteAfterDays): {format_dollars(until_then, until_then)}{qualifier} until then."
    )


def _spending_limits(estimate: Estimate) -> Iterable[str]:
    """Yield what a stack can spend before the guard's clock or the budget stops its nodes."""
    resources, cost = estimate.resources, estimate.total
    if not resources.guard_stops_nodes:
        yield "Nothing stops the nodes: guard.mode is not scale-to-zero."
    elif resources.ttl_hours:
        spent = cost.high / HOURS_PER_MONTH * resources.ttl_hours
        qualifier = " plus what is unknown" if estimate.missing else " at most"
        yield (
            f"The guard's clock stops the nodes after {resources.ttl_hours} hours:"
            f" {format_dollars(spent, spent)}{qualifier} until then."
        )
    else:
        yield "guard.ttlHours is 0: only the budget stops the nodes, hours after the money is spent."
    if resources.budget_usd is not None and not estimate.missing:
        yield from _budget_limits(resources, cost, resources.budget_usd)


def _budget_limits(resources: BilledResources, cost: CostRange, budget: Decimal) -> Iterable[str]:
    """Yield how long the budget lasts. It counts as the estimate does: less the credit for one zonal cluster's fee."""
    if cost.high > budget:
        least, most = (int(budget * HOURS_PER_MONTH / amount) for amount in (cost.high, cost.low or cost.high))
        yield f"The budget of ${budget:f} a month pays for {least} hours with all nodes, {most} with the fewest."
    share = budget * resources.guard_percent / 100
    if cost.stopped <= share:
        yield f"With its nodes at zero the stack uses {format_dollars(cost.stopped, cost.stopped)} of the budget."
        return
    hours = int(share * HOURS_PER_MONTH / cost.stopped)
    effect = "; then the guard stops nodes that scripts/wake restored" if resources.guard_stops_nodes else ""
    yield (
        f"With its nodes at zero the stack alone uses up {resources.guard_percent} % of the budget in {hours} hours"
        f"{effect}: set a larger budget.amount."
    )
