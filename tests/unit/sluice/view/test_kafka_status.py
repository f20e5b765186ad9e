"""Tests of what Kafka is asked: a partition that does not answer hides no other one, a server that does not is said."""

import gc
import weakref
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from producer.runtime.exit_status import SluiceError
from sluice.view import kafka_status
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector, TopicSpans
from tests.unit.sluice.view.test_newest_records import USER


class FakeAdmin:
    """Stand-in for AdminClient: topics of two partitions with the offsets 1 to 4."""

    refused: KafkaError | None = None
    """What is answered for the topic `deleted`."""

    def __init__(self, _: Any) -> None:
        pass

    def list_topics(self, **_: Any) -> Any:
        partitions = {number: SimpleNamespace(leader=1) for number in range(2)}
        broken = {0: SimpleNamespace(leader=1), 1: SimpleNamespace(leader=-1)}
        topics = {"a": partitions, "broken": broken, "deleted": partitions, "__consumer_offsets": partitions}
        return SimpleNamespace(
            topics={name: SimpleNamespace(error=None, partitions=found) for name, found in topics.items()}
        )

    def list_offsets(self, asked: dict[TopicPartition, Any], **_: Any) -> dict[TopicPartition, Any]:
        futures: dict[TopicPartition, Any] = {}
        for at, spec in asked.items():
            future = futures[at] = Future[Any]()
            assert (at.topic, at.partition) != ("broken", 1), "it has no leader that could answer"
            if at.topic == "deleted" and self.refused is not None:
                future.set_exception(KafkaException(self.refused))
            else:
                future.set_result(SimpleNamespace(offset=4 if "Latest" in type(spec).__name__ else 1))
        return futures

    def describe_configs(self, asked: list[Any], **_: Any) -> dict[Any, Any]:
        future = Future[Any]()
        future.set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
        return {asked[0]: future}

    def poll(self, _: float) -> None:
        pass


@pytest.fixture
def inspector(monkeypatch: pytest.MonkeyPatch) -> KafkaInspector:
    monkeypatch.setattr(kafka_status, "AdminClient", FakeAdmin)
    return KafkaInspector(USER)


def test_a_topic_that_fails_hides_no_other(inspector: KafkaInspector, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = TopicSpans(partitions=2, spans={0: (1, 4), 1: (1, 4)})
    broken = TopicSpans(partitions=2, spans={0: (1, 4)})
    assert inspector.topic_spans() == {"a": whole, "broken": broken, "deleted": whole}
    monkeypatch.setattr(FakeAdmin, "refused", KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    deleted = TopicSpans(partitions=2, spans={})
    assert inspector.topic_spans() == {"a": whole, "broken": broken, "deleted": deleted}
    assert inspector.spans("a") == {"a": whole.spans}
    with pytest.raises(UnavailableError):
        inspector.spans("ed")


def test_a_server_that_does_not_answer_is_said(inspector: KafkaInspector, monkeypatch: pytest.MonkeyPatch) -> None:
    timed_out = KafkaError(KafkaError._TIMED_OUT)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(FakeAdmin, "refused", timed_out)
    with pytest.raises(UnavailableError, match="Kafka at kafka:9092 does not answer"):
        inspector.topic_spans()


def test_settings_of_an_unknown_topic_are_a_mistake(inspector: KafkaInspector) -> None:
    with pytest.raises(SluiceError, match="there is no topic 'gone'"):
        inspector.settings("gone")


def test_a_client_that_is_not_used_any_more_is_gone_without_a_garbage_collection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_status, "AdminClient", _keep_callback)
    gc.disable()
    try:
        inspector = KafkaInspector(USER)
        admin = weakref.ref(inspector)
        del inspector
        assert admin() is None
    finally:
        gc.enable()


def _keep_callback(settings: dict[str, Any]) -> Any:
    """Return a stand-in that keeps its callback, as Kafka's client does."""
    return SimpleNamespace(error_cb=settings["error_cb"])
