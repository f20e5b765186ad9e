"""The look-up in OSV against a stand-in: finds what is there, and fails where it cannot know."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from infra.supply_chain.__main__ import OSV_URL, main
from infra.supply_chain.osv import find_vulnerabilities, report
from infra.supply_chain.pins import MAVEN, PYPI, Pin
from producer.runtime.exit_status import Exit, SluiceError

PINS = [
    Pin(kind=MAVEN, group="org.apache.avro", name="avro", version="1.12.1"),
    Pin(kind=MAVEN, group="redis.clients", name="jedis", version="8.0.2"),
    Pin(kind=PYPI, group="", name="numpy", version="2.4.0"),
]
Answer = Callable[[list[Any]], tuple[int, object]]


@contextmanager
def osv(answer: Answer) -> Generator[str]:
    """Serve OSV's API on loopback; `answer` makes status and body from the queries."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            status, body = answer(queries) if self.path == "/v1/querybatch" else (404, {})
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def in_pages(queries: list[Any]) -> tuple[int, object]:
    """Avro has two vulnerabilities, each on a page of its own."""
    results: list[object] = []
    for query in queries:
        assert query["package"]["ecosystem"] == "Maven"
        if query["package"]["name"] != "org.apache.avro:avro":
            results.append({})
        elif "page_token" in query:
            results.append({"vulns": [{"id": "GHSA-2"}]})
        else:
            results.append({"vulns": [{"id": "GHSA-1"}], "next_page_token": "2"})
    return 200, {"results": results}


def test_vulnerabilities_are_found_on_every_page() -> None:
    with osv(in_pages) as url:
        found = find_vulnerabilities(PINS, url=url)
    assert report(found) == ["org.apache.avro:avro:1.12.1: GHSA-1, GHSA-2"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda queries: (500, {}),
        lambda queries: (200, b"<html>"),
        lambda queries: (200, {}),
        lambda queries: (200, []),
        lambda queries: (200, {"results": [{}]}),
        lambda queries: (200, {"results": [None] * len(queries)}),
        lambda queries: (200, {"results": [{"next_page_token": "x"}] * len(queries)}),
    ],
)
def test_an_answer_that_is_no_answer_is_an_error(answer: Answer) -> None:
    with osv(answer) as url, pytest.raises(SluiceError) as raised:
        find_vulnerabilities(PINS, url=url)
    assert raised.value.status is Exit.UNAVAILABLE


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(SluiceError, match="does not answer"):
        find_vulnerabilities(PINS, url="http://127.0.0.1:1")


def test_the_audit_asks_for_every_artifact(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def nothing(queries: list[Any]) -> tuple[int, object]:
        asked.extend(query["package"]["name"] for query in queries)
        return 200, {"results": [{} for _ in queries]}

    with osv(nothing) as url:
        monkeypatch.setenv(OSV_URL, url)
        assert main(["--audit"]) is Exit.OK
    assert "no vulnerability" in capsys.readouterr().out
    assert "org.apache.kafka:kafka_2.13" in asked
    with osv(in_pages) as url:
        monkeypatch.setenv(OSV_URL, url)
        assert main(["--audit"]) is Exit.FAILED
