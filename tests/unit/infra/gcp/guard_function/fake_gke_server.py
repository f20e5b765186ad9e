"""HTTP server on loopback in place of the Google APIs that the guard and its commands connect to."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.unit.infra.gcp.guard_function.fake_gke import FakeGoogle


@contextmanager
def fake_google() -> Generator[FakeGoogle]:
    google = FakeGoogle()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            google.headers.append(dict(self.headers.items()))
            status, found = google.answer(self.command, self.path, body)
            if status == 0:  # no answer until the test is over
                google.hold.wait(30)
                return
            if status < 0:  # hung up
                self.close_connection = True
                return
            text = found.encode() if isinstance(found, str) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 http.server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 as the parent has it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    google.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield google
    finally:
        google.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
