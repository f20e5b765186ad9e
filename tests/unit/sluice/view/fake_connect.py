"""A server on loopback that answers as Kafka Connect's REST interface, as far as a test says."""

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from producer.runtime.rest_endpoint import RestEndpoint


class Requests(list[str]):
    """`METHOD path` of each request, in their order."""


Page = Any
"""Bytes unchanged, (status, answer), or an answer as JSON; a list of them in Pages is answered one after another."""


@contextmanager
def serving(pages: Mapping[str, Page], *, changes: Mapping[str, list[Page]] | None = None) -> Generator[RestEndpoint]:
    """Serve `pages` by path (else 404); `changes` are the answers to a `METHOD path`, the last one again and again."""
    with serving_requests(pages, changes=changes) as (endpoint, _):
        yield endpoint


@contextmanager
def serving_requests(
    pages: Mapping[str, Page], *, changes: Mapping[str, list[Page]] | None = None
) -> Generator[tuple[RestEndpoint, Requests]]:
    """Serve as serving() does; yields the requests too."""
    asked = Requests()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(pages.get(self.path, (404, {"error_code": 404, "message": "not found"})))

        def do_POST(self) -> None:
            answers = (changes or {}).get(f"{self.command} {self.path}", [(404, {"message": "not found"})])
            self._answer(answers.pop(0) if len(answers) > 1 else answers[0])

        def do_PUT(self) -> None:
            self.do_POST()

        def _answer(self, page: Page) -> None:
            asked.append(f"{self.command} {self.path}")
            status, page = page if isinstance(page, tuple) else (200, page)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(page if isinstance(page, bytes) else json.dumps(page).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name in the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield RestEndpoint(url=f"http://127.0.0.1:{server.server_port}"), asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
