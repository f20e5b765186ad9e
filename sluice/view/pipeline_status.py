"""Status of a pipeline: queries all parts at the same time, and reports each one that does not answer."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from producer.runtime.exit_status import Exit
from sluice.sink_wait import find_wait
from sluice.view.connector_status import (
    FAILED,
    MYSQL,
    REDIS,
    REGISTRY,
    ConnectorStatus,
    ConnectStatus,
    fetch_connect_status,
)
from sluice.view.disk_status import DiskStatus
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector, KafkaStatus
from sluice.view.sink_lag import SinkLag, read_with_trend
from sluice.view.store_status import (
    DatabaseStatus,
    RegistryStatus,
    count_redis_keys,
    fetch_mysql_status,
    fetch_registry_status,
)

Answer = TypeVar("Answer")
RUNNING = "running"
"""State of a process that runs."""
MYSQL_SINK = "sluice.mysql.MySqlSinkConnector"
"""Class of the connectors that write rows by LOAD DATA LOCAL where the server allows it."""
DEAD_LETTERS_SUFFIX = "-dead-letters"
"""Suffix of the names of all topics of dead letters."""


@dataclass(frozen=True, kw_only=True)
class ProcessStatus:
    """A process of the local pipeline."""

    name: str
    pid: int
    memory_bytes: int
    uptime_seconds: float
    state: str
    """RUNNING or `not running`."""


@dataclass(frozen=True, kw_only=True)
class PipelineStatus:
    """Status of each part; UnavailableError for a part that does not answer."""

    asked_at: datetime
    processes: tuple[ProcessStatus, ...] | None
    """None if the target is not local."""
    kafka: KafkaStatus | UnavailableError
    connect: ConnectStatus | UnavailableError
    lags: tuple[SinkLag, ...] | UnavailableError
    """Empty if Kafka or Connect does not answer."""
    registry: RegistryStatus | UnavailableError
    mysql: DatabaseStatus | UnavailableError
    redis: int | UnavailableError
    """Number of keys in the database of the images."""
    recent_failures: tuple[str, ...] = ()
    """A sentence for each connector that failed recently, also if it is RUNNING again."""
    disk: DiskStatus | None = None
    """None if the target is not local."""

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each part that does not answer and each process that does not run."""
        answers = (self.kafka, self.connect, self.lags, self.registry, self.mysql, self.redis)
        unavailable = [str(answer) for answer in answers if isinstance(answer, UnavailableError)]
        down = [f"{process.name} is {process.state}" for process in self.processes or () if process.state != RUNNING]
        return (*down, *unavailable)

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for a full disk, and for each connector and task that FAILED, or is refused by its store."""
        disk = (self.disk.failure,) if self.disk and self.disk.failure else ()
        if isinstance(self.connect, UnavailableError):
            return (*disk, *self.recent_failures)
        failed = (failure for connector in self.connect.connectors for failure in connector.failures)
        return (*disk, *failed, *self.recent_failures, *self._own_waits(refused=True))

    @property
    def behind(self) -> tuple[str, ...]:
        """A sentence for each sink that is behind; it changes no exit status."""
        return tuple(sentence for lag in self._lags if (sentence := lag.behind))

    @property
    def waits(self) -> tuple[str, ...]:
        """A sentence for each connector that has not failed and waits for a part, which may answer others."""
        if isinstance(self.connect, UnavailableError):
            return ()
        return (*self._waits_for_unavailable(self.connect), *self._own_waits(refused=False))

    def waits_of(self, connector: ConnectorStatus) -> tuple[str, ...]:
        """Return a sentence for each thing that a connector waits for, or that refuses it."""
        own = (lag.wait for lag in self._lags if lag.connector == connector.name)
        told = (wait.sentence(connector.name, self.lag_of(connector.name) or 0) for wait in own if wait)
        return (*self._waits_of_connector(connector), *told)

    def _own_waits(self, *, refused: bool) -> tuple[str, ...]:
        """Return a sentence for each sink that says that it waits."""
        return tuple(
            lag.wait.sentence(lag.connector, lag.records)
            for lag in self._lags
            if lag.wait and lag.wait.refused == refused
        )

    def _waits_for_unavailable(self, connect: ConnectStatus) -> tuple[str, ...]:
        """Return a sentence for each connector that needs a part that does not answer."""
        return tuple(sentence for one in connect.connectors for sentence in self._waits_of_connector(one))

    def _waits_of_connector(self, connector: ConnectorStatus) -> tuple[str, ...]:
        parts = {
            REGISTRY: ("the schema registry", self.registry),
            MYSQL: ("the database", self.mysql),
            REDIS: ("Redis", self.redis),
        }
        return tuple(
            sentence
            for need in connector.needs
            if isinstance(parts[need][1], UnavailableError)
            and (sentence := self._wait(connector, need, parts[need][0]))
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each thing that works, but could be better; it changes no exit status."""
        disk = (self.disk.note,) if self.disk and self.disk.note else ()
        if isinstance(self.connect, UnavailableError):
            return disk
        idle = (sentence for connector in self.connect.connectors for sentence in connector.idle)
        return (*disk, *idle, *self._missing_topics(self.connect), *self._slow_loads(self.connect))

    def _missing_topics(self, connect: ConnectStatus) -> tuple[str, ...]:
        """Return a sentence for each topic of a sink that Kafka does not show: the sink is RUNNING and has no lag."""
        if isinstance(self.kafka, UnavailableError):
            return ()
        shown = {topic.name for topic in self.kafka.topics}
        return tuple(
            f"{connector.name} reads the topic {topic}, which is not there, or not for the user of this command"
            for connector in connect.connectors
            for topic in connector.topics
            if topic not in shown and connector.topics_pattern is None
        )

    def _slow_loads(self, connect: ConnectStatus) -> tuple[str, ...]:
        """Return a sentence where sinks of rows cannot use LOAD DATA LOCAL."""
        sinks = [one.name for one in connect.connectors if one.class_name == MYSQL_SINK]
        if isinstance(self.mysql, UnavailableError) or self.mysql.local_infile or not sinks:
            return ()
        write, its = ("write", "their") if len(sinks) > 1 else ("writes", "its")
        return (
            f"local_infile is off in the database: {', '.join(sinks)} {write} {its} rows as statements, which costs "
            "more CPU (docs/mysql-sink.md)",
        )

    def _wait(self, connector: ConnectorStatus, need: str, name: str) -> str:
        states = {connector.state, *(task.state for task in connector.tasks)}
        if states & {FAILED, "PAUSED", "STOPPED"}:
            return ""
        if connector.kind == "sink":
            lag = self.lag_of(connector.name)
            if not lag:
                return ""
            return f"{connector.name} waits for {name}: {lag:,} record{'' if lag == 1 else 's'} not written yet"
        if need == REGISTRY:
            return f"{connector.name} waits for {name} where a change needs a schema that it has not asked for yet"
        return f"{connector.name} waits for {name}"

    @property
    def exit(self) -> Exit:
        """UNAVAILABLE if there is a problem, FAILED if there is a failure, UNAVAILABLE if a sink waits, else OK."""
        if self.problems or (self.waits and not self.failures):
            return Exit.UNAVAILABLE
        return Exit.FAILED if self.failures else Exit.OK

    @property
    def dead_letters(self) -> dict[str, int]:
        """Number of records in each topic of dead letters."""
        topics = () if isinstance(self.kafka, UnavailableError) else self.kafka.topics
        return {topic.name: topic.messages for topic in topics if topic.name.endswith(DEAD_LETTERS_SUFFIX)}

    def lag_of(self, connector: str) -> int | None:
        """Return the lag of a sink in records; None for a source connector, or if it is unknown."""
        return next((lag.records for lag in self._lags if lag.connector == connector), None)

    @property
    def _lags(self) -> tuple[SinkLag, ...]:
        return () if isinstance(self.lags, UnavailableError) else self.lags


