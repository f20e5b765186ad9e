"""Result of comparing a source with a store: the counts that rows and images share."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
MissingItem = TypeVar("MissingItem")
DifferentItem = TypeVar("DifferentItem")


@dataclass(frozen=True, kw_only=True)
class CountedList(Generic[Item]):
    """Items of one kind: all counted, the first of them listed."""

    count: int
    first: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison(Generic[MissingItem, DifferentItem]):
    """Counts of a comparison: compared = equal + missing + different."""

    compared: int
    missing: CountedList[MissingItem]
    """In the source, not in the store."""
    different: CountedList[DifferentItem]
    """In both, with another value."""

    @property
    def equal(self) -> int:
        """Number of items that the store has exactly as the source has them."""
        return self.compared - self.missing.count - self.different.count

    @property
    def all_there(self) -> bool:
        """True if something was compared and all of it is in the store, equal."""
        return self.compared > 0 and self.compared == self.equal

    @property
    def none_there(self) -> bool:
        """True if something was compared and none of it is in the store."""
        return self.compared > 0 and self.compared == self.missing.count
