"""What a table of costs does not tell: what is unknown, what stops the spending, what is not counted."""

from collections.abc import Iterable

from infra.cost.billed_resources import BilledResources
from infra.cost.dollars import dollars
from infra.cost.estimate import Estimate
from infra.cost.price_table import HOURS, Prices

_UNCOUNTED = (
    ("nat-traffic", "traffic through the NAT, both ways"),
    ("logs", "logs, what is more than the free part of each project"),
)


def notes(found: Estimate, prices: Prices, *, live: bool) -> Iterable[str]:
    """Every sentence, an empty line first. `live`: the catalogue has been asked."""
    shape = found.shape
    yield ""
    if found.missing:
        yield from _unknown(found, prices, live=live)
    yield from too_small(shape)
    yield from _guards(found)
    for name, what in _UNCOUNTED:
        if price := prices.of(name, shape.region):
            yield f"Not counted: {what}, at {dollars(price.dollars, price.dollars)} per {price.unit}."
    yield from (f"Not counted: {what}." for what in shape.uncounted)
    yield from (f"Later: {price.later}." for price in prices.entries if price.later)
    dates = sorted({price.read for price in prices.entries})
    yield f"Prices in US dollars without taxes, read {dates[0]} to {dates[-1]}; --prices tells each one's source."
    yield "What is free is free once for a billing account (logs: a project): other projects may have used it up."


def _unknown(found: Estimate, prices: Prices, *, live: bool) -> Iterable[str]:
    region = found.shape.region
    yield f"Unknown: {', '.join(found.missing)}."
    if live:
        yield "Neither the catalogue nor the table has one that is surely theirs."
    elif not prices.has(region):
        yield f"The table has no prices of {region}, only of {', '.join(prices.regions())}."
    if not live and {price.name for price in prices.entries} & set(found.missing):
        yield "--live asks Google's catalogue."
    yield "The total is without what is unknown."


def too_small(shape: BilledResources) -> Iterable[str]:
    """What could not run on these nodes, which is worth knowing before they are paid for."""
    for nodes in shape.nodes:
        if nodes.needed > nodes.high:
            yield (
                f"Too few nodes: for everything to run the pool {nodes.name} needs {nodes.needed}, and {nodes.setting}"
                f" is {nodes.high}."
            )
    if shape.too_large:
        (kind,) = {nodes.machine for nodes in shape.nodes}
        yield f"No {kind} has room for {', '.join(shape.too_large)}: take a larger nodes.machineType."


def _guards(found: Estimate) -> Iterable[str]:
    shape, cost = found.shape, found.total
    if not shape.stops:
        yield "Nothing stops the nodes: guard.mode only tells of it."
    elif shape.ttl_hours:
        until = cost.high / HOURS * shape.ttl_hours
        least = " and what is unknown" if found.missing else " at most"
        yield f"The clock takes the nodes away after {shape.ttl_hours} hours: {dollars(until, until)}{least} by then."
    else:
        yield "No clock is set (guard.ttlHours): only the budget stops the nodes, hours after the money is spent."
    if shape.budget is not None and cost.high > shape.budget and not found.missing:
        least, most = (int(shape.budget * HOURS / amount) for amount in (cost.high, cost.low or cost.high))
        yield f"The budget of ${shape.budget:f} a month pays for {least} hours with all nodes, {most} with the fewest."
