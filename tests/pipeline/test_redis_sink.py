"""Images into Redis through Connect: bytes, order, deletes, dead letters, settings."""

from typing import Any
from uuid import uuid4

import pytest

from sluice.local.http_requests import request
from sluice.local.pipeline_spec import PipelineSpec
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.pipeline.redis_sinks import dead_letter, produce, sink, store, values_of
from tests.run_sluice import wait_for

TOPIC = "images"


@pytest.fixture
def name() -> str:
    """A key that no other test uses."""
    return f"test/{uuid4()}"


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_value_arrives_byte_for_byte(endpoints: Endpoints, name: str, size: int) -> None:
    value = bytes(range(256)) * (size // 256) + bytes(range(size % 256))
    produce(endpoints, TOPIC, [(name, value)])
    redis = store(endpoints.redis)
    wait_for(lambda: redis.exists(name) == 1)
    assert redis.get(name) == value


def test_last_of_a_keys_records_wins(endpoints: Endpoints, name: str) -> None:
    keys = [f"{name}/{number}" for number in range(50)]
    steps: list[bytes | None] = [b"1", None, b"2", b"3", None, b"4"]
    produce(endpoints, TOPIC, [(key, value) for value in steps for key in keys])
    produce(endpoints, TOPIC, [(key, None) for key in keys[::2]])
    redis = store(endpoints.redis)
    expected = [None if number % 2 == 0 else b"4" for number in range(50)]
    wait_for(lambda: values_of(redis, keys) == expected)


def test_sink_without_its_offsets_writes_everything_again(
    endpoints: Endpoints, admin: Administrator, name: str
) -> None:
    redis = store(endpoints.redis)
    with sink(endpoints, admin, {"redis.ttl.ms": "1500"}) as own:
        own.produce((name, b"value"))
        wait_for(lambda: redis.get(name) == b"value")
        wait_for(lambda: redis.get(name) is None)
        own.read_again()
        wait_for(lambda: redis.get(name) == b"value")


def test_tombstone_of_a_key_that_is_not_there_is_no_failure(endpoints: Endpoints, name: str) -> None:
    produce(endpoints, TOPIC, [(name, None), (name, b"later")])
    redis = store(endpoints.redis)
    wait_for(lambda: redis.get(name) == b"later")


def test_record_without_a_key_is_a_dead_letter_with_its_reason(endpoints: Endpoints, name: str) -> None:
    value = name.encode()
    produce(endpoints, TOPIC, [(None, value), (name, b"after")])
    headers = dead_letter(endpoints, TOPIC, None, value)
    assert "the record has no key" in headers["exception.message"]
    assert headers["connector.name"] == "redis-sink"
    redis = store(endpoints.redis)
    wait_for(lambda: redis.get(name) == b"after")


@pytest.mark.parametrize(
    ("name", "value", "setting"),
    [
        ("redis.port", "seventy", "redis.port"),
        ("redis.database", "-1", "redis.database"),
        ("redis.max.value.bytes", "1000000000", "redis.max.value.bytes"),
        ("redis.tls.trusted.certificates", "no certificate", "redis.tls.trusted.certificates"),
        ("redis.tls.enabled", "perhaps", "redis.tls.enabled"),
        ("redis.retry.backoff.ms", "60000", "redis.retry.backoff.max.ms"),
    ],
)
def test_connect_reports_an_invalid_setting(endpoints: Endpoints, name: str, value: str, setting: str) -> None:
    config = next(connector.config for connector in PipelineSpec.read().connectors if connector.name == "redis-sink")
    answer = _validate(endpoints, {**config, name: value})
    errors = {
        entry["value"]["name"]: entry["value"]["errors"] for entry in answer["configs"] if entry["value"]["errors"]
    }
    assert setting in errors
    assert setting in errors[setting][0]


def test_connect_shows_no_password(endpoints: Endpoints) -> None:
    answer = _validate(endpoints, {"connector.class": "x", "topics": TOPIC, "name": "x", "redis.password": "visible?"})
    value = next(entry["value"] for entry in answer["configs"] if entry["value"]["name"] == "redis.password")
    assert value["value"] == "[hidden]"


def _validate(endpoints: Endpoints, config: dict[str, str]) -> dict[str, Any]:
    class_ = "sluice.redis.RedisSinkConnector"
    path = f"/connector-plugins/{class_}/config/validate"
    return request("PUT", endpoints.connect[0], path, {**config, "connector.class": class_, "name": "any"})[1]


def test_keys_may_be_any_bytes(endpoints: Endpoints, admin: Administrator) -> None:
    converter = "org.apache.kafka.connect.converters.ByteArrayConverter"
    settings = {"key.converter": converter, "redis.database": "2", "redis.key.prefix": "p:", "redis.ttl.ms": "60000"}
    key = bytes(range(256))
    with sink(endpoints, admin, settings) as own:
        own.produce((key, b"value"))
        redis = store(endpoints.redis, database=2)
        wait_for(lambda: redis.get(b"p:" + key) == b"value")
        assert 0 < redis.pttl(b"p:" + key) <= 60_000


def test_too_large_a_value_is_a_dead_letter_with_its_reason(
    endpoints: Endpoints, admin: Administrator, name: str
) -> None:
    with sink(endpoints, admin, {"redis.max.value.bytes": "10"}) as own:
        own.produce((name, "ten bytes…".encode()), (name, b"1234567890"))
        headers = dead_letter(endpoints, own.topic, name.encode(), "ten bytes…".encode())
        redis = store(endpoints.redis)
        wait_for(lambda: redis.get(name) == b"1234567890")
    assert headers["exception.message"] == "the value has 12 bytes, and redis.max.value.bytes is 10"


def test_bad_record_stops_a_sink_without_dead_letters(endpoints: Endpoints, admin: Administrator, name: str) -> None:
    without = ("errors.deadletterqueue.topic.name", "errors.tolerance")
    with sink(endpoints, admin, {}, without=without) as own:
        own.produce((name, b"before"), (None, b"value"))
        trace = own.trace()
        assert f"topic {own.topic}, partition 0, offset 1: the record has no key" in trace
        assert store(endpoints.redis).get(name) == b"before"
