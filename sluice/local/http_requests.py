"""HTTP requests with JSON to servers on this machine.

Its callers send bodies, and need the status of every answer (Connect answers 409 while it rebalances);
sluice/view/http_client.py only reads, and turns every failure into the sentence that `sluice status` shows.
"""

import json
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from producer.runtime.rest_endpoint import RestEndpoint


def responds_ok(endpoint: RestEndpoint, path: str) -> bool:
    """Return whether a GET of `path` is answered with 200 within 2 s."""
    try:
        return request("GET", endpoint, path, seconds=2)[0] == HTTPStatus.OK
    except (OSError, HTTPException):
        return False


def request(
    method: str, endpoint: RestEndpoint, path: str, body: object = None, *, seconds: float = 30
) -> tuple[int, Any]:
    """Send an HTTP request; return its status and decoded JSON (None where there is none).

    `body` is sent as JSON. Raises OSError or HTTPException where the server does not answer within `seconds`.
    """
    status, _, text = endpoint.send(method, path, body, seconds=seconds)
    try:
        return status, json.loads(text)
    except (ValueError, RecursionError):
        return status, None
