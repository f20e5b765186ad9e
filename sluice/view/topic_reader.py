"""Reads a topic from its beginning, without joining a consumer group and without committing offsets."""

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from producer.kafka.connection import KafkaUser
from producer.runtime.exit_status import Exit, SluiceError

TIMEOUT = 5.0
"""Timeout in seconds for queries of topics and offsets."""
PATIENCE = 20.0
"""Seconds without a record after which Kafka counts as unavailable, while records of the backlog are missing."""
_ALL_BROKERS_DOWN = KafkaError._ALL_BROKERS_DOWN  # pyright: ignore[reportPrivateUsage]
_PARTITION_EOF = KafkaError._PARTITION_EOF  # pyright: ignore[reportPrivateUsage]


class TopicReader:
    """Reads all partitions of one topic as one user. Close it after use.

    Raises SluiceError: FAILED if the topic is unknown or forbidden, UNAVAILABLE if Kafka does not answer.
    """

    def __init__(
        self,
        user: KafkaUser,
        topic: str,
        *,
        spans: Mapping[int, tuple[int, int]] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Connect, and find the offsets to read.

        They are all up to the present end offsets, or `spans`: first and end offset by partition. `settings` are
        further settings of librdkafka.
        """
        self._user = user
        self._reason = ""
        self._after_backlog: list[Message] = []
        quiet: dict[str, Any] = {"log_level": 0, "error_cb": self._keep_reason}
        group: dict[str, Any] = {
            # A consumer needs a group id, although it neither joins the group nor commits offsets. The ACLs of the
            # user consumer allow ids that begin with `reader-`.
            "group.id": f"reader-{uuid4()}",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
        try:
            self._consumer = Consumer(user.client_settings() | group | quiet | dict(settings or {}))
        except KafkaException as error:  # the CA file is missing or invalid
            message = f"Kafka at {user.bootstrap_servers} cannot be asked: {error.args[0].str()}"
            raise SluiceError(message, status=Exit.UNAVAILABLE) from error
        try:
            self._spans = (
                {number: self._span(topic, number) for number in self._partitions(topic)}
                if spans is None
                else dict(spans)
            )
        except BaseException:
            self._consumer.close()
            raise
        self._topic = topic

    def close(self) -> None:
        """Close the connection to Kafka."""
        self._consumer.close()

    def backlog(self, *, last: int | None = None, starts: Mapping[int, int] | None = None) -> Iterator[Message]:
        """Yield the records up to the end offsets at the time when this reader was created.

        With `last`, at most that many of each partition; with `starts` (by partition), from these offsets on.
        """
        if starts is None:
            starts = {
                number: begin if last is None else max(begin, end - last)
                for number, (begin, end) in self._spans.items()
            }
        starts = {number: at for number, at in starts.items() if number in self._spans}
        self._consumer.assign([TopicPartition(self._topic, number, at) for number, at in starts.items()])
        unread = {number for number, at in starts.items() if at < self._spans[number][1]}
        last_record_at = monotonic()
        while unread:
            message = self._consumer.poll(0.2)
            # Not `if message`: a Message has a length, which is 0 for a tombstone.
            if message is not None:
                last_record_at = monotonic()
                yield from self._before_end(message, unread)
            elif monotonic() - last_record_at > PATIENCE:
                raise self._unavailable("no record has come for a while")

    def follow(self) -> Iterator[Message]:
        """Yield the records after the backlog, without end."""
        yield from self._after_backlog
        while True:
            message = self._consumer.poll(0.5)
            if message is not None and self._is_record(message):
                yield message

    def _before_end(self, message: Message, unread: set[int]) -> Iterator[Message]:
        partition, offset = message.partition(), message.offset()
        if partition is None or offset is None or not self._is_record(message):
            # A partition can end before its end offset: the last offsets may be transaction markers, which no
            # consumer receives.
            unread.discard(partition if partition is not None else -1)
            return
        end = self._spans[partition][1]
        if offset < end:
            yield message
        else:
            self._after_backlog.append(message)
        if offset + 1 >= end:
            unread.discard(partition)

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() == _PARTITION_EOF:
            return False
        raise SluiceError(f"reading {message.topic()} as {self._user.username} failed: {error.str()}")

    def _partitions(self, topic: str) -> list[int]:
        try:
            topics = self._consumer.list_topics(timeout=TIMEOUT).topics
        except KafkaException as error:
            raise self._unavailable(str(error)) from error
        if topic in topics and topics[topic].error is None:
            return sorted(topics[topic].partitions)
        readable = sorted(name for name, found in topics.items() if found.error is None and name[:2] != "__")
        raise SluiceError(
            f"there is no topic {topic!r} at {self._user.bootstrap_servers} that {self._user.username} may read;"
            + (f" it may read: {', '.join(readable)}" if readable else " it may read no topic at all")
        )

    def _span(self, topic: str, number: int) -> tuple[int, int]:
        try:
            begin, end = self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=TIMEOUT)
        except KafkaException as error:
            raise self._unavailable(str(error)) from error
        return begin, end

    def _keep_reason(self, error: KafkaError) -> None:
        if error.code() != _ALL_BROKERS_DOWN:
            self._reason = error.str()

    def _unavailable(self, fallback: str) -> SluiceError:
        self._consumer.poll(0)
        message = f"Kafka at {self._user.bootstrap_servers} does not answer: {self._reason or fallback}"
        return SluiceError(message, status=Exit.UNAVAILABLE)