class FetchStatus(Protocol):
    """A function that queries all parts of a pipeline: fetch_status(), or a PipelineInspector's `fetch`."""

    def __call__(self, endpoints: Endpoints, *, processes: Sequence[ProcessStatus] | None) -> PipelineStatus:
        """Return their status."""
        ...


def fetch_status(endpoints: Endpoints, *, processes: Sequence[ProcessStatus] | None) -> PipelineStatus:
    """Query all parts; takes as long as the slowest, a few seconds at most."""
    with ThreadPoolExecutor(max_workers=6) as pool:
        # Each thread has its own Kafka client; creating one does not wait for the broker.
        kafka = pool.submit(answer_of, lambda: KafkaInspector(endpoints.consumer).kafka_status())
        connect = pool.submit(answer_of, lambda: fetch_connect_status(*endpoints.connect, active_topics=True))
        lags = pool.submit(answer_of, lambda: read_with_trend(lambda: _lags(endpoints, connect, kafka)))
        registry = pool.submit(answer_of, lambda: fetch_registry_status(endpoints.registry))
        mysql = pool.submit(answer_of, lambda: fetch_mysql_status(endpoints.mysql))
        redis = pool.submit(answer_of, lambda: count_redis_keys(endpoints.redis))
        return PipelineStatus(
            asked_at=datetime.now(UTC),
            processes=None if processes is None else tuple(processes),
            kafka=kafka.result(),
            connect=connect.result(),
            lags=lags.result(),
            registry=registry.result(),
            mysql=mysql.result(),
            redis=redis.result(),
        )


