"""A Kafka broker inside librdkafka: real protocol, no process, loopback only."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

Pairs = dict[bytes, bytes | None]


@dataclass(kw_only=True)
class Broker:
    """A broker that can be made to vanish."""

    address: str
    vanish: Callable[[], Any]
    clients: list[Consumer] = field(default_factory=list[Consumer])

    @property
    def settings(self) -> dict[str, str]:
        return {"bootstrap.servers": self.address}

    def records(self, topic: str) -> list[tuple[bytes, bytes | None]]:
        """All records of a topic, in order inside each partition."""
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
    """A broker for a test that ends it."""
    return start_broker()
