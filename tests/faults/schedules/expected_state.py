"""What a store may hold after loads of which some were killed: for each key one value, or one of several."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tests.faults.schedules.traffic_plan import Row

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Hashable)


@dataclass
class ExpectedState(Generic[Key, Value]):
    """Possible values of each key that was ever written; None is its absence.

    What a load had acknowledged is certain. Of one that was killed each record may have arrived or not.
    """

    possible: dict[Key, frozenset[Value | None]] = field(default_factory=dict)

    def loaded(self, changes: Mapping[Key, Value | None]) -> None:
        """Take over a load that was acknowledged as a whole."""
        for key, value in changes.items():
            self.possible[key] = frozenset((value,))

    def killed(self, changes: Mapping[Key, Value | None]) -> None:
        """Take over a load that ended early: of each key the value before, or the new one."""
        for key, value in changes.items():
            self.possible[key] = self.possible.get(key, frozenset((None,))) | {value}

    @property
    def uncertain(self) -> int:
        """Number of keys with more than one possible value."""
        return sum(len(values) > 1 for values in self.possible.values())

    def resolve(self, actual: Mapping[Key, Value]) -> dict[Key, Value]:
        """Return what must be there: of several possible values the actual one, if it is one of them."""
        found: dict[Key, Value] = {}
        for key, values in self.possible.items():
            value = actual.get(key) if actual.get(key) in values else next(iter(values - {None}), None)
            if value is not None:
                found[key] = value
        return found

    def settle(self, actual: Mapping[Key, Value]) -> None:
        """Take the actual values as the certain ones: what was found wrong is reported once."""
        keys: Iterable[Key] = self.possible.keys() | actual.keys()
        self.possible = {key: frozenset((actual.get(key),)) for key in keys}


@dataclass
class Expected:
    """What rows and images may be in the stores."""

    rows: ExpectedState[int, Row] = field(default_factory=ExpectedState[int, Row])
    images: ExpectedState[str, str] = field(default_factory=ExpectedState[str, str])
    """SHA-256 by key."""
    files: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Number and version of an image, by its SHA-256."""

    @property
    def uncertain(self) -> int:
        """Number of rows and images with more than one possible value."""
        return self.rows.uncertain + self.images.uncertain
