"""The Redis sink loses no record when Redis is full, killed or stopped; and wrong passwords and certificates."""

import json
import os
import signal
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from sluice.local.certificates import make_certificates
from sluice.local.instance import Instance
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.local_administrator import process_of
from tests.pipeline.redis_sinks import produce, sink, store, values_of
from tests.run_sluice import Sluice, wait_for

COUNT = 3000


@pytest.fixture
def name() -> str:
    """A key that no other test uses."""
    return f"test/{uuid4()}"


def test_full_server_is_waited_for_and_nothing_is_lost(endpoints: Endpoints, admin: Administrator, name: str) -> None:
    with sink(endpoints, admin, {}) as own, admin.redis() as server:
        most = str(server.config_get("maxmemory")["maxmemory"])
        server.config_set("maxmemory", 1)
        try:
            own.produce((name, b"value"), (f"{name}/2", b"value"))
            reason = own.reason("OOM command not allowed")
        finally:
            server.config_set("maxmemory", most)
        assert "Raise maxmemory" in reason
        assert f"topic {own.topic}, partition 0, offset 0" in reason
        wait_for(lambda: values_of(store(endpoints.redis), [name, f"{name}/2"]) == [b"value", b"value"])


def test_status_says_what_the_pipelines_own_sink_waits_for(
    endpoints: Endpoints, admin: Administrator, sluice: Sluice, name: str
) -> None:
    def status() -> dict[str, Any]:
        return json.loads(sluice("status", "--json").stdout)

    with admin.redis() as server:
        most = str(server.config_get("maxmemory")["maxmemory"])
        server.config_set("maxmemory", 1)
        try:
            produce(endpoints, "images", [(name, b"value")])
            wait_for(lambda: bool(status()["waits"]))
            found = status()
        finally:
            server.config_set("maxmemory", most)
    (sentence,) = found["waits"]
    assert sentence.startswith("redis-sink waits since ")
    assert "1 record not written yet: Redis at " in sentence
    assert (found["exit"], found["problems"], found["failures"]) == ("UNAVAILABLE", [], [])
    wait_for(lambda: status()["exit"] == "OK")
    assert store(endpoints.redis).get(name) == b"value"


def test_killed_server_loses_nothing_that_it_acknowledged(
    endpoints: Endpoints, admin: Administrator, name: str
) -> None:
    admin.servers.check_that_redis_can_be_killed()
    values = {f"{name}/{number}".encode(): os.urandom(5000) for number in range(COUNT)}
    loading = threading.Thread(target=produce, args=(endpoints, "images", values.items()))
    images = admin.redis(database=1)
    before = images.dbsize()
    loading.start()
    try:
        wait_for(lambda: images.dbsize() > before + COUNT // 10)
        admin.servers.kill_redis()
    finally:
        admin.servers.start_redis()
    loading.join()
    found = store(endpoints.redis)
    wait_for(lambda: found.exists(*values) == COUNT)
    assert dict(zip(values, values_of(found, values), strict=True)) == values


@pytest.mark.local_only("it stops a process by SIGSTOP, which no pod takes from another")
def test_stopped_server_is_abandoned_and_its_old_connection_killed(
    endpoints: Endpoints, instance: Instance, name: str
) -> None:
    keys = [f"{name}/{number}" for number in range(20)]
    settings = {
        "redis.command.timeout.ms": "300",
        "redis.connect.timeout.ms": "300",
        "redis.pipeline.bytes": "100000000",
    }
    with sink(endpoints, instance, settings) as own:
        own.produce((name, b"first"))
        wait_for(lambda: store(endpoints.redis).get(name) == b"first")
        log = instance.log("connect-1")
        log_start = log.stat().st_size
        pid = process_of(instance, "redis")
        os.kill(pid, signal.SIGSTOP)
        try:
            # More than the sockets' buffers hold, so that the sink blocks in a write.
            own.produce(*((key, bytes(1_000_000)) for key in keys), *((key, b"last") for key in keys))
            wait_for(lambda: b"did not answer within 300 ms" in log.read_bytes()[log_start:])
        finally:
            os.kill(pid, signal.SIGCONT)
        server = store(endpoints.redis)
        wait_for(lambda: values_of(server, keys) == [b"last"] * len(keys))
        own.wait_running()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"redis.password": "unknown-word"}, "WRONGPASS"),
        ({"redis.username": "weak", "redis.password": "weak-word"}, "NOPERM"),
        ({"redis.database": "99"}, "Check redis.database"),
    ],
)
def test_an_error_that_a_person_must_repair_is_waited_for_and_named(
    endpoints: Endpoints, admin: Administrator, name: str, settings: dict[str, str], error: str
) -> None:
    admin.redis().acl_setuser("weak", enabled=True, passwords=["+weak-word"], keys=["*"], categories=["+@connection"])
    with sink(endpoints, admin, settings) as own:
        own.produce((name, b"value"))
        reason = own.reason(error)
    admin.redis().acl_deluser("weak")
    assert not any(word in reason for word in ("unknown-word", "weak-word"))


@pytest.mark.local_only(
    "Connect reaches a TLS server of the test itself, which the network policies of a cluster refuse"
)
def test_tls_needs_a_trusted_certificate(endpoints: Endpoints, instance: Instance, name: str, tmp_path: Path) -> None:
    with _tls_proxy(instance) as port:
        settings = {"redis.port": str(port), "redis.tls.enabled": "true"}
        trusted = {"redis.tls.trusted.certificates": (instance.state / "tls/ca.pem").read_text()}
        with sink(endpoints, instance, settings | trusted) as own:
            own.produce((name, bytes(5_000_000)))
            server = store(endpoints.redis)
            wait_for(lambda: server.strlen(name) == 5_000_000)
        stranger = Instance.make(tmp_path, port_base=None, workers=1)
        make_certificates(stranger)
        others = {"redis.tls.trusted.certificates": (tmp_path / "tls/ca.pem").read_text()}
        with sink(endpoints, instance, settings | others) as own:
            own.reason("TLS is refused")


@contextmanager
def _tls_proxy(instance: Instance) -> Generator[int]:
    """Yield the port of a TLS proxy before Redis, with the broker's certificate: the local Redis has no TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(instance.state / "tls/broker.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, instance.port("redis")), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:  # the test is over
            return
        try:
            front = context.wrap_socket(plain, server_side=True)
        except OSError:  # the client does not trust the certificate
            continue
        back = socket.create_connection(("127.0.0.1", port))
        for source, target in ((front, back), (back, front)):
            threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
    except OSError:  # either side has closed the connection
        pass
    finally:
        for one in (source, target):
            one.close()
