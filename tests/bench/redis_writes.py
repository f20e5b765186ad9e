"""Benchmark of the Redis sink, against redis-benchmark or a client like it."""

import os
import re
import selectors
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from confluent_kafka import Producer
from redis import Redis

from sluice.local.http_requests import request
from sluice.local.pipeline_spec import PipelineSpec
from tests.bench.bench_pipeline import PEER_TOPIC, BenchPipeline, create_topics
from tests.bench.measurement import Measurement, side_by_side
from tests.bench.sink_connector import Sink, connector_settings
from tests.run_sluice import wait_for

RECORDS = 500_000
VALUE_BYTES = 100
PEER_RECORDS = 1_000_000
CLIENTS, PIPELINED = 50, 16
_DATABASE = 3
_TOPIC = f"{PEER_TOPIC}-redis"
_CONNECTOR = "redis-sink-bench"
_PEER_TOOL = "redis-benchmark"
_USER = "default"


def redis_sink(bench: BenchPipeline) -> Measurement:
    """Measure with small values, so that the cost per record dominates."""
    images = next(topic for topic in PipelineSpec.read().topics if topic.name == "images")
    create_topics(bench.instance, replace(images, name=_TOPIC))
    # The settings of the pipeline's own connector in k8s/.
    settings = connector_settings("redis-sink") | {"topics": _TOPIC, "redis.database": str(_DATABASE)}
    sink = Sink(bench.instance, _CONNECTOR)
    with bench.sink_stopped(), _server(bench) as server:
        sink.apply(settings)
        sink.wait_for_tasks(int(settings["tasks.max"]))
        try:
            return side_by_side(
                lambda: _sink(bench, server),
                lambda: _peer(bench, server),
                name="redis_sink",
                unit="records/s",
                goal="at least 0.2",
                what=f"{_what()}, sets of {VALUE_BYTES} bytes, {CLIENTS} connections, {PIPELINED} commands under way",
            )
        finally:
            sink.delete()


def _sink(bench: BenchPipeline, server: "Redis") -> float:
    server.flushdb()
    _switch(bench, "pause", "PAUSED")
    _fill(bench)
    assert server.dbsize() == 0, "a paused sink has written"
    begun = time.perf_counter()
    _switch(bench, "resume")
    wait_for(lambda: server.dbsize() == RECORDS, seconds=300)
    rate = RECORDS / (time.perf_counter() - begun)
    bench.empty_topic(_TOPIC)
    return rate


def _switch(bench: BenchPipeline, action: str, state: str | None = None) -> None:
    """Pause or resume the connector; its tasks stay in their consumer group, so that no rebalance is measured."""
    connect = bench.endpoints.connect[0]
    request("PUT", connect, f"/connectors/{_CONNECTOR}/{action}")

    def reached() -> bool:
        answer = request("GET", connect, f"/connectors/{_CONNECTOR}/status")[1]
        return all(part["state"] == state for part in (answer["connector"], *answer["tasks"]))

    if state:
        wait_for(reached)


def _fill(bench: BenchPipeline) -> None:
    producer = Producer(
        {**bench.endpoints.producer.client_settings(), "linger.ms": 20, "queue.buffering.max.messages": 200_000}
    )
    value = os.urandom(VALUE_BYTES)
    for number in range(RECORDS):
        while True:
            try:
                producer.produce(_TOPIC, value, f"key:{number:012d}")
                break
            except BufferError:
                producer.poll(0.05)
    assert producer.flush(60) == 0


@contextmanager
def _server(bench: BenchPipeline) -> Generator["Redis"]:
    """Yield an administrator's client; meanwhile the peer can connect without a password."""
    port, password = bench.instance.port("redis"), bench.instance.passwords["redis-admin"]
    with Redis(host="127.0.0.1", port=port, db=_DATABASE, username="admin", password=password) as server:
        server.execute_command("ACL", "SETUSER", _USER, "on", "nopass", "~*", "+@all")
        try:
            yield server
        finally:
            server.flushdb()
            server.execute_command("ACL", "SETUSER", _USER, "off", "resetpass", "resetkeys", "-@all")


def _what() -> str:
    return _PEER_TOOL if shutil.which(_PEER_TOOL) else f"a client like {_PEER_TOOL}, which is not on the PATH"


def _peer(bench: BenchPipeline, server: "Redis") -> float:
    server.flushdb()
    port = bench.instance.port("redis")
    return _tool(port) if shutil.which(_PEER_TOOL) else _client(port)


def _tool(port: int) -> float:
    command = [
        _PEER_TOOL, "-p", str(port), "-t", "set", "-d", str(VALUE_BYTES), "-P", str(PIPELINED), "-c", str(CLIENTS),
        "-n", str(PEER_RECORDS), "--dbnum", str(_DATABASE), "-q",
    ]  # fmt: skip
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    return float(re.findall(r"([\d.]+) requests per second", output)[-1])


def _client(port: int) -> float:
    """Measure as redis-benchmark does: one thread, a fixed key, a new batch as soon as one is answered; commands/s."""
    value = b"x" * VALUE_BYTES
    batch = b"*3\r\n$3\r\nSET\r\n$16\r\nkey:__rand_int__\r\n$%d\r\n%b\r\n" % (VALUE_BYTES, value) * PIPELINED
    answer = len(b"+OK\r\n") * PIPELINED
    with selectors.DefaultSelector() as selector:
        for _ in range(CLIENTS):
            selector.register(_connected(port), selectors.EVENT_READ, [answer])
        begun, left = time.perf_counter(), PEER_RECORDS // PIPELINED
        for key in selector.get_map().values():
            key.fileobj.send(batch)  # pyright: ignore[reportAttributeAccessIssue]
        while left > 0:
            for key, _ in selector.select():
                left -= _answered(key.fileobj, key.data, batch=batch, answer=answer)  # pyright: ignore[reportArgumentType]
        seconds = time.perf_counter() - begun
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # pyright: ignore[reportAttributeAccessIssue]
    return PEER_RECORDS / seconds


def _answered(connection: socket.socket, missing: list[int], *, batch: bytes, answer: int) -> int:
    missing[0] -= len(connection.recv(answer))
    if missing[0]:
        return 0
    missing[0] = answer
    connection.send(batch)
    return 1


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"SELECT %d\r\n" % _DATABASE)
    assert connection.recv(16) == b"+OK\r\n"
    return connection
