"""Asks all parts of a pipeline again and again, by clients that stay open between two questions.

To connect anew each time costs twenty times as much CPU as to ask: TLS, SCRAM, a client of Kafka with its threads.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from producer.runtime.exit_status import SluiceError
from sluice.view.connector_status import ConnectInspector, ConnectStatus
from sluice.view.endpoints import Endpoints, StoreUser
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector, KafkaStatus
from sluice.view.pipeline_status import PipelineStatus, ProcessStatus, answer_of, sink_lags
from sluice.view.sink_lag import SinkLag
from sluice.view.store_status import (
    DatabaseInspector,
    RedisInspector,
    RegistryStatus,
    TableCounts,
    fetch_registry_status,
)

SELDOM_SECONDS = 10.0
"""Time for which the registry's answer holds, and what seldom changes in Connect."""
COUNT_PATIENCE = 100
"""A table is counted again when so many times the time of a count has passed: 1 % of a core of the database."""
_PARTS = ("kafka", "connect", "registry", "mysql", "redis")

Answer = TypeVar("Answer")


Client = TypeVar("Client")


class KeptClient(Generic[Client]):
    """A client that is made when it is first needed, and again after it has failed. Of one thread."""

    def __init__(self, make: Callable[[], Client], close: Callable[[Client], None]) -> None:
        self._make = make
        self._close = close
        self._client: Client | None = None

    def ask(self, query: Callable[[Client], Answer]) -> Answer:
        """Return the answer; raises UnavailableError if a new client does not get it either."""
        if self._client is not None:
            try:
                return query(self._client)
            except (UnavailableError, SluiceError):  # the server may have been restarted since the last question
                self.close()
        self._client = self._make()
        try:
            return query(self._client)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the client, if there is one."""
        client, self._client = self._client, None
        if client is not None:
            self._close(client)


class _Clients:
    """The clients of one pipeline."""

    def __init__(self, endpoints: Endpoints, counts: TableCounts) -> None:
        self.endpoints = endpoints
        self.kafka = KeptClient(lambda: KafkaInspector(endpoints.consumer), lambda _: None)
        self.connect = ConnectInspector(*endpoints.connect, patience=SELDOM_SECONDS)
        self.mysql = KeptClient(lambda: DatabaseInspector(endpoints.mysql, counts), DatabaseInspector.close)
        self.redis = KeptClient(lambda: RedisInspector(endpoints.redis), RedisInspector.close)

    @property
    def kept(self) -> "dict[str, KeptClient[Any]]":
        """Those that have to be closed, by the name of their part."""
        return {"kafka": self.kafka, "mysql": self.mysql, "redis": self.redis}


class PipelineInspector:
    """Queries all parts as fetch_status() does, by clients that it keeps. Close it after use.

    Its lags are without how fast they change: who asks again knows that from the answers before.
    """

    def __init__(self) -> None:
        self._threads = {part: ThreadPoolExecutor(max_workers=1, thread_name_prefix=part) for part in _PARTS}
        self._clients: _Clients | None = None
        self._counts: tuple[StoreUser | None, TableCounts] = None, TableCounts(patience=COUNT_PATIENCE)
        """Counts of a database's tables: they stay while the clients are closed, for they are what costs most."""
        self._registry: tuple[RegistryStatus, float] | None = None
        """Its answer, and until when it holds."""

    def close(self) -> None:
        """Close all clients; the next question opens them again."""
        clients, self._clients = self._clients, None
        if clients is not None:
            for part, client in clients.kept.items():
                self._threads[part].submit(client.close)

    def fetch(self, endpoints: Endpoints, *, processes: Sequence[ProcessStatus] | None) -> PipelineStatus:
        """Query all parts; takes as long as the slowest, a few seconds at most."""
        if self._clients is None or self._clients.endpoints != endpoints:
            self.close()
            if self._counts[0] != endpoints.mysql:
                self._counts = endpoints.mysql, TableCounts(patience=COUNT_PATIENCE)
            self._clients = _Clients(endpoints, self._counts[1])
        clients = self._clients
        connect = self._submit("connect", lambda: clients.connect.status(active_topics=True))
        kafka = self._submit("kafka", lambda: clients.kafka.ask(lambda client: client.kafka_status()))
        lags = self._submit("kafka", lambda: _lags(clients.kafka, connect, kafka))
        registry = self._submit("registry", lambda: self._registry_status(endpoints))
        mysql = self._submit("mysql", lambda: clients.mysql.ask(lambda client: client.status()))
        redis = self._submit("redis", lambda: clients.redis.ask(lambda client: client.count_keys()))
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

    def _submit(self, part: str, query: Callable[[], Answer]) -> Future[Answer | UnavailableError]:
        return self._threads[part].submit(answer_of, query)

    def _registry_status(self, endpoints: Endpoints) -> RegistryStatus:
        now = time.monotonic()
        if self._registry is None or self._registry[1] < now:
            self._registry = None
            self._registry = fetch_registry_status(endpoints.registry), now + SELDOM_SECONDS
        return self._registry[0]


def _lags(
    kafka: KeptClient[KafkaInspector],
    connect: Future[ConnectStatus | UnavailableError],
    status: Future[KafkaStatus | UnavailableError],
) -> tuple[SinkLag, ...]:
    worker = connect.result()
    if isinstance(worker, UnavailableError) or isinstance(status.result(), UnavailableError):
        return ()
    return kafka.ask(lambda client: sink_lags(client, worker))
