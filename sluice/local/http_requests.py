"""HTTP requests with JSON to servers on this machine.

Its callers send bodies, and need the status of every answer (Connect answers 409 while it rebalances);
sluice/view/http_client.py only reads, and turns every failure into the sentence that `sluice status` shows.
"""

import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit


def responds_ok(url: str) -> bool:
    """Return whether a GET of `url` is answered with 200 within 2 s."""
    try:
        return request("GET", url, seconds=2)[0] == HTTPStatus.OK
    except (OSError, HTTPException):
        return False


def request(method: str, url: str, body: object = None, *, seconds: float = 30) -> tuple[int, Any]:
    """Send an HTTP request; return its status and decoded JSON (None where there is none).

    `body` is sent as JSON. Raises OSError or HTTPException where the server does not answer within `seconds`.
    """
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=seconds)
    try:
        connection.request(
            method,
            f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}",
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        response = connection.getresponse()
        return response.status, _decoded(response.read())
    finally:
        connection.close()


def _decoded(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
