"""The Redis sink writes again what Redis has lost: the end of its log, or everything; and offsets reset by hand."""

import os
from collections.abc import Callable

import pytest

from sluice.local.instance import Instance
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.pipeline.redis_sinks import Key, Sink, Value, sink, store, values_of
from tests.run_sluice import wait_for

COUNT = 400
VALUE_BYTES = 5000
LOST_BYTES = COUNT * VALUE_BYTES // 4
"""Cut from the end of the log: what Redis had not synced when it was killed, or the machine lost its power."""


def records(prefix: str) -> tuple[list[tuple[Key, Value]], dict[str, bytes]]:
    """Return records with an update and a deletion at their end, and the values that they leave."""
    values = {f"{prefix}/{number}": os.urandom(VALUE_BYTES) for number in range(COUNT)}
    updated, deleted = f"{prefix}/0", f"{prefix}/1"
    sent: list[tuple[Key, Value]] = [*values.items(), (updated, b"new"), (deleted, None)]
    left = {**values, updated: b"new"}
    del left[deleted]
    return sent, left


def has_exactly(endpoints: Endpoints, prefix: str, values: dict[str, bytes]) -> Callable[[], bool]:
    """Return a function that compares Redis' keys that begin with the prefix."""

    def compare() -> bool:
        client = store(endpoints.redis)
        found = {key.decode() for key in client.scan_iter(match=f"{prefix}/*", count=1000)}
        return found == values.keys() and values_of(client, values) == list(values.values())

    return compare


def written(own: Sink, endpoints: Endpoints) -> dict[str, bytes]:
    """Send records and wait until Redis has them; return their values. They come in two transactions at least."""
    sent, left = records(own.name)
    half = sent[: COUNT // 2]
    own.produce(*half)
    wait_for(lambda: store(endpoints.redis).exists(*(str(key) for key, _ in half)) == len(half))
    own.produce(*sent[COUNT // 2 :])
    wait_for(has_exactly(endpoints, own.name, left))
    return left


@pytest.mark.local_only("it cuts a file of Redis")
def test_redis_that_lost_the_end_of_its_log_gets_it_again(endpoints: Endpoints, instance: Instance) -> None:
    log = instance.log("connect-1")
    with sink(endpoints, instance, {}) as own:
        left = written(own, endpoints)
        log_start = log.stat().st_size
        own.admin.servers.kill_redis()
        file = instance.state / "redis/appendonly.aof"
        os.truncate(file, file.stat().st_size - LOST_BYTES)
        own.admin.servers.start_redis()
        # Without a further record.
        wait_for(has_exactly(endpoints, own.name, left))
        assert own.states() == {"RUNNING"}
        text = log.read_bytes()[log_start:].decode()
        assert f"has lost what it had acknowledged of topic {own.topic}, partition 0; going back from offset" in text


def test_emptied_redis_gets_everything_again(endpoints: Endpoints, admin: Administrator) -> None:
    with sink(endpoints, admin, {}) as own:
        left = written(own, endpoints)
        with admin.redis() as server:
            server.flushall()
        wait_for(has_exactly(endpoints, own.name, left))
        with admin.redis() as server:
            server.flushall()
        own.produce(("another", b"value"))  # With a record on its way the loss is found by the transaction.
        wait_for(has_exactly(endpoints, own.name, left))
        assert own.states() == {"RUNNING"}


def test_offsets_reset_by_hand_are_followed(endpoints: Endpoints, admin: Administrator) -> None:
    with sink(endpoints, admin, {}) as own:
        left = written(own, endpoints)
        some = next(iter(left))
        with admin.redis(database=1) as server:
            server.delete(some)
        own.read_again()
        wait_for(has_exactly(endpoints, own.name, left))
