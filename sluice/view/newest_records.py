"""Reads the newest records of a topic again and again over one connection, never more than a few at a time."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message

from producer.kafka.connection import KafkaUser
from sluice.view.topic_reader import TopicReader

_LITTLE: dict[str, Any] = {
    # Kafka's client reads ahead: far more than is wanted here, where a topic grows fast.
    "fetch.message.max.bytes": 64 << 10,
    "queued.max.messages.kbytes": 1 << 10,
    "queued.min.messages": 1,
    # With one message in its queue it would wait a second before it fetches the next: twelve seconds for twelve images.
    "fetch.queue.backoff.ms": 10,
}


@dataclass(frozen=True, kw_only=True)
class NewRecords:
    """What has come to a topic."""

    records: list[Message]
    """The oldest first."""
    ends: Mapping[int, int]
    """End offset of each partition, from which on to read the next time."""
    anew: bool
    """Whether the topic was made anew: what was known of it is of another one."""


class NewestRecords(TopicReader):
    """The newest records of one topic. Close it after use, and after an error.

    It samples: of the records that have come between two calls of `read_new`, it reads the newest few.
    """

    def __init__(self, user: KafkaUser, topic: str) -> None:
        """Connect; raises SluiceError as TopicReader."""
        super().__init__(user, topic, settings=_LITTLE)

    def read_new(self, count: int, since: Mapping[int, int]) -> NewRecords:
        """Return records from the offsets `since` (by partition) on, `count` newest of each partition at most.

        Without offsets they are the newest that the topic has. Raises SluiceError as TopicReader.
        """
        self.find_spans()
        ends = {number: end for number, (_, end) in self.spans.items()}
        anew = any(ends.get(number, 0) < known for number, known in since.items())
        starts = {} if anew else since
        spans = {
            number: (max(begin, end - count, starts.get(number, 0)), end) for number, (begin, end) in self.spans.items()
        }
        with closing(self.read(spans)) as found:
            records = sorted(found, key=lambda record: (record.timestamp()[1], record.offset() or 0))
        return NewRecords(records=records, ends=ends, anew=anew)
