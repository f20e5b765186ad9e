"""Compares what is in the stores and topics with what must be there. Pure: tests feed it with broken states."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from tests.faults.schedules.expected_state import ExpectedState
from tests.faults.schedules.findings import Finding, finding

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of a row of myDB.test, as the table has seen it. Every value is written only once."""

    row: int
    before: int | None
    after: int | None

    def __str__(self) -> str:
        return f"row {self.row}: {self.before} → {self.after}"


@dataclass(frozen=True, kw_only=True)
class SentChange:
    """A record of the change topic; `change` is None for the tombstone that follows a delete."""

    row: int
    change: Change | None
    position: tuple[int, int, int]
    """Number of the binary log's file, position in it, number of the row in the event; zeros for a tombstone."""


@dataclass(frozen=True, kw_only=True)
class BadRecord:
    """A record that a sink must refuse, at its place in the topic."""

    topic: str
    partition: int
    offset: int
    name: str
    reason: str
    """Text that the dead letter's reason must contain."""

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition and offset."""
        return self.topic, self.partition, self.offset


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A dead letter: the place of the original record, and the reason."""

    place: tuple[str, int, int]
    reason: str


def verify_store(name: str, expected: ExpectedState[Key, Value], actual: Sequence[tuple[Key, Value]]) -> list[Finding]:
    """Compare a store with what it may hold; `name` is that of an entry: row, image."""
    held = dict(actual)
    counts = Counter(key for key, _ in actual)
    lost = [key for key, values in expected.possible.items() if None not in values and key not in held]
    wrong = [
        f"{key}: {held[key]}, not {' or '.join(map(str, values - {None}))}"
        for key, values in expected.possible.items()
        if key in held and held[key] not in values and values - {None}
    ]
    undeleted = [key for key, values in expected.possible.items() if key in held and not values - {None}]
    return [
        *finding(f"{name}s lost", lost),
        *finding(f"{name}s wrong", wrong),
        *finding(f"{name}s still there after their tombstone", undeleted),
        *finding(f"{name}s that no load wrote", sorted(map(str, held.keys() - expected.possible.keys()))),
        *finding(f"{name}s doubled", [key for key, count in counts.items() if count > 1]),
    ]


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Records that were there already: at-least-once delivery allows them."""

    times: int
    """How often the source went back."""
    numbers: tuple[int, ...]
    """Which changes came again."""


def verify_changes(
    expected: Sequence[Change], sent: Sequence[SentChange], *, earlier: Sequence[Change] = (), returns: int
) -> tuple[list[Finding], Repeats]:
    """Compare the change topic with the table's changes.

    Each change must be there, in the order of the table and of the binary log. After a crash or a broken connection a
    source sends the last changes again, those of `earlier` too: it goes back to one and sends all after it. It may do
    so `returns` times; more often, changes are doubled. A delete must be followed by its tombstone before the row's
    next change.
    """
    known = len(earlier)
    numbers = {change: number for number, change in enumerate([*earlier, *expected])}
    changes = [(record, record.change) for record in sent if record.change]
    strange = [change for _, change in changes if change not in numbers]
    found = [numbers[change] for _, change in changes if change in numbers]
    missing = [expected[number] for number in range(len(expected)) if known + number not in set(found)]
    positions = {change: record.position for record, change in reversed(changes)}
    first = [number for number in dict.fromkeys(found) if number >= known]
    late = [expected[after - known] for before, after in pairwise(first) if after < before]
    places = [positions[expected[number - known]] for number in first]
    misplaced = [f"{after} after {before}" for before, after in pairwise(places) if after <= before]
    repeats = _repeats(found, highest=known - 1)
    doubled = [[*earlier, *expected][number] for number in repeats.numbers]
    return [
        *finding("changes lost", missing),
        *finding("changes that the table has not seen", strange),
        *finding("changes in another order than in the table", late),
        *finding("changes in another order than in the binary log", misplaced),
        *finding("changes doubled", doubled if repeats.times > returns else []),
        *finding("deletes without a tombstone", _without_tombstone(sent)),
    ], repeats


def _repeats(numbers: Sequence[int], *, highest: int) -> Repeats:
    """Count the numbers that came before, or are not above `highest`, and the steps back that explain them."""
    times = 0
    again: list[int] = []
    previous = highest
    for number in numbers:
        times += number <= previous
        if number <= highest:
            again.append(number)
        highest, previous = max(highest, number), number
    return Repeats(times=times, numbers=tuple(again))


def _without_tombstone(sent: Sequence[SentChange]) -> list[Change]:
    deleted: dict[int, Change] = {}
    missing: dict[Change, None] = {}
    for record in sent:
        if record.change is None:
            deleted.pop(record.row, None)
        elif record.row in deleted and record.change != deleted[record.row]:
            missing[deleted.pop(record.row)] = None
        if record.change and record.change.after is None:
            deleted[record.row] = record.change
    return [*missing, *deleted.values()]


def verify_letters(
    expected: Sequence[BadRecord], letters: Sequence[Letter], *, unsure: bool = False
) -> tuple[list[Finding], int]:
    """Compare the dead letters with the bad records; also return how many of them came more than once.

    `unsure`: whether bad records were sent of which the place is not known.
    """
    by_place: dict[tuple[str, int, int], list[Letter]] = {}
    for letter in letters:
        by_place.setdefault(letter.place, []).append(letter)
    missing = [f"{bad.name} ({bad.place})" for bad in expected if bad.place not in by_place]
    reasons = [
        f"{bad.name}: {letter.reason}"
        for bad in expected
        for letter in by_place.get(bad.place, [])
        if bad.reason not in letter.reason
    ]
    good = by_place.keys() - {bad.place for bad in expected}
    refused = [] if unsure else [f"{place}: {by_place[place][0].reason}" for place in sorted(good)]
    return [
        *finding("refused records without a dead letter", missing),
        *finding("dead letters with another reason", reasons),
        *finding("good records refused", refused),
    ], sum(len(some) - 1 for some in by_place.values())
