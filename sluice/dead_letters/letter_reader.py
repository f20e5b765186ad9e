"""Reads dead letters from the topics of all sinks, filtered by connector, reason or address."""

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from confluent_kafka import Message

from producer.runtime.exit_status import Exit, SluiceError
from sluice.dead_letters.dead_letter import DeadLetter, group_identity
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX
from sluice.view.topic_reader import TopicReader

_ADDRESS = re.compile(r"(.+):([0-9]{1,9}):([0-9]{1,18})")


@dataclass(frozen=True, kw_only=True)
class LetterAddress:
    """Topic, partition and offset of a dead letter."""

    topic: str
    partition: int
    offset: int


def parse_address(text: str) -> LetterAddress:
    """Parse CONNECTOR:PARTITION:OFFSET or TOPIC:PARTITION:OFFSET; raises ValueError."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no dead letter's address, such as mysql-sink:0:12; sluice dlq lists them")
    topic = match[1].removesuffix(DEAD_LETTERS_SUFFIX) + DEAD_LETTERS_SUFFIX
    return LetterAddress(topic=topic, partition=int(match[2]), offset=int(match[3]))


@dataclass(frozen=True, kw_only=True)
class LetterFilter:
    """Selects dead letters; an empty field selects all."""

    connector: str | None = None
    reason: str | None = None
    """Text that the reason contains, case-insensitive."""
    addresses: Sequence[LetterAddress] = ()
    group: str | None = None
    """Name of the letter's group (group_identity())."""

    def matches(self, letter: DeadLetter) -> bool:
        """Whether the letter is selected."""
        if self.addresses and not any(_is_at(letter, address) for address in self.addresses):
            return False
        if self.group is not None and group_identity(letter.group) != self.group:
            return False
        return self.reason is None or self.reason.lower() in letter.reason.lower()

    def matches_topic(self, topic: str) -> bool:
        """Whether letters of this topic can be selected."""
        if self.addresses and topic not in {address.topic for address in self.addresses}:
            return False
        return self.connector is None or topic == self.connector + DEAD_LETTERS_SUFFIX


def _is_at(letter: DeadLetter, address: LetterAddress) -> bool:
    return (letter.topic, letter.partition, letter.offset) == (address.topic, address.partition, address.offset)


def matching_topics(endpoints: Endpoints, letter_filter: LetterFilter) -> tuple[str, ...]:
    """Return the topics of dead letters that match; raises SluiceError if one that the filter names does not exist."""
    try:
        topics = tuple(KafkaInspector(endpoints.consumer).spans(DEAD_LETTERS_SUFFIX))
    except UnavailableError as error:
        raise SluiceError(str(error), status=Exit.UNAVAILABLE) from error
    return select_topics(topics, letter_filter)


def select_topics(topics: Sequence[str], letter_filter: LetterFilter) -> tuple[str, ...]:
    """Return those of the topics of dead letters that match; raises SluiceError as matching_topics() does."""
    named = {address.topic for address in letter_filter.addresses}
    named |= {letter_filter.connector + DEAD_LETTERS_SUFFIX} if letter_filter.connector else set()
    if missing := sorted(named - set(topics)):
        names = ", ".join(topic.removesuffix(DEAD_LETTERS_SUFFIX) for topic in topics) or "none"
        raise SluiceError(
            f"there is no topic {missing[0]} that may be read; connectors with dead letters: {names}",
            status=Exit.USAGE,
        )
    return tuple(topic for topic in topics if letter_filter.matches_topic(topic))


def read_letters(endpoints: Endpoints, topics: Sequence[str], letter_filter: LetterFilter) -> Iterator[DeadLetter]:
    """Yield those of read_all() that match."""
    return filter(letter_filter.matches, read_all(endpoints, topics, letter_filter.addresses))


def read_all(
    endpoints: Endpoints, topics: Sequence[str], addresses: Sequence[LetterAddress] = ()
) -> Generator[DeadLetter]:
    """Yield the letters of the topics, one topic after another, each partition from its oldest on.

    With addresses only those from the first to the last of each partition. Raises SluiceError as TopicReader does.
    """
    for topic in topics:
        with closing(TopicReader(endpoints.consumer, topic)) as reader:
            for message in _messages(reader, [one for one in addresses if one.topic == topic]):
                yield DeadLetter.from_record(message)


def _messages(reader: TopicReader, addresses: Sequence[LetterAddress]) -> Iterator[Message]:
    """Yield the records of a topic; with addresses, only from the first to the last of each partition."""
    if not addresses:
        yield from reader.backlog()
        return
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for address in addresses:
        first[address.partition] = min(address.offset, first.get(address.partition, address.offset))
        last[address.partition] = max(address.offset, last.get(address.partition, address.offset))
    for message in reader.backlog(starts=first):
        yield message
        partition, offset = message.partition(), message.offset()
        if partition is not None and offset is not None and offset >= last.get(partition, 0):
            last.pop(partition, None)
            if not last:
                return


def read_letter(endpoints: Endpoints, address: LetterAddress) -> DeadLetter:
    """Read one letter; raises SluiceError if it does not exist, or no longer."""
    matching_topics(endpoints, LetterFilter(addresses=[address]))
    with closing(TopicReader(endpoints.consumer, address.topic)) as reader:
        for message in reader.backlog(starts={address.partition: address.offset}):
            if message.offset() == address.offset:
                return DeadLetter.from_record(message)
            break
    raise SluiceError(
        f"there is no dead letter at {address.topic}:{address.partition}:{address.offset} (any more); "
        "sluice dlq lists those that there are"
    )
