"""Rejects: rows or images that are not loaded, each with a reason."""

from enum import Enum
from typing import Protocol, Self


class RejectReason(Enum):
    """Base class of reject reasons. The value is a stable id; `sentence` is for display."""

    sentence: str

    def __new__(cls, id_: str, sentence: str) -> Self:
        """Make a member from its id and sentence; the id alone is the value, so RowReason("columns") finds it."""
        member = object.__new__(cls)
        member._value_ = id_
        member.sentence = sentence
        return member


class Reject(Protocol):
    """A row or an image that is not loaded."""

    @property
    def reason(self) -> RejectReason:
        """Why it is not loaded."""
        ...

    def cells(self) -> tuple[object, ...]:
        """Return its cells in the rejects file: a number or a path, the reason's id, and the row or its size."""
        ...
