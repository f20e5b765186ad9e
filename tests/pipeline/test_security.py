"""Kafka clients that the broker refuses: without TLS, with wrong credentials, or without an ACL."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from producer.kafka.connection import KafkaUser
from sluice.local.certificates import make_certificates
from sluice.local.instance import Instance
from sluice.view.endpoints import Endpoints

SECONDS = 10


def refusal(settings: dict) -> KafkaError:
    """Return the error that a client with these settings gets from the broker."""
    errors: list[KafkaError] = []
    client = Producer({**settings, "error_cb": errors.append, "log_level": 0})
    for _ in range(SECONDS * 10):
        client.poll(0.1)
        decisive = [error for error in errors if error.code() != KafkaError._ALL_BROKERS_DOWN]
        if decisive:
            return decisive[0]
    pytest.fail(f"nothing was refused within {SECONDS} s")


def produce(user: KafkaUser, topic: str) -> KafkaError | None:
    outcome: list[KafkaError | None] = []
    producer = Producer({**user.client_settings(), "message.timeout.ms": SECONDS * 1000, "log_level": 0})
    producer.produce(topic, b"value", on_delivery=lambda error, _: outcome.append(error))
    producer.flush(SECONDS)
    return outcome[0]


def test_client_without_tls_is_refused(endpoints: Endpoints) -> None:
    # ApiVersions, version 0, correlation id 1, no client id: the first request of every client.
    question = bytes.fromhex("0000000a 0012 0000 00000001 ffff")
    host, _, port = endpoints.producer.bootstrap_servers.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        connection.sendall(question)
        answer = connection.recv(1024)
    tls_alert = b"\x15"
    assert answer == b"" or answer.startswith(tls_alert)


def test_client_without_a_password_is_refused(endpoints: Endpoints) -> None:
    settings = {
        "bootstrap.servers": endpoints.producer.bootstrap_servers,
        "security.protocol": "SSL",
        "ssl.ca.location": str(endpoints.producer.ca_file),
    }
    with pytest.raises(KafkaException):
        Consumer({**settings, "group.id": "reader-test", "log_level": 0}).list_topics(timeout=2)


def test_wrong_password_is_refused(endpoints: Endpoints) -> None:
    user = replace(endpoints.producer, password="not-the-password")
    assert refusal(user.client_settings()).code() == KafkaError._AUTHENTICATION


def test_unknown_user_is_refused(endpoints: Endpoints) -> None:
    user = replace(endpoints.producer, username="stranger")
    assert refusal(user.client_settings()).code() == KafkaError._AUTHENTICATION


def test_broker_whose_certificate_another_authority_signed_is_refused(endpoints: Endpoints, tmp_path: Path) -> None:
    make_certificates(Instance.make(tmp_path, port_base=None, workers=1))
    user = replace(endpoints.producer, ca_file=tmp_path / "tls/ca.pem")
    # Its code is _SSL, or _TRANSPORT where the broker's certificate is there before the client looks for it.
    assert "certificate verify failed" in refusal(user.client_settings()).str()


def test_user_without_an_acl_may_not_write(endpoints: Endpoints) -> None:
    error = produce(endpoints.consumer, "gps-fixes")
    assert error is not None
    assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("topic", ["connect-configs", "kafkasql-journal", "mysql-sink-dead-letters"])
def test_producer_may_not_write_to_topics_of_others(endpoints: Endpoints, topic: str) -> None:
    error = produce(endpoints.producer, topic)
    assert error is not None
    assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_writing_to_an_unknown_topic_does_not_create_it(endpoints: Endpoints) -> None:
    error = produce(endpoints.producer, "a-topic-that-nobody-described")
    assert error is not None
    assert error.code() in {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.UNKNOWN_TOPIC_OR_PART}
