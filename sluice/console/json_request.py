"""Bodies of requests that change something: one JSON object, of bounded size."""

import json
from typing import Any

from starlette.requests import Request

from producer.runtime.exit_status import Exit, SluiceError

MAX_BYTES = 256 << 10
"""Largest body."""


async def read_json_object(request: Request) -> dict[str, Any]:
    """Return the object in a request's body; raises SluiceError with USAGE for any other body."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BYTES:
            raise _mistake(f"the request is longer than {MAX_BYTES:,} bytes")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _mistake("the request's body is not JSON") from error
    if not isinstance(body, dict):
        raise _mistake("the request's body is no JSON object")
    return body


def text_of(body: dict[str, Any], name: str) -> str:
    """Return the text of a field; raises SluiceError with USAGE if it is missing, no text, or no Unicode."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise _mistake(f"the request's field {name} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _mistake(f"the request's field {name} is no Unicode text") from error
    return value


def _mistake(sentence: str) -> SluiceError:
    return SluiceError(sentence, status=Exit.USAGE)
