"""HTTP requests to a part of the pipeline, and UnavailableError for a part that does not answer."""

import json
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from producer.runtime.rest_endpoint import RestEndpoint

TIMEOUT = 3.0
"""Timeout of one request in seconds."""


class UnavailableError(Exception):
    """A part of the pipeline did not answer; the message names the part, its address and the reason."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        """HTTP status, if the part answered with an error."""


def get_json(endpoint: RestEndpoint, path: str, *, part: str, timeout: float = TIMEOUT) -> Any:
    """Return the JSON at `path`; raises UnavailableError, whose message begins with `part`."""
    address = f"{part} at {endpoint.url}{path}"
    try:
        status, reason, body = endpoint.send("GET", path, seconds=timeout)
        if status != HTTPStatus.OK:
            raise UnavailableError(f"{address} answers {status} {reason}", code=status)
        return json.loads(body)
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise UnavailableError(f"{address} does not answer: {str(error) or type(error).__name__}") from error