def answer_of(query: Callable[[], Answer]) -> Answer | UnavailableError:
    """Return the answer, or the UnavailableError that the query raises."""
    try:
        return query()
    except UnavailableError as error:
        return error


def _lags(
    endpoints: Endpoints,
    connect: Future[ConnectStatus | UnavailableError],
    kafka: Future[KafkaStatus | UnavailableError],
) -> tuple[SinkLag, ...]:
    worker = connect.result()
    if isinstance(worker, UnavailableError) or isinstance(kafka.result(), UnavailableError):
        return ()
    return sink_lags(KafkaInspector(endpoints.consumer), worker)


def sink_lags(kafka: KafkaInspector, connect: ConnectStatus) -> tuple[SinkLag, ...]:
    """Return the lag of each sink whose topics are known, without how fast it changes; raises UnavailableError."""
    return tuple(_lag(kafka, connector) for connector in connect.connectors if connector.topics)


def _lag(kafka: KafkaInspector, sink: ConnectorStatus) -> SinkLag:
    progress = kafka.progress(sink.group, sink.topics)
    wait = find_wait(progress.metadata, now=datetime.now(UTC))
    return SinkLag(connector=sink.name, records=progress.lag, committed=progress.committed, wait=wait)


class RunningProcess(Protocol):
    """A process as sluice/local/processes.py finds it."""

    @property
    def name(self) -> str:
        """Name of the part."""
        ...

    @property
    def pid(self) -> int:
        """Process id."""
        ...

    @property
    def memory_bytes(self) -> int:
        """Memory in bytes."""
        ...

    @property
    def uptime_seconds(self) -> float:
        """Seconds since it was started."""
        ...


def process_statuses(names: Iterable[str], running: Iterable[RunningProcess]) -> list[ProcessStatus]:
    """Return the status of each process in `names`: RUNNING if it is in `running`, else `not running`."""
    by_name = {process.name: process for process in running}
    return [
        ProcessStatus(
            name=name,
            pid=by_name[name].pid,
            memory_bytes=by_name[name].memory_bytes,
            uptime_seconds=by_name[name].uptime_seconds,
            state=RUNNING,
        )
        if name in by_name
        else ProcessStatus(name=name, pid=0, memory_bytes=0, uptime_seconds=0, state="not running")
        for name in names
    ]
