"""Stores in Kafka which dead letters were sent again, so that none is sent twice.

For each partition the consumer group GROUP has a committed offset, before which all letters were sent; the metadata of
that offset are the ranges of offsets sent after it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from producer.kafka.connection import KafkaUser
from producer.runtime.exit_status import Exit, SluiceError
from sluice.sink_wait import metadata_text

GROUP = "reader-dead-letters-sent"
"""The ACLs of the user consumer allow groups that begin with `reader-`."""
_END = ";"
"""Ends the ranges in an offset's metadata: what confluent-kafka reads behind it is not ours (metadata_text())."""
MAX_TEXT = 4000
"""Maximum length in bytes of an offset's metadata (the broker's offset.metadata.max.bytes is 4096)."""
_TIMEOUT_SECONDS = 10.0

Ranges = list[tuple[int, int]]
"""First and last offset of each range, in order, none next to another."""


def ranges_of(offsets: Iterable[int]) -> Ranges:
    """Group offsets into ranges."""
    found: Ranges = []
    for offset in sorted(set(offsets)):
        if found and found[-1][1] + 1 == offset:
            found[-1] = (found[-1][0], offset)
        else:
            found.append((offset, offset))
    return found


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Merge ranges that overlap or touch."""
    found: Ranges = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


class SentOffsets:
    """Offsets of one partition that were sent: all below `before`, and the ranges in `beyond`."""

    def __init__(self, before: int = 0, beyond: Iterable[tuple[int, int]] = ()) -> None:
        self.before = before
        self.beyond = merged(beyond)
        self._advance()

    @classmethod
    def parse(cls, before: int, text: str) -> "SentOffsets":
        """Parse a committed offset and its metadata; metadata in another format counts as empty."""
        ranges = text.partition(_END)[0]
        try:
            pairs = [part.partition("-")[::2] for part in ranges.split(",") if part]
            return cls(max(0, before), [(int(first), int(last or first)) for first, last in pairs])
        except ValueError:
            return cls(max(0, before))

    @property
    def text(self) -> str:
        """The ranges in `beyond` as metadata of an offset, such as 4,9-12."""
        return ",".join(f"{first}" if first == last else f"{first}-{last}" for first, last in self.beyond)

    def __contains__(self, offset: int) -> bool:
        return offset < self.before or any(first <= offset <= last for first, last in self.beyond)

    def with_more(self, offsets: Iterable[int], *, begin: int = 0) -> "SentOffsets":
        """Return a copy with these offsets added; those below `begin`, which Kafka has deleted, are left out."""
        before = max(self.before, begin)
        beyond = [(max(first, before), last) for first, last in self.beyond if last >= before]
        return SentOffsets(before, [*beyond, *(pair for pair in ranges_of(offsets) if pair[1] >= before)])

    def _advance(self) -> None:
        while self.beyond and self.beyond[0][0] <= self.before:
            self.before = max(self.before, self.beyond.pop(0)[1] + 1)


class SentLetters:
    """The offsets sent of all topics. Close it after use; its methods raise SluiceError if Kafka does not answer."""

    def __init__(self, user: KafkaUser) -> None:
        self._server = user.bootstrap_servers
        quiet: dict[str, Any] = {"log_level": 0, "error_cb": lambda _: None}
        settings: dict[str, Any] = {"group.id": GROUP, "enable.auto.commit": False}
        try:
            self._consumer = Consumer(user.client_settings() | settings | quiet)
        except KafkaException as error:
            raise self._unavailable(error) from error
        self._known: dict[tuple[str, int], SentOffsets] = {}

    def close(self) -> None:
        """Close the connection to Kafka."""
        self._consumer.close()

    def refresh(self) -> None:
        """Ask Kafka again from now on: others may have sent letters."""
        self._known = {}

    def includes(self, topic: str, partition: int, offset: int) -> bool:
        """Whether the letter at this offset was sent."""
        return offset in self._sent_offsets(topic, partition)

    def _sent_offsets(self, topic: str, partition: int) -> SentOffsets:
        if (topic, partition) not in self._known:
            try:
                (found,) = self._consumer.committed([TopicPartition(topic, partition)], timeout=_TIMEOUT_SECONDS)
            except KafkaException as error:
                raise self._unavailable(error) from error
            self._known[topic, partition] = SentOffsets.parse(found.offset, metadata_text(found))
        return self._known[topic, partition]

    def add(self, offsets: Mapping[tuple[str, int], Iterable[int]]) -> None:
        """Store offsets, by topic and partition, as sent."""
        if not offsets:  # Kafka's client refuses to commit nothing
            return
        changed = {at: self._sent_offsets(*at).with_more(more, begin=self._begin(*at)) for at, more in offsets.items()}
        partitions = [
            TopicPartition(topic, partition, sent.before, metadata=sent.text + _END)
            for (topic, partition), sent in changed.items()
        ]
        try:
            self._consumer.commit(offsets=partitions, asynchronous=False)
        except KafkaException as error:
            raise self._unavailable(error) from error
        self._known |= changed

    def check_metadata_size(self, offsets: Mapping[tuple[str, int], Iterable[int]]) -> None:
        """Raise SluiceError if the ranges of these offsets are too long for the metadata of a committed offset."""
        for at, more in offsets.items():
            if len(self._sent_offsets(*at).with_more(more, begin=self._begin(*at)).text) > MAX_TEXT:
                raise SluiceError(
                    f"these letters of {at[0]} are too scattered for Kafka to remember which were sent; send all of "
                    "them, not those of one reason only, or fewer at a time",
                    status=Exit.USAGE,
                )

    def _begin(self, topic: str, partition: int) -> int:
        try:
            return self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_TIMEOUT_SECONDS)[0]
        except KafkaException as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: KafkaException) -> SluiceError:
        text = error.args[0].str()
        return SluiceError(
            f"Kafka at {self._server} does not say, or keep, which dead letters were sent again: {text}",
            status=Exit.UNAVAILABLE,
        )
