import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import KafkaError

from producer.kafka.delivery import QUEUE, Delivery
from producer.kafka.record_arrays import Records
from producer.runtime.exit_status import Exit, SluiceError
from tests.unit.producer.conftest import Broker

pytestmark = pytest.mark.slow

Pair = tuple[bytes, bytes | None]


def nothing() -> None:
    """A tick that does not end the wait."""


def pairs(count: int) -> list[Pair]:
    return [(b"%d" % number, b"value \x00 %d" % number if number % 3 else None) for number in range(count)]


def by_number(records: list[Pair]) -> list[Pair]:
    return sorted(records, key=lambda pair: int(pair[0]))


def test_every_record_arrives_with_its_key_and_value(broker: Broker) -> None:
    with Delivery(broker.settings, topic="arrives", patience=20) as delivery:
        delivery.connect()
        delivery.send(Records.from_pairs(pairs(1_000)), tick=nothing)
        delivery.finish(tick=nothing)
        assert (delivery.handed, delivery.acknowledged, delivery.failed, delivery.waiting) == (1_000, 1_000, 0, 0)
    assert by_number(broker.records("arrives")) == pairs(1_000)


def test_more_records_than_the_queue_holds_arrive_too(broker: Broker) -> None:
    count = QUEUE + 1_000
    with Delivery(broker.settings, topic="many", patience=20) as delivery:
        delivery.connect()
        for _ in range(2):
            delivery.send(Records.from_pairs([(b"key", b"")] * count), tick=nothing)
        delivery.finish(tick=nothing)
        assert (delivery.acknowledged, delivery.failed) == (2 * count, 0)


def test_a_broker_that_does_not_come_back_is_given_up(mortal_broker: Broker) -> None:
    with Delivery(mortal_broker.settings, topic="mortal", patience=1) as delivery:
        delivery.connect()
        mortal_broker.vanish()
        delivery.send(Records.from_pairs(pairs(1_000)), tick=nothing)
        delivery.finish(tick=nothing)
        assert (delivery.acknowledged, delivery.failed, delivery.waiting) == (0, 1_000, 0)
        assert delivery.problem is not None
        assert delivery.problem.code() == KafkaError._MSG_TIMED_OUT
        assert delivery.last_error is not None
        # After a failure nothing more is taken.
        delivery.send(Records.from_pairs(pairs(5)), tick=nothing)
        assert delivery.handed == 1_000


def test_while_a_broker_is_away_the_note_has_the_reason_and_the_wait_can_be_ended(mortal_broker: Broker) -> None:
    with Delivery(mortal_broker.settings, topic="away", patience=600) as delivery:
        delivery.connect()
        delivery.send(Records.from_pairs(pairs(10)), tick=nothing)
        delivery.finish(tick=nothing)
        mortal_broker.vanish()
        delivery.send(Records.from_pairs(pairs(100)), tick=nothing)
        with pytest.raises(KeyboardInterrupt):
            delivery.finish(tick=_raise_when(lambda: delivery.note is not None))
        assert "waiting for Kafka" in (delivery.note or "")
        delivery.abandon()
        assert (delivery.acknowledged, delivery.failed, delivery.waiting) == (10, 100, 0)


def _raise_when(condition: Callable[[], bool]) -> Callable[[], None]:
    deadline = time.monotonic() + 20

    def tick() -> None:
        assert time.monotonic() < deadline
        if condition():
            raise KeyboardInterrupt

    return tick


def test_a_record_the_client_refuses_is_a_failure_and_counted(broker: Broker) -> None:
    with Delivery({**broker.settings, "message.max.bytes": 2_000}, topic="large", patience=20) as delivery:
        delivery.connect()
        delivery.send(Records.from_pairs([(b"1", b"small"), (b"2", bytes(5_000))]), tick=nothing)
        delivery.finish(tick=nothing)
        assert (delivery.handed, delivery.acknowledged, delivery.failed) == (2, 1, 1)
        assert delivery.problem is not None
        assert delivery.problem.code() == KafkaError.MSG_SIZE_TOO_LARGE


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producer.kafka.topic.CONNECT_SECONDS", 0.5)


@pytest.mark.usefixtures("_impatient")
def test_a_broker_that_is_slow_to_answer_is_waited_for_longer_than_one_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("producer.kafka.topic.ANSWER_SECONDS", 2.5)
    monkeypatch.setattr("producer.kafka.topic._NOTICE_SECONDS", 1.0)
    reports: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        settings = {"bootstrap.servers": address, "security.protocol": "SSL"}
        begun = time.monotonic()
        with (
            Delivery(settings, topic="t", patience=5) as delivery,
            pytest.raises(SluiceError, match="Failed to get metadata"),
        ):
            delivery.connect(report=reports.append)
    assert time.monotonic() - begun > 2.5
    assert len(reports) == 1
    assert reports[0].startswith("waiting for Kafka: Failed to get metadata")


@pytest.mark.usefixtures("_impatient")
def test_an_unreachable_broker_is_an_error_after_a_while() -> None:
    with Delivery({"bootstrap.servers": "127.0.0.1:1"}, topic="t", patience=5) as delivery:
        with pytest.raises(
            SluiceError, match=r"topic t cannot be written to: .*Connection refused.* Is the pipeline up\?"
        ) as caught:
            delivery.connect()
        assert caught.value.status is Exit.UNAVAILABLE


@pytest.mark.usefixtures("_impatient")
def test_a_broker_without_tls_is_an_error(broker: Broker) -> None:
    settings = {**broker.settings, "security.protocol": "SSL"}
    with (
        Delivery(settings, topic="t", patience=5) as delivery,
        pytest.raises(SluiceError, match=r"(?i)SSL.handshake"),
    ):
        delivery.connect()


def test_invalid_settings_are_an_error(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(SluiceError, match=r"ssl.ca.location"):
        Delivery({"security.protocol": "SSL", "ssl.ca.location": missing}, topic="t", patience=5)
    with pytest.raises(SluiceError, match="No such configuration property"):
        Delivery({"no.such.setting": 1}, topic="t", patience=5)


@pytest.mark.parametrize("records", [[], [(b"", b"")], [(b"a", None)], [(b"a", None), (b"bc", b""), (b"d", b"efg")]])
def test_pairs_of_records_from_pairs_are_unchanged(records: list[Pair]) -> None:
    assert Records.from_pairs(records).pairs() == records
