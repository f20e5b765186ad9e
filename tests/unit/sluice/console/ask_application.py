"""Sends one request to an ASGI application, without a server."""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Scope


def ask(application: ASGIApp, method: str, path: str, body: bytes | object = b"") -> tuple[int, Any]:
    """Return status and JSON of the answer; `body` is sent as it is, or as JSON."""
    return asyncio.run(ask_soon(application, method, path, body))


async def ask_soon(application: ASGIApp, method: str, path: str, body: bytes | object = b"") -> tuple[int, Any]:
    """As ask(), in a loop that runs."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    name, _, query = path.partition("?")
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": name,
        "raw_path": name.encode(errors="replace"),
        "query_string": query.encode(),
        "headers": [],
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }
    sent: list[Message] = []
    pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)] or [b""]

    async def receive() -> Message:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))
