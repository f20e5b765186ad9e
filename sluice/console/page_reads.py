"""Long readings for requests: few at a time, one of a topic, and none for a page that does not wait any more."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from weakref import WeakValueDictionary

from starlette.requests import Request
from starlette.responses import Response

from sluice.console.json_response import JsonResponse

THREADS = 3
"""Topics that are read at the same time."""
IDLE_SECONDS = 60.0
"""Time after the last reading after which `at_end` is called."""
_CLIENT_GONE = 499
"""Status that nobody sees."""

Read = Callable[[Callable[[], bool]], Any]
"""Returns JSON types. It is given what says whether nobody waits any more."""


class PageReads:
    """Reads in threads of its own: a request waits for the one before it of the same topic without a thread."""

    def __init__(self, at_end: Callable[[], None]) -> None:
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="pages")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._at_end = at_end
        self._end: asyncio.TimerHandle | None = None

    async def answer(self, request: Request, topic: str, read: Read) -> Response:
        """Answer with what `read` returns for a topic, or what it raises."""
        gone = Event()
        watch = asyncio.create_task(_watch(request, gone))
        turn = self._turns.setdefault(topic, asyncio.Lock())
        try:
            async with turn:
                if gone.is_set():
                    return Response(status_code=_CLIENT_GONE)
                loop = asyncio.get_running_loop()
                return JsonResponse(await loop.run_in_executor(self._threads, read, gone.is_set))
        finally:
            gone.set()  # also where the console ends in the middle of it
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            self._end_later()

    def _end_later(self) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._threads.submit, self._at_end)


async def _watch(request: Request, gone: Event) -> None:
    """Set `gone` when the browser has ended the request."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone.set()
