"""Sends one request to an ASGI application and returns what it answers."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Scope


@dataclass
class Answer:
    """Status, headers (names in lower case) and body."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    text: str = ""

    def header(self, name: str) -> str | None:
        return next((value for found, value in self.headers if found == name), None)


def send_request(
    application: ASGIApp, path: str = "/", *, method: str = "GET", headers: Iterable[tuple[str, str]] = ()
) -> Answer:
    """Send a request whose headers are as given: none is added. They are sent as UTF-8."""
    name, _, query = path.partition("?")
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": name,
        "raw_path": name.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(key.lower().encode(), value.encode()) for key, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    answer = Answer()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(key.decode().lower(), value.decode()) for key, value in message["headers"]]
        else:
            answer.text += message["body"].decode()

    async def ask() -> None:
        await asyncio.wait_for(application(scope, receive, send), 10)

    asyncio.run(ask())
    return answer
