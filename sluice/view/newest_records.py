"""Reads the newest records of a topic again and again over one connection, never more than a few at a time."""

import time
from typing import Any

from confluent_kafka import KafkaException, Message, TopicPartition

from producer.kafka.connection import KafkaUser
from sluice.view.topic_reader import PATIENCE, TIMEOUT, TopicReader

_LITTLE: dict[str, Any] = {
    # Kafka's client reads ahead: far more than is wanted here, where a topic grows fast.
    "fetch.message.max.bytes": 64 << 10,
    "queued.max.messages.kbytes": 1 << 10,
    "queued.min.messages": 1,
}
_AT_ONCE = 500
_WAIT_SECONDS = 0.2


class NewestRecords(TopicReader):
    """The newest records of one topic. Close it after use, and after an error.

    It samples: of the records that have come between two calls of `read_new`, it reads the newest few.
    """

    def __init__(self, user: KafkaUser, topic: str) -> None:
        """Connect; raises SluiceError as TopicReader."""
        super().__init__(user, topic, settings=_LITTLE)
        self._of = topic
        self._read_to: dict[int, int] = {}

    def read_new(self, count: int) -> list[Message]:
        """Return records that have come since the last call, the oldest first: up to `count` newest of each partition.

        The first call returns the newest that the topic has. Raises SluiceError as TopicReader.
        """
        spans: dict[int, tuple[int, int]] = {}
        present = self._present()
        for number, (begin, end) in present.items():
            # An end before the one known is that of a topic that was made anew.
            known = self._read_to.get(number, 0)
            spans[number] = (max(begin, end - count, known if known <= end else 0), end)
        records = self._read_spans(spans, count)
        self._read_to = {number: end for number, (_, end) in present.items()}
        return sorted(records, key=lambda record: (record.timestamp()[1], record.offset() or 0))

    def _present(self) -> dict[int, tuple[int, int]]:
        """Return the first and the end offset of each partition now."""
        try:
            numbers = self._consumer.list_topics(self._of, timeout=TIMEOUT).topics[self._of].partitions
            return {
                number: self._consumer.get_watermark_offsets(TopicPartition(self._of, number), timeout=TIMEOUT)
                for number in numbers
            }
        except KafkaException as error:
            raise self._unavailable(str(error)) from error

    def _read_spans(self, spans: dict[int, tuple[int, int]], count: int) -> list[Message]:
        unread = {number for number, (start, end) in spans.items() if start < end}
        records: list[Message] = []
        if not unread:
            return records
        self._consumer.assign([TopicPartition(self._of, number, spans[number][0]) for number in sorted(unread)])
        try:
            last_record_at = time.monotonic()
            while unread:
                found = self._consumer.consume(min(count, _AT_ONCE), _WAIT_SECONDS)
                if found:
                    last_record_at = time.monotonic()
                elif time.monotonic() - last_record_at > PATIENCE:
                    raise self._unavailable("no record has come for a while")
                for message in found:
                    number, offset = message.partition(), message.offset()
                    if number is None or offset is None or not self._is_record(message):
                        unread.discard(-1 if number is None else number)  # the last offsets may hold no record
                        continue
                    if offset < spans[number][1]:
                        records.append(message)
                    if offset + 1 >= spans[number][1]:
                        unread.discard(number)
        except KafkaException as error:
            raise self._unavailable(str(error)) from error
        finally:
            self._consumer.unassign()
        return records
