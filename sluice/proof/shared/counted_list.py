"""A count of everything of a kind, with the first of it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class CountedList(Generic[Item]):
    """Everything of a kind counted, and the first of it listed."""

    count: int
    first: tuple[Item, ...]
