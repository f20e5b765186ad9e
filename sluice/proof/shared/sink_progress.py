"""Progress and problems of a sink: which records of its topic it has not yet committed, and why."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from producer.runtime.exit_status import Exit, SluiceError
from sluice.sink_wait import find_wait
from sluice.view.connector_status import FAILED, ConnectorStatus, ConnectStatus, fetch_connect_status
from sluice.view.endpoints import Endpoints
from sluice.view.group_offsets import UnreadRecords
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector, KafkaStatus
from sluice.view.topic_reader import TopicReader

Offsets: TypeAlias = dict[int, int]
"""For each partition the offset that its next record will have."""
Span: TypeAlias = tuple[int, int]
"""First offset, and the one after the last."""
UNCOMMITTED = {"isolation.level": "read_uncommitted", "queued.max.messages.kbytes": 16_384}
"""Consumer settings to read waiting records: those of open transactions too, as a sink does, and few in advance, for
images are large."""
_RUNNING = "RUNNING"
_HALTED = ("PAUSED", "STOPPED")
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class SinkNames:
    """Names of a sink connector and its topics."""

    connector: str
    topic: str
    dead_letters: str
    """Topic of the records that it could not use."""


ROWS_SINK = SinkNames(connector="mysql-sink", topic="gps-fixes", dead_letters="mysql-sink-dead-letters")
IMAGES_SINK = SinkNames(connector="redis-sink", topic="images", dead_letters="redis-sink-dead-letters")


@dataclass(frozen=True, kw_only=True)
class SinkState:
    """State of the sink as Kafka and Connect report it."""

    waiting: dict[int, Span] = field(default_factory=dict[int, "Span"])
    """For each partition the records that the sink has not yet committed. It commits twice a second."""
    concerning: int = 0
    """Number of waiting records that could change the verdict; a record that was not read counts as one."""
    lost: int = 0
    """Number of records that the topic deleted before the sink had read them."""
    problems: tuple[str, ...]
    """A sentence for each part of the sink that is not RUNNING; empty if all run."""
    stuck: bool
    """True where the sink has failed, is paused or does not exist: it will not catch up by itself."""

    @property
    def lag(self) -> int:
        """Number of waiting records, whether or not they could change the verdict."""
        return sum(end - begin for begin, end in self.waiting.values())


class WaitingRecord(NamedTuple):
    """A record that the sink has not committed: its position in the topic, and its key."""

    partition: int
    offset: int
    key: bytes | None


class Sink(Protocol):
    """A sink, as far as a proof uses it."""

    def ends(self) -> Offsets:
        """Return the end offsets of the sink's topic."""
        ...

    def state(self, ends: Offsets) -> SinkState:
        """Return the problems of the sink, and which records before `ends` it has not committed."""
        ...

    def read(self, spans: dict[int, Span]) -> Iterator[WaitingRecord]:
        """Yield the records of `spans` that the topic still has, also those of open transactions."""
        ...


class ConnectSink:
    """A sink of the pipeline; raises SluiceError (UNAVAILABLE) where Kafka or Connect does not answer."""

    def __init__(self, endpoints: Endpoints, names: SinkNames) -> None:
        self.names = names
        self._consumer = endpoints.consumer
        self._workers = endpoints.connect
        self._kafka = require_answer(lambda: KafkaInspector(endpoints.consumer))

    def ends(self) -> Offsets:
        """Return the end offsets of the sink's topic, records of open transactions included."""
        return require_answer(lambda: self._kafka.end_offsets(self.names.topic))

    def state(self, ends: Offsets) -> SinkState:
        """Return the problems of this sink and of its duplicates, and which records before `ends` one of them has not
        committed.
        """
        own, duplicates = find_sinks(self.connect_status(), self.names)
        unread = self._unread(f"connect-{self.names.connector}", ends)
        waiting, stuck = unread.spans, is_stuck(own)
        problems = (*find_problems(own, name=self.names.connector), *self._wait(unread))
        for other in duplicates:
            if spans := self._unread(other.group, ends).spans:
                waiting = _union(waiting, spans)
                problems, stuck = (*problems, *find_problems(other, name=other.name)), stuck or is_stuck(other)
        return SinkState(waiting=waiting, lost=unread.lost, problems=problems, stuck=stuck)

    def _wait(self, unread: UnreadRecords) -> tuple[str, ...]:
        """Return what the sink says that it waits for, where records wait for it."""
        if not unread.spans:
            return ()
        group = f"connect-{self.names.connector}"
        metadata = require_answer(lambda: self._kafka.metadata(group, [self.names.topic]))
        wait = find_wait(metadata, now=datetime.now(UTC))
        lag = sum(end - begin for begin, end in unread.spans.values())
        return (wait.sentence(self.names.connector, lag),) if wait else ()

    def read(self, spans: dict[int, Span]) -> Iterator[WaitingRecord]:
        """Yield the records of `spans`, also those of open transactions."""
        with closing(TopicReader(self._consumer, self.names.topic, spans=spans, settings=UNCOMMITTED)) as reader:
            for record in reader.backlog():
                yield WaitingRecord(record.partition() or 0, record.offset() or 0, _bytes(record.key()))

    def connect_status(self) -> ConnectStatus:
        """Return Connect's version and connectors."""
        return require_answer(lambda: fetch_connect_status(*self._workers))

    def kafka_status(self) -> KafkaStatus:
        """Return Kafka's brokers and topics."""
        return require_answer(self._kafka.kafka_status)

    def _unread(self, group: str, ends: Offsets) -> UnreadRecords:
        return require_answer(lambda: self._kafka.unread(group, self.names.topic, ends))


def find_sinks(connect: ConnectStatus, names: SinkNames) -> tuple[ConnectorStatus | None, tuple[ConnectorStatus, ...]]:
    """Return the sink (None where it does not exist), and others of its class that read its topic, also by a pattern.

    The others may write to the same store.
    """
    own = next((sink for sink in connect.connectors if sink.name == names.connector), None)
    duplicates = tuple(
        sink
        for sink in connect.connectors
        if sink is not own and sink.may_read(names.topic) and (own is None or sink.class_name == own.class_name)
    )
    return own, duplicates


def _union(some: dict[int, Span], others: dict[int, Span]) -> dict[int, Span]:
    """Return for each partition the span of records that wait for either sink."""
    none = (2**63, -1)
    both = {number: (some.get(number, none), others.get(number, none)) for number in some.keys() | others.keys()}
    return {number: (min(a[0], b[0]), max(a[1], b[1])) for number, (a, b) in both.items()}


def _bytes(key: str | bytes | None) -> bytes | None:
    return key.encode() if isinstance(key, str) else key


def require_answer(request: Callable[[], Answer]) -> Answer:
    """Return what `request` returns; raises SluiceError (UNAVAILABLE) where the server does not answer."""
    try:
        return request()
    except UnavailableError as error:
        raise SluiceError(
            f"{error}. Is the pipeline up? `sluice status` says what runs", status=Exit.UNAVAILABLE
        ) from error


def find_problems(connector: ConnectorStatus | None, *, name: str) -> tuple[str, ...]:
    """Return a sentence for each part of connector `name` that is not RUNNING; None: it does not exist."""
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
    """Return True where the sink will not go on by itself; a task that is being moved will."""
    return connector is None or bool(connector.failures) or connector.state in _HALTED


def count_new_records(before: Offsets, now: Offsets) -> int:
    """Return the number of records between two end offsets of a topic."""
    return sum(max(0, end - before.get(number, 0)) for number, end in now.items())
