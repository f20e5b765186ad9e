"""What kubectl, Connect, the registry and other servers answer, of any form: shown, or said in a sentence."""

import socketserver
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from subprocess import CompletedProcess
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import strategies as st

from producer.runtime import rest_endpoint
from producer.runtime.exit_status import SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.cluster.cluster_problems import find_problems
from sluice.local.http_requests import request
from sluice.view import connector_status, registry_schemas
from sluice.view.connector_status import fetch_connect_status
from sluice.view.http_client import UnavailableError, get_json
from sluice.view.registry_schemas import RegistrySchemas
from tests.unit.sluice.cluster.cluster_objects import OPERATOR_LOG, container, pod_object

from .hostile_strategies import damaged_json, like, values
from .profile import bounded, fuzz

OBJECTS = {
    "items": [
        pod_object("sluice-dual-0", containerStatuses=[container({"waiting": {"reason": "x", "message": "y"}})]),
        {"kind": "Event", "involvedObject": {"kind": "Pod", "name": "sluice-dual-0"}, "type": "Warning", "count": 2},
        {"kind": "Job", "metadata": {"name": "load"}, "spec": {}, "status": {"conditions": [{"status": "True"}]}},
        {
            "kind": "KafkaTopic",
            "metadata": {"name": "t"},
            "status": {"conditions": [{"type": "Ready", "status": "False"}]},
        },
    ]
}
ENDPOINT = RestEndpoint(url="http://127.0.0.1:1")
TASK = {"id": 0, "state": "FAILED", "worker_id": "a:1", "trace": "x\nCaused by: y"}
CONNECTORS = {
    "mysql-sink": {
        "info": {"name": "mysql-sink", "config": {"connector.class": "C", "topics": "a,b", "redis.host": "x"}},
        "status": {"type": "sink", "connector": {"state": "RUNNING", "worker_id": "a:1"}, "tasks": [TASK]},
    }
}
SCHEMAS = (
    {"schema": '{"type": "record", "name": "R", "fields": []}', "references": []},
    {"schema": 'syntax = "proto3"; message A { string a = 1; }', "schemaType": "PROTOBUF", "references": []},
    {"schema": "[" * 5_000 + "]" * 5_000},
    {"schema": 'syntax = "proto3"; ' + "message A { " * 900, "schemaType": "PROTOBUF"},
    {"schema": '"R"', "references": [{"name": "R", "subject": "../../x", "version": "1/../.."}]},
)


@fuzz(120, answer=damaged_json(OBJECTS), log=st.sampled_from([OPERATOR_LOG.encode(), b"\xff" * 99, b"ERROR " * 2_000]))
def test_any_answer_of_kubectl_is_shown_or_said(answer: bytes, log: bytes) -> None:
    def kubectl(*arguments: str) -> "CompletedProcess[bytes]":
        return CompletedProcess(arguments, 0, log if arguments[0] == "logs" else answer, b"")

    with bounded():
        problems = find_problems(kubectl)
    assert all("\n" not in problem.text for problem in problems.found)


@fuzz(120, connectors=like(CONNECTORS), plugins=like([{"class": "C", "version": "1"}]), root=like({"version": "4"}))
def test_any_answer_of_connect_is_shown_or_said(connectors: Any, plugins: Any, root: Any) -> None:
    answers = iter([root, connectors, plugins])
    with (
        bounded(),
        patch.object(connector_status, "get_json", lambda *_, **__: next(answers)),
        suppress(UnavailableError),
    ):
        for status in fetch_connect_status(ENDPOINT).connectors:
            assert all(isinstance(sentence, str) for sentence in status.failures)


@fuzz(120, answer=st.sampled_from(SCHEMAS).flatmap(like) | values)
def test_any_answer_of_the_registry_is_a_schema_or_said(answer: Any) -> None:
    with bounded(), patch.object(registry_schemas, "get_json", lambda *_, **__: answer), suppress(SluiceError):
        RegistrySchemas(ENDPOINT)(7)


@contextmanager
def serving(*pieces: bytes, endless: bytes = b"") -> Generator[str]:
    """Answer every request with these bytes, and then `endless` until the client goes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            with suppress(OSError):
                for piece in pieces:
                    self.request.sendall(piece)
                while endless:
                    self.request.sendall(endless)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ODD_ANSWERS = (
    (b"", b""),
    (b"garbage\r\n\r\n", b""),
    (HEAD + b"Content-Length: 99\r\n\r\n{", b""),
    (HEAD + b"Content-Length: x\r\n\r\n{}", b""),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{", b""),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{", b""),
    (HEAD + b"\r\n<html>502</html>", b""),
    (HEAD + b"\r\n" + b"[" * 100_000, b""),
    (HEAD + b"\r\n{\xff", b""),
    (HEAD + b"\r\n[", b"1," * 30_000),
    (HEAD, b"X-Header: " + b"y" * 60_000 + b"\r\n"),
    (b"HTTP/1.1 302 x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", b""),
    (b"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", b""),
    (b"HTTP/1.1 302 x\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n", b""),
)


@pytest.mark.parametrize(("answer", "endless"), ODD_ANSWERS)
def test_any_answer_of_a_server_ends_in_a_sentence(answer: bytes, endless: bytes) -> None:
    readers: tuple[Callable[[str], object], ...] = (
        lambda url: get_json(RestEndpoint(url=url), "/", part="it"),
        lambda url: request("GET", RestEndpoint(url=url), "/", seconds=2),
    )
    with serving(answer, endless=endless) as url, bounded(megabytes=600, seconds=60):
        for read in readers:
            with suppress(UnavailableError, HTTPException, OSError):
                read(url)


def test_an_answer_that_drips_is_not_waited_for_without_end() -> None:
    at_once = patch.object(rest_endpoint, "TIMEOUTS", 0.01)
    refused = pytest.raises(UnavailableError, match="no end after")
    with serving(HEAD + b"\r\n[", endless=b"1,") as url, at_once, bounded(), refused:
        get_json(RestEndpoint(url=url), "/", part="it")
