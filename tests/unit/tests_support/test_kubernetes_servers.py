"""Tests of KubernetesServers: its requests to the API server, and its waiting for Strimzi to apply them."""

import json
from collections.abc import Generator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kubernetes import client

from producer.kafka.connection import KafkaUser
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.view.endpoints import Endpoints, StoreUser
from tests.kubernetes_servers import KubernetesServers, connector

CONNECTORS = "/apis/kafka.strimzi.io/v1/namespaces/sluice/kafkaconnectors"
TOPICS = "/apis/kafka.strimzi.io/v1/namespaces/sluice/kafkatopics"
POD = "/api/v1/namespaces/sluice/pods/redis-0"
SETTINGS = {"name": "x", "connector.class": "some.Sink", "tasks.max": "2", "topics": "t"}
USER = KafkaUser(bootstrap_servers="kafka:9093", ca_file=Path("ca"), username="tests", password="p")
STORE = StoreUser(host="h", port=1, username="reader", password="p")
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


class Cluster:
    """Stand-in for an API server and Connect, in which each change shows two requests later, as with an operator."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str, Any]] = []
        self.connectors: set[str] = set()
        self.pods: list[Any] = [{"metadata": {"name": "redis-0", "uid": "old"}, "status": READY}]
        self._late: list[set[str]] = []

    def answer(self, method: str, path: str, content: str, body: Any) -> tuple[int, Any]:
        if path.startswith("/connectors/"):
            known = self._late.pop(0) if self._late else self.connectors
            return (200 if path.split("/")[2] in known else 404), {}
        self.requests.append((method, path, content, body))
        if path == POD and method == "GET":
            pod = self.pods.pop(0) if len(self.pods) > 1 else self.pods[0]
            return (200, pod) if pod else (404, {})
        if path == CONNECTORS or method == "DELETE":
            return self._change(method, path, body)
        return 200, {}

    def _change(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self._late = [set(self.connectors)] * 2
        if method == "POST":
            self.connectors.add(body["metadata"]["name"])
        elif path.startswith(CONNECTORS):
            name = path.rpartition("/")[2]
            if name not in self.connectors:
                return 404, {}
            self.connectors.remove(name)
        return 200, {}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def servers(cluster: Cluster) -> Generator[KubernetesServers]:
    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            content = self.headers.get("Content-Type", "")
            status, answer = cluster.answer(self.command, self.path, content, json.loads(text) if text else None)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = do_DELETE = do  # noqa: N815 http.server names them so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    endpoints = Endpoints(
        producer=replace(USER, username="producer"),
        consumer=USER,
        registry=RestEndpoint(url="http://r"),
        connect=(RestEndpoint(url=url),),
        mysql=STORE,
        redis=STORE,
    )
    yield KubernetesServers(endpoints, USER, api=client.ApiClient(client.Configuration(host=url)))
    server.shutdown()
    server.server_close()


def test_connector_is_created_and_deleted_as_a_resource(servers: KubernetesServers, cluster: Cluster) -> None:
    servers.create_connector("x", SETTINGS)
    servers.delete_connector("x")
    servers.delete_connector("x")  # deleting a missing one is no error
    assert [(method, path) for method, path, _, _ in cluster.requests] == [
        ("POST", CONNECTORS),
        ("DELETE", f"{CONNECTORS}/x"),
        ("DELETE", f"{CONNECTORS}/x"),
    ]
    spec = cluster.requests[0][3]["spec"]
    assert spec == {"class": "some.Sink", "tasksMax": 2, "config": {"topics": "t"}}


def test_changes_are_merged_into_resources(servers: KubernetesServers, cluster: Cluster) -> None:
    servers.stop_connector("x")
    servers.resume_connector("x")
    servers.set_topic("images", "max.message.bytes", "1000")
    # Custom resources do not support strategic merge patches.
    merge = "application/merge-patch+json"
    assert cluster.requests == [
        ("PATCH", f"{CONNECTORS}/x", merge, {"spec": {"state": "stopped"}}),
        ("PATCH", f"{CONNECTORS}/x", merge, {"spec": {"state": "running"}}),
        ("PATCH", f"{TOPICS}/images", merge, {"spec": {"config": {"max.message.bytes": 1000}}}),
    ]


def test_redis_is_killed_without_grace_period_and_waited_for(servers: KubernetesServers, cluster: Cluster) -> None:
    old = cluster.pods[0]
    new = {"metadata": {"name": "redis-0", "uid": "new"}, "status": {"conditions": []}}
    cluster.pods = [old, old, None, new, new, {**new, "status": READY}]
    servers.kill_redis()
    servers.start_redis()
    (deletion,) = [path for method, path, _, _ in cluster.requests if method == "DELETE"]
    assert deletion == f"{POD}?gracePeriodSeconds=0"
    assert cluster.pods == [{**new, "status": READY}]


def test_connector_of_the_tests_has_their_label() -> None:
    assert connector("x", SETTINGS)["metadata"]["labels"] == {"strimzi.io/cluster": "sluice", "sluice/made-by": "tests"}
