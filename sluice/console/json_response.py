"""Responses as JSON, and errors as sentences in JSON."""

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import format_json


class JsonResponse(Response):
    """JSON in which unsafe characters are escaped: a text of a record may hold what is no Unicode."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return format_json(content).encode()


def respond_with_problem(_: Request, error: Exception) -> Response:
    """Answer a SluiceError or UnavailableError: `{"problem": sentence}`, with 400 for a mistake of the request."""
    mistake = isinstance(error, SluiceError) and error.status == Exit.USAGE
    status = HTTPStatus.BAD_REQUEST if mistake else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"problem": str(error)}, status_code=status)
