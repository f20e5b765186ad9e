import json
import os
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from producer.gps import encode_row
from producer.kafka.register_schema import register
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint

SUBJECT = "gps-fixes-value"


class Registry(BaseHTTPRequestHandler):
    """As much of Confluent's API as a registration needs; keeps what it was asked."""

    asked: ClassVar[list[str]]
    schemas: ClassVar[list[str]]
    refuse: ClassVar[tuple[int, str] | None]
    compatibility: ClassVar[str | None]
    racing: ClassVar[str | None]
    """What another client sets just before this one."""
    unread: ClassVar[bool]
    """Whether it still reads its journal, until a schema was posted."""

    def do_GET(self) -> None:
        if self.path.startswith("/config/"):
            if self.compatibility is None:
                return self.answer(404, {"error_code": 40408, "message": "no setting for the subject"})
            return self.answer(200, {"compatibilityLevel": self.compatibility})
        if self.unread or not self.schemas:
            return self.answer(404, {"error_code": 40401, "message": "no such subject"})
        return self.answer(200, {"subject": SUBJECT, "id": 7, "version": 1, "schema": self.schemas[-1]})

    def do_PUT(self) -> None:
        body = self.body()
        self.asked.append(f"{self.path} {body['compatibility']}")
        if self.racing:
            type(self).compatibility = self.racing
            return self.answer(409, {"error_code": 409, "message": "A rule named 'COMPATIBILITY' already exists."})
        return self.answer(200, body)

    def do_POST(self) -> None:
        self.asked.append(self.path.partition("?")[0])
        if self.refuse:
            status, message = self.refuse
            return self.answer(status, {"error_code": status, "message": message})
        if self.unread:
            type(self).unread = False
            return self.answer(
                409, {"error_code": 409, "message": "An artifact with ID 'gps-fixes-value' already exists."}
            )
        self.schemas.append(self.body()["schema"])
        return self.answer(200, {"id": 6 + len(self.schemas)})

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def registry() -> Generator[tuple[RestEndpoint, type[Registry]]]:
    class Fresh(Registry):
        asked: ClassVar[list[str]] = []
        schemas: ClassVar[list[str]] = []
        refuse = None
        compatibility = None
        racing = None
        unread = False

    server = ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield RestEndpoint(url=f"http://127.0.0.1:{server.server_port}"), Fresh
    server.shutdown()
    server.server_close()


def test_a_new_subject_is_registered_and_then_held_to_backward(registry: tuple[RestEndpoint, type[Registry]]) -> None:
    endpoint, server = registry
    assert register(encode_row.schema_text(), subject=SUBJECT, registry=endpoint) == 7
    assert server.asked == [f"/subjects/{SUBJECT}/versions", f"/config/{SUBJECT} BACKWARD"]
    assert json.loads(server.schemas[0]) == json.loads(encode_row.SCHEMA_FILE.read_text())


def test_a_known_subject_is_held_to_backward_before_anything_new_is_registered(
    registry: tuple[RestEndpoint, type[Registry]],
) -> None:
    endpoint, server = registry
    server.schemas.append('"int"')
    assert register('"long"', subject=SUBJECT, registry=endpoint) == 8
    assert server.asked == [f"/config/{SUBJECT} BACKWARD", f"/subjects/{SUBJECT}/versions"]


@pytest.mark.parametrize(("before", "written"), [("BACKWARD", []), ("NONE", [f"/config/{SUBJECT} BACKWARD"])])
def test_the_compatibility_is_written_only_where_it_is_another(
    registry: tuple[RestEndpoint, type[Registry]], before: str, written: list[str]
) -> None:
    endpoint, server = registry
    server.schemas.append('"int"')
    server.compatibility = before
    register('"int"', subject=SUBJECT, registry=endpoint)
    assert server.asked == [*written, f"/subjects/{SUBJECT}/versions"]


def test_first_loads_at_the_same_time_all_register(registry: tuple[RestEndpoint, type[Registry]]) -> None:
    endpoint, server = registry
    server.racing = "BACKWARD"
    assert register('"int"', subject=SUBJECT, registry=endpoint) == 7
    server.schemas.clear()
    server.compatibility, server.racing = None, "NONE"
    with pytest.raises(SluiceError, match="already exists"):
        register('"int"', subject=SUBJECT, registry=endpoint)


def test_a_schema_that_breaks_compatibility_is_an_error(registry: tuple[RestEndpoint, type[Registry]]) -> None:
    endpoint, server = registry
    server.schemas.append('"string"')
    server.refuse = (409, "reader type: INT not compatible with writer type: STRING")
    with pytest.raises(SluiceError, match=r"refuses the schema for gps-fixes-value.*not compatible") as caught:
        register('"int"', subject=SUBJECT, registry=endpoint)
    assert caught.value.status is Exit.FAILED


def test_a_registry_that_still_reads_its_journal_is_asked_again(
    registry: tuple[RestEndpoint, type[Registry]],
) -> None:
    endpoint, server = registry
    server.schemas.append('"int"')
    server.compatibility, server.unread = "BACKWARD", True
    assert register('"long"', subject=SUBJECT, registry=endpoint) == 8


def test_other_errors_of_the_registry_are_passed_on(registry: tuple[RestEndpoint, type[Registry]]) -> None:
    endpoint, server = registry
    server.refuse = (422, "not a schema")
    with pytest.raises(SluiceError, match="answers: not a schema"):
        register('"int"', subject=SUBJECT, registry=endpoint)


def test_a_registry_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(SluiceError, match=r"does not answer.*refused") as caught:
        register('"int"', subject=SUBJECT, registry=RestEndpoint(url="http://127.0.0.1:1"))
    assert caught.value.status is Exit.UNAVAILABLE


@pytest.mark.parametrize("no_proxy", [None, "example.com"])
def test_no_proxy_is_asked_for_a_registry(
    no_proxy: str | None, registry: tuple[RestEndpoint, type[Registry]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    if no_proxy:
        monkeypatch.setenv("no_proxy", no_proxy)
    endpoint, _ = registry
    assert register(encode_row.schema_text(), subject=SUBJECT, registry=endpoint) == 7
    assert os.environ.get("no_proxy") == no_proxy
