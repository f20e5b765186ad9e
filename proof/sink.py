"""How far the sink is, and what keeps it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from exits import Exit, SluiceError
from place import Place
from view.ask import SilentError
from view.connect import FAILED, Connector, Worker, ask_connect
from view.kafka import Cluster, KafkaAsker

POLL_SECONDS = 0.5
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

    lag: int
    """Messages it has not yet said to have dealt with. It says so every few seconds, so all may be there."""
    troubles: tuple[str, ...]
    """A sentence for everything about it that is not RUNNING; empty if all is well."""
    stuck: bool
    """True where it has failed, is paused or is not there: it will not catch up by itself."""


class Sink(Protocol):
    """The sink, as the proof asks after it."""

    def state(self) -> SinkState:
        """How far it is and what keeps it."""
        ...


class ConnectSink:
    """A sink of a place; raises SluiceError (UNAVAILABLE) where Kafka or Connect is silent."""

    def __init__(self, place: Place, names: SinkNames) -> None:
        self.names = names
        self._connect_urls = place.connect_urls
        self._kafka = heard(lambda: KafkaAsker(place.consumer))

    def state(self) -> SinkState:
        """How far the sink is and what keeps it."""
        worker = self.worker()
        connector = next((found for found in worker.connectors if found.name == self.names.connector), None)
        lag = heard(lambda: self._kafka.lag(f"connect-{self.names.connector}", [self.names.topic]))
        return SinkState(lag=lag, troubles=troubles(connector, name=self.names.connector), stuck=is_stuck(connector))

    def worker(self) -> Worker:
        """Connect and its connectors."""
        return heard(lambda: ask_connect(*self._connect_urls))

    def cluster(self) -> Cluster:
        """Kafka's brokers and topics."""
        return heard(self._kafka.cluster)


def heard(question: Callable[[], Answer]) -> Answer:
    """The answer; where none comes, SluiceError (UNAVAILABLE)."""
    try:
        return question()
    except SilentError as silent:
        raise SluiceError(f"{silent}. Is the pipeline up? `sluice status` tells", status=Exit.UNAVAILABLE) from silent


def troubles(connector: Connector | None, *, name: str) -> tuple[str, ...]:
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


def is_stuck(connector: Connector | None) -> bool:
    """True where the sink will not go on by itself; a task that is being moved will."""
    return connector is None or bool(connector.failures) or connector.state in _HALTED


def wait_for(
    sink: Sink, *, seconds: float, done: Callable[[], bool], progress: Callable[[SinkState], None]
) -> SinkState:
    """Wait until the sink has no lag, cannot go on, or `done` says that waiting is over; at most `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        state = sink.state()
        progress(state)
        if state.lag == 0 or state.stuck or time.monotonic() >= deadline or done():
            return state
        time.sleep(max(0.0, min(POLL_SECONDS, deadline - time.monotonic())))
