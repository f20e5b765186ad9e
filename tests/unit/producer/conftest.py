"""Fixtures for the producer: a Kafka broker inside librdkafka (loopback only); GPS logs on a server and on disk."""

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.unit.producer.log_samples import FILES, LogServer

Pairs = dict[bytes, bytes | None]


@dataclass(kw_only=True)
class Broker:
    """A broker that a test can stop."""

    address: str
    vanish: Callable[[], Any]
    clients: list[Consumer] = field(default_factory=list[Consumer])

    @property
    def settings(self) -> dict[str, str]:
        return {"bootstrap.servers": self.address}

    def records(self, topic: str) -> list[tuple[bytes, bytes | None]]:
        """Return all records of a topic, in order inside each partition."""
        settings: dict[str, Any] = {"group.id": "test", "enable.partition.eof": True, "log_level": 0}
        consumer = Consumer({**self.settings, **settings})
        partitions = [
            TopicPartition(topic, number, 0) for number in consumer.list_topics(topic).topics[topic].partitions
        ]
        consumer.assign(partitions)
        found: list[tuple[bytes, bytes | None]] = []
        ends = 0
        while ends < len(partitions):
            message = consumer.poll(10)
            assert message is not None, "the broker does not answer"
            if message.error():
                ends += 1
            else:
                found.append((message.key() or b"", message.value()))
        consumer.close()
        return found


def start_broker() -> Broker:
    host = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = host.list_topics(timeout=10).brokers.values()
    return Broker(address=f"{broker.host}:{broker.port}", vanish=host.close)


@pytest.fixture(scope="session")
def broker() -> Generator[Broker]:
    broker = start_broker()
    yield broker
    broker.vanish()


@pytest.fixture
def mortal_broker() -> Broker:
    """A broker for a test that stops it."""
    return start_broker()


@pytest.fixture(scope="module")
def log_server() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), LogServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    """URL of a web server with FILES."""
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name.removeprefix("/")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return tmp_path
