"""A schedule that fails is shrunk to the faults that make it fail."""

from collections.abc import Sequence
from itertools import combinations

import pytest

from tests.faults.schedules.shrink import shrink


def never() -> bool:
    return False


@pytest.mark.parametrize("culprits", [some for size in (1, 2, 3) for some in combinations(range(5), size)])
def test_only_the_culprits_are_left(culprits: tuple[int, ...]) -> None:
    def fails(some: Sequence[int]) -> bool:
        return set(culprits) <= set(some)

    assert shrink(range(5), fails, time_is_over=never) == list(culprits)


def test_it_ends_when_the_time_is_over_with_the_best_so_far() -> None:
    tried: list[Sequence[int]] = []

    def fails(some: Sequence[int]) -> bool:
        tried.append(some)
        return 0 in some

    assert shrink(range(4), fails, time_is_over=lambda: len(tried) >= 1) == [0, 1]
    assert len(tried) == 1
