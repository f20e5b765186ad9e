"""Requests about one connector to Kafka Connect's REST interface, with its errors as sentences."""

import json
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.secret_settings import mask_text
from sluice.view.connector_status import PART
from sluice.view.http_client import UnavailableError

_SECONDS = 10.0
"""Time that a worker has to answer, s: it asks the leader, which writes into a topic."""
_REBALANCE_SECONDS = 15.0
"""Time that the workers have to rebalance, s; meanwhile they answer a change with 409."""
_POLL_SECONDS = 0.5


def ask_about_connector(
    workers: Sequence[RestEndpoint],
    method: str,
    name: str,
    path: str = "",
    *,
    wait: Callable[[float], None] = time.sleep,
) -> Any:
    """Send a request for the connector `name`, whose characters may be any, and return the JSON answered (or None).

    Asks the workers in order until one answers, and again while they rebalance. Raises UnavailableError if none
    answers; SluiceError with Connect's reason if it refuses, with status USAGE if there is no such connector.
    """
    deadline = time.monotonic() + _REBALANCE_SECONDS
    while True:
        status, reason, answer = _send_to_one(workers, method, f"/connectors/{quote(name, safe='')}{path}")
        if status < HTTPStatus.BAD_REQUEST:
            return answer
        if status != HTTPStatus.CONFLICT or time.monotonic() > deadline:
            raise _error(name, status, reason, answer)
        wait(_POLL_SECONDS)


def _send_to_one(workers: Sequence[RestEndpoint], method: str, path: str) -> tuple[int, str, Any]:
    errors: list[UnavailableError] = []
    for worker in workers:
        try:
            status, reason, body = worker.send(method, path, seconds=_SECONDS)
        except (OSError, HTTPException) as error:
            why = str(error) or type(error).__name__
            errors.append(UnavailableError(f"{PART} at {worker.url} does not answer: {why}"))
        else:
            return status, reason, _decoded(body)
    raise errors[0]


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _error(name: str, status: int, reason: str, answer: Any) -> SluiceError:
    message = answer.get("message") if isinstance(answer, dict) else None
    why = mask_text(str(message)) if message else f"{status} {reason}"
    if status == HTTPStatus.NOT_FOUND:
        return SluiceError(f"there is no connector {name}: {why}", status=Exit.USAGE)
    if status == HTTPStatus.CONFLICT:
        return SluiceError(f"Kafka Connect's workers are rebalancing ({why}); try it again in a minute")
    return SluiceError(f"Kafka Connect refuses the request for {name}: {why}")
