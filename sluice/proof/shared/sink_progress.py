"""How far the sink is, and what keeps it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from producer.runtime.exit_status import Exit, SluiceError
from sluice.view.connector_status import FAILED, ConnectorStatus, ConnectStatus, fetch_connect_status
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector, KafkaStatus, UnreadRecords
from sluice.view.topic_reader import TopicReader

Offsets: TypeAlias = dict[int, int]
"""Of each partition the offset that its next message will have."""
Span: TypeAlias = tuple[int, int]
"""An offset, and the one after the last."""
UNCOMMITTED = {"isolation.level": "read_uncommitted", "queued.max.messages.kbytes": 16_384}
"""How waiting messages are read: those of open transactions too, as a sink does, and few ahead: images are large."""
_RUNNING = "RUNNING"
_HALTED = ("PAUSED", "STOPPED")
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class SinkNames:
    """What a sink is called, and what it reads and writes."""

    connector: str
    topic: str
    dead_letters: str
    """The topic of what it could not take."""


ROWS_SINK = SinkNames(connector="mysql-sink", topic="gps-fixes", dead_letters="mysql-sink-dead-letters")
IMAGES_SINK = SinkNames(connector="redis-sink", topic="images", dead_letters="redis-sink-dead-letters")


@dataclass(frozen=True, kw_only=True)
class SinkState:
    """What Kafka and Connect say of the sink."""

    waiting: dict[int, Span] = field(default_factory=dict[int, "Span"])
    """Of each partition the messages that it has not yet said to have dealt with. It says so every few seconds."""
    concerning: int = 0
    """Waiting messages that could change what a proof says; each of which that is not known counts."""
    lost: int = 0
    """Messages that the topic deleted before the sink had read them."""
    troubles: tuple[str, ...]
    """A sentence for everything about it that is not RUNNING; empty if all is well."""
    stuck: bool
    """True where it has failed, is paused or is not there: it will not catch up by itself."""

    @property
    def lag(self) -> int:
        """Messages that wait, whatever they are about."""
        return sum(end - begin for begin, end in self.waiting.values())


class Message(NamedTuple):
    """A message that waits, by its place in the topic."""

    partition: int
    offset: int
    key: bytes | None


class Sink(Protocol):
    """The sink, as the proof asks after it."""

    def ends(self) -> Offsets:
        """Where the sink's topic ends now."""
        ...

    def state(self, ends: Offsets) -> SinkState:
        """What keeps the sink, and how far it is in what comes before `ends`."""
        ...

    def read(self, spans: dict[int, Span]) -> Iterator[Message]:
        """The messages of `spans`, also those of open transactions; what the topic no longer has is left out."""
        ...


class ConnectSink:
    """A sink of a place; raises SluiceError (UNAVAILABLE) where Kafka or Connect is silent."""

    def __init__(self, endpoints: Endpoints, names: SinkNames) -> None:
        self.names = names
        self._consumer = endpoints.consumer
        self._connect_urls = endpoints.connect_urls
        self._kafka = heard(lambda: KafkaInspector(endpoints.consumer))

    def ends(self) -> Offsets:
        """Where the sink's topic ends now; messages of open transactions are before it."""
        return heard(lambda: self._kafka.end_offsets(self.names.topic))

    def state(self, ends: Offsets) -> SinkState:
        """What keeps the sink, and how far it and every sink like it are in what comes before `ends`."""
        own, alike = find_sinks(self.worker(), self.names)
        unread = self._unread(f"connect-{self.names.connector}", ends)
        waiting, said, stuck = unread.spans, troubles(own, name=self.names.connector), is_stuck(own)
        for other in alike:
            if spans := self._unread(other.group, ends).spans:
                waiting = _united(waiting, spans)
                said, stuck = (*said, *troubles(other, name=other.name)), stuck or is_stuck(other)
        return SinkState(waiting=waiting, lost=unread.lost, troubles=said, stuck=stuck)

    def read(self, spans: dict[int, Span]) -> Iterator[Message]:
        """The messages of `spans`, also those of open transactions."""
        with closing(TopicReader(self._consumer, self.names.topic, spans=spans, settings=UNCOMMITTED)) as reader:
            for message in reader.backlog():
                yield Message(message.partition() or 0, message.offset() or 0, _bytes(message.key()))

    def worker(self) -> ConnectStatus:
        """Connect and its connectors."""
        return heard(lambda: fetch_connect_status(*self._connect_urls))

    def cluster(self) -> KafkaStatus:
        """Kafka's brokers and topics."""
        return heard(self._kafka.kafka_status)

    def _unread(self, group: str, ends: Offsets) -> UnreadRecords:
        return heard(lambda: self._kafka.unread(group, self.names.topic, ends))


def find_sinks(worker: ConnectStatus, names: SinkNames) -> tuple[ConnectorStatus | None, tuple[ConnectorStatus, ...]]:
    """The sink itself, and others of its class that read its topic: they may well write the same store."""
    own = next((found for found in worker.connectors if found.name == names.connector), None)
    alike = tuple(
        found
        for found in worker.connectors
        if found is not own and names.topic in found.topics and (own is None or found.class_name == own.class_name)
    )
    return own, alike


def _united(some: dict[int, Span], others: dict[int, Span]) -> dict[int, Span]:
    """What waits for the one or the other."""
    none = (2**63, -1)
    both = {number: (some.get(number, none), others.get(number, none)) for number in some.keys() | others.keys()}
    return {number: (min(a[0], b[0]), max(a[1], b[1])) for number, (a, b) in both.items()}


def _bytes(key: str | bytes | None) -> bytes | None:
    return key.encode() if isinstance(key, str) else key


def heard(question: Callable[[], Answer]) -> Answer:
    """The answer; where none comes, SluiceError (UNAVAILABLE)."""
    try:
        return question()
    except UnavailableError as silent:
        raise SluiceError(f"{silent}. Is the pipeline up? `sluice status` tells", status=Exit.UNAVAILABLE) from silent


def troubles(connector: ConnectorStatus | None, *, name: str) -> tuple[str, ...]:
    """A sentence for everything about the connector `name` that is not RUNNING; None where it is not there."""
    if connector is None:
        return (f"there is no connector {name}",)
    sentences = list(connector.failures)
    if connector.state not in (_RUNNING, FAILED):
        sentences.append(f"connector {connector.name} is {connector.state}")
    for state in sorted({task.state for task in connector.tasks} - {_RUNNING, FAILED}):
        numbers = [str(task.number) for task in connector.tasks if task.state == state]
        many = len(numbers) > 1
        sentences.append(
            f"task{'s' if many else ''} {', '.join(numbers)} of {connector.name} {'are' if many else 'is'} {state}"
        )
    if not connector.tasks:
        sentences.append(f"{connector.name} has no task")
    return tuple(sentences)


def is_stuck(connector: ConnectorStatus | None) -> bool:
    """True where the sink will not go on by itself; a task that is being moved will."""
    return connector is None or bool(connector.failures) or connector.state in _HALTED


def came_since(ends: Offsets, now: Offsets) -> int:
    """Messages between two ends of a topic."""
    return sum(max(0, end - ends.get(number, 0)) for number, end in now.items())
