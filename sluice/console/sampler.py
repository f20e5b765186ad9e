"""Reads something again and again while a page shows it, once for all pages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from starlette.responses import StreamingResponse

from producer.runtime.exit_status import SluiceError
from producer.runtime.terminal import format_json
from sluice.view.http_client import UnavailableError

Sample = TypeVar("Sample")


class Sampler(Generic[Sample]):
    """Calls a blocking function in a thread, and gives what it returns to every listener.

    It is called only while there is a listener, and again `seconds` after it has returned: a slow pipeline is not
    asked faster than it answers.
    """

    def __init__(self, read: Callable[[], Sample], *, seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._listeners: set[asyncio.Queue[Sample | Exception]] = set()
        self._task: asyncio.Task[None] | None = None
        self._newest: Sample | Exception | None = None

    async def listen(self) -> AsyncIterator[Sample | Exception]:
        """Yield the newest sample, then each further one that the listener has time for.

        It yields a SluiceError or UnavailableError that the function has raised, and goes on.
        """
        queue: asyncio.Queue[Sample | Exception] = asyncio.Queue(maxsize=1)
        if self._task is not None and self._newest is not None:
            queue.put_nowait(self._newest)
        self._listeners.add(queue)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    async def _run(self) -> None:
        try:
            while self._listeners:
                try:
                    self._newest = await asyncio.to_thread(self._read)
                except (SluiceError, UnavailableError) as error:
                    self._newest = error
                except Exception as error:  # records may hold anything; the next sample may be good again
                    self._newest = SluiceError(f"unexpected error, a bug in this program: {error!r}")
                for queue in self._listeners:
                    with suppress(asyncio.QueueEmpty):
                        queue.get_nowait()  # a page that is slow gets the newest only
                    queue.put_nowait(self._newest)
                await asyncio.sleep(self._seconds)
        finally:
            self._task, self._newest = None, None


def events(sampler: Sampler[Any]) -> StreamingResponse:
    """Send each sample (JSON types) as a server-sent event, an error as an event `problem`."""
    return StreamingResponse(_events(sampler), media_type="text/event-stream")


async def _events(sampler: Sampler[Any]) -> AsyncIterator[str]:
    async for sample in sampler.listen():
        if isinstance(sample, Exception):
            yield f"event: problem\ndata: {format_json({'problem': str(sample)})}\n\n"
        else:
            yield f"data: {format_json(sample)}\n\n"
