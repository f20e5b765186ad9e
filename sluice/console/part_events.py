"""One stream of server-sent events for a view of several parts: a browser has few connections to one server."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import StreamingResponse

from producer.runtime.terminal import format_json
from sluice.console.sampler import EventStream, Sampler

HEARTBEAT_SECONDS = 15.0
"""Time after which something is sent where nothing has changed: only by sending is a closed page noticed."""


def part_events(samplers: Mapping[str, Sampler[Any]]) -> StreamingResponse:
    """Send `{part: sample}` for each part as often as it has changed; for an error `{part: {"problem": sentence}}`."""
    return EventStream(changed_parts(samplers))


async def changed_parts(samplers: Mapping[str, Sampler[Any]]) -> AsyncIterator[str]:
    """Yield the events of `part_events`."""
    queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(maxsize=1)
    tasks = [asyncio.create_task(_send_changes(name, sampler, queue)) for name, sampler in samplers.items()]
    try:
        while True:
            try:
                name, sample = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": nothing has changed\n\n"
            else:
                yield f"data: {{{format_json(name)}: {sample}}}\n\n"
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _send_changes(name: str, sampler: Sampler[Any], queue: asyncio.Queue[tuple[str, str]]) -> None:
    before = ""
    listener = sampler.listen()
    try:
        async for sample in listener:
            now = format_json({"problem": str(sample)} if isinstance(sample, Exception) else sample)
            if now != before:
                await queue.put((name, now))
            before = now
    finally:
        await listener.aclose()  # pyright: ignore[reportAttributeAccessIssue] it is a generator
