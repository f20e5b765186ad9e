"""How far a consumer group has come in its topics."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GroupProgress:
    """How far a consumer group has come in its topics."""

    lag: int
    """Records that it has not yet committed."""
    committed: Mapping[str, int]
    """By topic, the sum of the offsets up to which it needs to read nothing any more."""
    metadata: tuple[str, ...]
    """Metadata that it has committed with its offsets, where it has any."""


@dataclass(frozen=True, kw_only=True)
class UnreadRecords:
    """Records that a consumer group has not yet committed."""

    spans: dict[int, tuple[int, int]]
    """First offset and end offset by partition, of partitions with unread records only."""
    lost: int
    """Number of records that the topic deleted before the group had read them."""


@dataclass(frozen=True, kw_only=True)
class GroupOffset:
    """Where a consumer group is in a partition."""

    topic: str
    partition: int
    begin: int
    committed: int | None
    """None if it has committed no offset."""
    end: int

    @property
    def lag(self) -> int:
        """Number of records not yet committed.

        Without a committed offset, or with one whose records have been deleted, the group reads from the beginning.
        """
        return max(0, self.end - max(-1 if self.committed is None else self.committed, self.begin))
