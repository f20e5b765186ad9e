"""Answers for what goes wrong: each a sentence about what is wrong and what to do, never a traceback."""

import traceback
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer.runtime.run_program import report_unexpected
from producer.runtime.terminal import Console

_SENTENCES = {
    HTTPStatus.NOT_FOUND: "The console has no such page. Open its first page: /",
    HTTPStatus.METHOD_NOT_ALLOWED: "The console does not do this here. Open its first page: /",
}


class ErrorAnswers:
    """ASGI middleware that answers an unexpected exception with 500, and reports it in one line on standard error.

    Starlette would raise it once more, and the server print a traceback. One fault is reported once, however often a
    page asks for it: each report is a file.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._reported: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer it if that fails before anything was sent."""
        begun = False

        async def note_begin(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, note_begin)
        except Exception as error:
            self._report(error, scope.get("path", ""))
            if not begun and scope["type"] == "http":
                sentence = f"The console has a fault here ({type(error).__name__}); its terminal says where.\n"
                await PlainTextResponse(sentence, status_code=HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, send)

    def _report(self, error: Exception, path: str) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__} {place.filename}:{place.lineno}"
        if fault not in self._reported:
            self._reported.add(fault)
            Console(stderr=True).print_error(f"sluice: {path!r}: {report_unexpected(error)}")


def respond_with_sentence(_: Request, error: Exception) -> Response:
    """Answer an HTTPException of the routes: no such page, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    sentence = _SENTENCES.get(HTTPStatus(error.status_code), error.detail)
    return PlainTextResponse(f"{sentence}\n", status_code=error.status_code, headers=error.headers)
