"""Finds the fewest faults of a schedule with which it still fails: delta debugging."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def shrink(
    items: Sequence[Item], fails: Callable[[Sequence[Item]], bool], *, time_is_over: Callable[[], bool]
) -> list[Item]:
    """Return a smallest part of `items` with which `fails` is still true, as far as the time allows.

    Leaving out any one item of the result makes it pass. `fails` was true for all of them.
    """
    left = list(items)
    parts = 2
    while len(left) > 1 and not time_is_over():
        size = -(-len(left) // parts)
        pieces = [left[first : first + size] for first in range(0, len(left), size)]
        without = [[item for other in pieces if other is not piece for item in other] for piece in pieces]
        tries = [*pieces, *without] if parts > 1 and len(pieces) > 2 else pieces
        smaller = next((some for some in tries if not time_is_over() and fails(some)), None)
        if smaller is not None:
            left, parts = smaller, 2
        elif size == 1:
            break
        else:
            parts = min(len(left), parts * 2)
    return left
