"""A leftover: a resource of the stack that outlived `pulumi destroy`, with its cost per month."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """One resource. `cost` is in dollars per month; None if it is not known."""

    name: str
    place: str
    """Its zone or region, or `global`."""
    detail: str
    cost: Decimal | None
    service: str
    """Google's API, such as compute."""
    path: str
    """Path of the resource in that API, to delete it."""
    used_by: str = ""
    """What uses it: it cannot be removed before that."""
    doubt: str = ""
    """Why it may belong to somebody else; empty if it is the stack's for certain."""


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """The resources of one kind: those that are the stack's for certain, and those that may be."""

    certain: tuple[Leftover, ...]
    doubtful: tuple[Leftover, ...] = ()


def total_cost(items: tuple[Leftover, ...]) -> Decimal:
    """Return the sum of the known costs, in dollars per month."""
    return sum((item.cost for item in items if item.cost is not None), Decimal(0))


def format_cost(items: tuple[Leftover, ...]) -> str:
    """Format the sum for display, with the number of unknown costs: they do not count as nothing."""
    unknown = sum(item.cost is None for item in items)
    if unknown == len(items):
        return "unknown"
    return f"${total_cost(items):.2f}{f' and {unknown} unknown' if unknown else ''}"
