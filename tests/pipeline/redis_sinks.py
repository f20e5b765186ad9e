"""Helpers for tests of the Redis sink: produce records, read keys, run further sinks beside the pipeline's own."""

import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from confluent_kafka import Producer
from redis import Redis

from producer.gps import encode_row
from producer.gps.partition import partition_of_key
from producer.kafka.connection import KafkaUser
from producer.kafka.record_arrays import ANY_PARTITION
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import Connector, PipelineSpec
from sluice.local.topics import reconcile_topics
from sluice.local.wait_for_connectors import wait_for_connectors
from sluice.sink_wait import SinkWait, find_wait
from sluice.view.endpoints import Endpoints, StoreUser
from sluice.view.kafka_status import KafkaInspector
from tests.administrator import Administrator
from tests.local_administrator import local_administrator
from tests.pipeline.dead_letter_reader import DeadLetter, DeadLetterReader
from tests.run_sluice import wait_for

DEAD_LETTERS = "redis-sink-dead-letters"
MAX_MESSAGE_BYTES = 8 << 20
_SECONDS = 60
Key = str | bytes | None
Value = bytes | None


def produce(
    endpoints: Endpoints, topic: str, records: Iterable[tuple[Key, Value]], *, by: KafkaUser | None = None
) -> None:
    """Send records in their order and wait until each is acknowledged; rows into the partitions of a load."""
    settings = (by or endpoints.producer).client_settings() | {
        "message.max.bytes": MAX_MESSAGE_BYTES + 4096,
        "acks": "all",
    }
    producer = Producer(settings)
    failed: list[object] = []
    count = len(producer.list_topics(topic, timeout=_SECONDS).topics[topic].partitions)
    for key, value in records:
        data = key.encode() if isinstance(key, str) else key
        partition = partition_of_key(data, count) if topic == encode_row.TOPIC else ANY_PARTITION
        producer.produce(
            topic, value, key, partition, on_delivery=lambda error, _: failed.append(error) if error else None
        )
        producer.poll(0)
    assert producer.flush(_SECONDS) == 0
    assert not failed


def store(user: StoreUser, *, database: int = 1) -> "Redis":
    """Return a client that reads the keys written by a sink, as bytes."""
    return Redis(host=user.host, port=user.port, username=user.username, password=user.password, db=database)


def values_of(server: "Redis", keys: Iterable[str | bytes]) -> list[Any]:
    """Return the values of these keys; the reader has no right for MGET, which the product does not use."""
    requests = server.pipeline(transaction=False)
    for key in keys:
        requests.get(key)
    return requests.execute()


def dead_letter(endpoints: Endpoints, topic: str, key: bytes | None, value: bytes | None) -> dict[str, str]:
    """Wait for the dead letter of this record and return its error headers, by the last part of their names."""

    def ours(letters: Iterable[DeadLetter]) -> list[dict[str, str]]:
        return [
            letter.headers
            for letter in letters
            if letter.headers.get("topic") == topic and (letter.key, letter.value) == (key, value)
        ]

    letters = DeadLetterReader(endpoints, DEAD_LETTERS, from_beginning=True)
    return ours(letters.wait(lambda found: bool(ours(found)), seconds=_SECONDS))[0]


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A sink of a test, beside the pipeline's own."""

    admin: Administrator
    name: str
    topic: str
    config: dict[str, str] = field(repr=False)

    @property
    def connect(self) -> RestEndpoint:
        return self.admin.endpoints.connect[0]

    def produce(self, *records: tuple[Key, Value]) -> None:
        produce(self.admin.endpoints, self.topic, records, by=self.admin.kafka)

    def trace(self) -> str:
        """Wait until its task has failed, and return the stack trace."""
        wait_for(lambda: any(task["state"] == "FAILED" for task in self._tasks()), seconds=_SECONDS)
        return next(task["trace"] for task in self._tasks() if task["state"] == "FAILED")

    def reason(self, text: str) -> str:
        """Wait until its task says that it waits for something with this text; return the whole reason."""
        kafka = KafkaInspector(self.admin.kafka)
        found: list[SinkWait] = []

        def waits() -> bool:
            wait = find_wait(kafka.metadata(f"connect-{self.name}", [self.topic]), now=datetime.now(UTC))
            found.extend([wait] if wait and text in wait.reason else [])
            return bool(found)

        wait_for(waits, seconds=_SECONDS)
        assert self.states() == {"RUNNING"}
        return found[0].reason

    def wait_running(self) -> None:
        connector = Connector(name=self.name, config=self.config)
        problems = wait_for_connectors(
            self.connect,
            [(connector, None)],
            seconds=_SECONDS,
            cancelled=threading.Event(),
            say=lambda _: None,
        )
        assert problems == []

    def states(self) -> set[str]:
        """Return the states of its tasks."""
        return {task["state"] for task in self._tasks()}

    def read_again(self) -> None:
        """Delete its offsets, as in docs/connect.md."""
        self.stop()
        self.admin.servers.resume_connector(self.name)

    def stop(self) -> None:
        """Stop it and delete its offsets."""
        self.admin.servers.stop_connector(self.name)
        wait_for(lambda: not self._tasks(), seconds=_SECONDS)
        # Connect refuses to delete a group that the last task is still leaving.
        wait_for(lambda: self._request("DELETE", "/offsets")[0] == HTTPStatus.OK, seconds=_SECONDS)

    def _request(self, method: str, path: str) -> tuple[int, Any]:
        return request(method, self.connect, f"/connectors/{self.name}{path}")

    def _tasks(self) -> list[Any]:
        status, answer = self._request("GET", "/status")
        return answer["tasks"] if status == HTTPStatus.OK else []


@contextmanager
def sink(
    endpoints: Endpoints, admin: Administrator | Instance, settings: Mapping[str, str], *, without: Iterable[str] = ()
) -> Generator[Sink]:
    """Run a sink with the pipeline's settings, changed by `settings`, on its own topic; deletes both at the end."""
    admin = local_administrator(endpoints, admin) if isinstance(admin, Instance) else admin
    spec = PipelineSpec.read()
    ours = next(connector for connector in spec.connectors if connector.name == "redis-sink")
    images = next(topic for topic in spec.topics if topic.name == "images")
    name = f"redis-sink-test-{uuid4().hex[:8]}"
    config = {**ours.config, "topics": name, "tasks.max": "1", **admin.consumer_override(), **settings}
    config = {key: value for key, value in config.items() if key not in without}
    topics = admin.topics()
    reconcile_topics(topics, [replace(images, name=name, partitions=1)])
    one = Sink(admin=admin, name=name, topic=name, config=config)
    try:
        admin.servers.create_connector(name, config)
        yield one
    finally:
        admin.servers.delete_connector(name)
        topics.delete_topics([name])[name].result(_SECONDS)
