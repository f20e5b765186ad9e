"""What a sink waits for, as its tasks write it into the metadata of their committed offsets.

The state of a task that waits is RUNNING, and Connect's REST interface has no place for more. The text is made by
RetryBackoff.report() in connect/sink-common/.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confluent_kafka import TopicPartition

METADATA_END = "\0"
"""Ends the text that a sink writes into the metadata of an offset."""
CURRENT_FOR = timedelta(seconds=90)
"""A task renews its text every 20 s; one that is older is of a task that has ended."""
_TEXT = re.compile(r"(waits|is refused) since (\S+), still at (\S+): (.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class SinkWait:
    """What a sink waits for."""

    since: datetime
    reason: str
    refused: bool
    """Whether a person must change something: a password, a right, a column."""

    def sentence(self, connector: str, records: int) -> str:
        """Return a sentence for people; `records` is the connector's lag."""
        state = "is refused" if self.refused else "waits"
        lag = f"{records:,} record{'' if records == 1 else 's'} not written yet"
        return f"{connector} {state} since {self.since:%Y-%m-%d %H:%M:%S} UTC, {lag}: {self.reason}"


def metadata_text(at: "TopicPartition") -> str:
    """Return the metadata of a committed offset, up to its end mark where it has one; empty where there is none.

    librdkafka keeps no end of it, so confluent-kafka 2.16 reads on in whatever memory follows, which need not be UTF-8.
    What must be read exactly ends with METADATA_END.
    """
    try:
        text = at.metadata or ""
    except UnicodeDecodeError as error:
        text = error.object[: error.start].decode()
    return text.partition(METADATA_END)[0]


def find_wait(metadata: Iterable[str], *, now: datetime) -> SinkWait | None:
    """Return the wait that began first, from the metadata of a sink's partitions; None where no task waits now."""
    waits = [wait for text in metadata if (wait := _parse(text, now=now))]
    return min(waits, key=lambda wait: (not wait.refused, wait.since), default=None)


def _parse(text: str, *, now: datetime) -> SinkWait | None:
    """Return the wait that a text tells; None for another text, which any client of the group may write."""
    if not (found := _TEXT.fullmatch(text)):
        return None
    try:
        since, at = (datetime.fromisoformat(found[number]) for number in (2, 3))
        current = abs(now - at) < CURRENT_FOR
    except (ValueError, TypeError):  # no times, or without a time zone
        return None
    return SinkWait(since=since, reason=found[4], refused=found[1] != "waits") if current else None
