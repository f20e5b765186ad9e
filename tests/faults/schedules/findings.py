"""What is wrong after a schedule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One kind of thing that is wrong, with how many there are and some of them."""

    what: str
    count: int
    examples: tuple[str, ...]

    def words(self) -> str:
        """Return the finding as a sentence."""
        return f"{self.count:,} {self.what}: {'; '.join(self.examples)}"


def finding(what: str, found: Sequence[Any]) -> list[Finding]:
    """Return the finding as a list, which is empty if nothing was found."""
    if not found:
        return []
    return [Finding(what=what, count=len(found), examples=tuple(str(one) for one in found[:_EXAMPLES]))]
