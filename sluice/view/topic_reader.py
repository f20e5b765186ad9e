"""Reads a topic, or spans of its partitions, without joining a consumer group and without committing offsets."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
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
        self.topic = topic
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
        self.spans: Mapping[int, tuple[int, int]] = dict(spans or {})
        """First and end offset of each partition that is read."""
        try:
            if spans is None:
                self.find_spans()
        except BaseException:
            self._consumer.close()
            raise

    def find_spans(self) -> None:
        """Find the present first and end offsets of all partitions, and set `spans`."""
        self.spans = {number: self._span(number) for number in self._partitions()}

    def offsets_at(self, milliseconds: int) -> dict[int, int]:
        """Return, by partition, the offset of the first record of this time or later; the end offset without one."""
        asked = [TopicPartition(self.topic, number, milliseconds) for number in self.spans]
        try:
            found = self._consumer.offsets_for_times(asked, timeout=TIMEOUT)
        except KafkaException as error:
            raise self._unavailable(str(error)) from error
        if failed := next((at.error for at in found if at.error is not None), None):
            raise self._unavailable(failed.str())
        ends = {number: end for number, (_, end) in self.spans.items()}
        return {
            at.partition: min(at.offset, ends[at.partition]) if at.offset >= 0 else ends[at.partition] for at in found
        }

    def close(self) -> None:
        """Close the connection to Kafka."""
        self._consumer.close()

    def backlog(self, *, starts: Mapping[int, int] | None = None) -> Generator[Message]:
        """Yield the records up to the end offsets at the time when this reader was created.

        With `starts` (by partition), only those of these partitions from these offsets on.
        """
        if starts is None:
            return self.read(self.spans)
        return self.read({number: (at, self.spans[number][1]) for number, at in starts.items() if number in self.spans})

    def read(self, spans: Mapping[int, tuple[int, int]]) -> Generator[Message]:
        """Yield the records of some partitions from a first offset on, up to an end offset.

        At the end, or when it is closed, nothing more is fetched.
        """
        unread = {number: end for number, (start, end) in spans.items() if start < end}
        if not unread:
            return
        with self._fetching({number: spans[number][0] for number in unread}):
            last_record_at = monotonic()
            while unread:
                message = self._consumer.poll(0.2)
                # Not `if message`: a Message has a length, which is 0 for a tombstone.
                if message is not None:
                    last_record_at = monotonic()
                    yield from self._before_end(message, unread)
                elif monotonic() - last_record_at > PATIENCE:
                    raise self._unavailable("no record has come for a while")

    def follow(self, partitions: Iterable[int] | None = None) -> Generator[Message]:
        """Yield the records after the end offsets of `spans`, without end; of all partitions, or of some."""
        numbers = self.spans if partitions is None else partitions
        with self._fetching({number: self.spans[number][1] for number in numbers}):
            while True:
                message = self._consumer.poll(0.5)
                if message is not None and self._is_record(message):
                    yield message

    @contextmanager
    def _fetching(self, starts: Mapping[int, int]) -> Generator[None]:
        """Fetch records of these partitions, from these offsets on; at the end fetch nothing more.

        Kafka's client would go on, with a request in every 20 ms or so, for as long as it is open.
        """
        partitions = [TopicPartition(self.topic, number, start) for number, start in starts.items()]
        self._consumer.assign(partitions)
        self._consumer.resume(partitions)  # those that _finish() has paused in an earlier reading
        try:
            yield
        finally:
            with suppress(RuntimeError):  # closed meanwhile
                self._consumer.unassign()

    def _before_end(self, message: Message, unread: dict[int, int]) -> Iterator[Message]:
        partition, offset = message.partition(), message.offset()
        if partition is None or offset is None or not self._is_record(message):
            # A partition can end before its end offset: the last offsets may be transaction markers, which no
            # consumer receives.
            self._finish(partition, unread)
            return
        end = unread.get(partition, -1)  # fetched ahead, after the last one that is wanted
        if offset < end:
            yield message
        if offset + 1 >= end:
            self._finish(partition, unread)

    def _finish(self, partition: int | None, unread: dict[int, int]) -> None:
        """Read no more of a partition: what is written to it meanwhile would come in the way of the others' records."""
        if partition is not None and unread.pop(partition, None) is not None:
            self._consumer.pause([TopicPartition(self.topic, partition)])

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() == _PARTITION_EOF:
            return False
        raise SluiceError(f"reading {message.topic()} as {self._user.username} failed: {error.str()}")

    def _partitions(self) -> list[int]:
        try:
            if (known := self._consumer.list_topics(self.topic, timeout=TIMEOUT).topics[self.topic]).error is None:
                return sorted(known.partitions)
            topics = self._consumer.list_topics(timeout=TIMEOUT).topics
        except KafkaException as error:
            raise self._unavailable(str(error)) from error
        readable = sorted(name for name, found in topics.items() if found.error is None and name[:2] != "__")
        raise SluiceError(
            f"there is no topic {self.topic!r} at {self._user.bootstrap_servers} that {self._user.username} may read;"
            + (f" it may read: {', '.join(readable)}" if readable else " it may read no topic at all")
        )

    def _span(self, number: int) -> tuple[int, int]:
        try:
            begin, end = self._consumer.get_watermark_offsets(TopicPartition(self.topic, number), timeout=TIMEOUT)
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
