"""Records that a consumer group has not read: transactions, their markers, deleted records, offsets past the end."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from uuid import uuid4

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import NewTopic  # pyright: ignore[reportPrivateImportUsage]

from producer.kafka.connection import KafkaUser
from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client
from sluice.proof.shared.sink_progress import UNCOMMITTED
from sluice.view.group_offsets import UnreadRecords
from sluice.view.kafka_status import KafkaInspector
from sluice.view.topic_reader import TopicReader
from tests.run_sluice import wait_for

GROUP = "connect-test"


class Administrator(KafkaUser):
    """Kafka user with all rights, which authenticates by certificate."""

    def client_settings(self) -> dict[str, str | int | float | bool]:
        tls = self.ca_file.parent
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": "SSL",
            "ssl.ca.location": str(self.ca_file),
            "ssl.certificate.location": str(tls / "admin.pem"),
            "ssl.key.location": str(tls / "admin.pem"),
        }


@pytest.fixture
def administrator(instance: Instance) -> KafkaUser:
    server = f"127.0.0.1:{instance.port('kafka-admin')}"
    return Administrator(bootstrap_servers=server, ca_file=instance.state / "tls/ca.pem", username="", password="")


@contextmanager
def temporary_topic(instance: Instance) -> Generator[str]:
    """Create a topic with one partition, yield its name, and delete it."""
    admin, name = admin_client(instance), f"waiting-{uuid4().hex[:8]}"
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)
    yield name
    admin.delete_topics([name])[name].result(30)


def commit(instance: Instance, topic: str, offset: int) -> None:
    admin = admin_client(instance)
    asked = [ConsumerGroupTopicPartitions(GROUP, [TopicPartition(topic, 0, offset)])]
    admin.alter_consumer_group_offsets(asked)[GROUP].result(30)


def delete_before(instance: Instance, topic: str, offset: int) -> None:
    admin, partition = admin_client(instance), TopicPartition(topic, 0, offset)
    admin.delete_records([partition])[partition].result(30)


def keys(user: KafkaUser, topic: str, span: tuple[int, int]) -> list[bytes | str | None]:
    with closing(TopicReader(user, topic, spans={0: span}, settings=UNCOMMITTED)) as reader:
        return [message.key() for message in reader.backlog()]


def test_unread_are_the_records_after_the_committed_offset(instance: Instance, administrator: KafkaUser):
    inspector = KafkaInspector(administrator)
    with temporary_topic(instance) as topic:
        producer = Producer(administrator.client_settings())
        for number in range(5):
            producer.produce(topic, b"x", str(number).encode())
        assert producer.flush(30) == 0
        ends = inspector.end_offsets(topic)
        assert ends == {0: 5}
        assert inspector.unread(GROUP, topic, ends) == UnreadRecords(spans={0: (0, 5)}, lost=0)
        commit(instance, topic, 3)
        assert inspector.unread(GROUP, topic, ends) == UnreadRecords(spans={0: (3, 5)}, lost=0)
        assert keys(administrator, topic, (3, 5)) == [b"3", b"4"]
        commit(instance, topic, 1000)
        assert inspector.unread(GROUP, topic, ends) == UnreadRecords(spans={0: (0, 5)}, lost=0)
        commit(instance, topic, 1)
        delete_before(instance, topic, 2)
        assert inspector.unread(GROUP, topic, ends) == UnreadRecords(spans={0: (2, 5)}, lost=1)
        commit(instance, topic, 5)
        assert inspector.unread(GROUP, topic, ends) == UnreadRecords(spans={}, lost=0)


def test_records_of_open_transactions_are_unread_and_markers_are_no_records(
    instance: Instance, administrator: KafkaUser
):
    inspector = KafkaInspector(administrator)
    with temporary_topic(instance) as topic:
        producer = Producer({**administrator.client_settings(), "transactional.id": topic})
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce(topic, None, b"open")
        assert producer.flush(30) == 0
        assert inspector.end_offsets(topic) == {0: 1}
        assert keys(administrator, topic, (0, 1)) == [b"open"]
        producer.commit_transaction(30)
        wait_for(lambda: inspector.end_offsets(topic) == {0: 2})  # the marker is written a moment later
        assert keys(administrator, topic, (1, 2)) == []
