"""Reads something again and again while a page shows it, once for all pages."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from producer.runtime.exit_status import SluiceError
from producer.runtime.run_program import report_unexpected
from producer.runtime.terminal import Console, format_json
from sluice.view.http_client import UnavailableError

Sample = TypeVar("Sample")
Answer = TypeVar("Answer")
MOST_NAMES = 32
"""Names for which NamedSamplers keeps a sampler."""


def _unchanged(sample: Any) -> Any:
    return sample


class Sampler(Generic[Sample]):
    """Calls a blocking function in a thread, and gives what it returns to every listener.

    It is called only while there is a listener, and again `seconds` after it has returned: a slow pipeline is not
    asked faster than it answers. `at_end` is called when the last listener has gone. The thread is the sampler's own:
    it never waits for the long searches of a page.
    """

    def __init__(
        self, read: Callable[[], Sample], *, seconds: float, at_end: Callable[[], None] = lambda: None
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._at_end = at_end
        self._listeners: set[asyncio.Queue[Sample | Exception]] = set()
        self._task: asyncio.Task[None] | None = None
        self._newest: Sample | Exception | None = None
        self._unexpected = ""
        self._events: dict[Callable[[Sample], Any], tuple[Sample | Exception, str]] = {}

    async def listen(self) -> AsyncGenerator[Sample | Exception, None]:
        """Yield the newest sample, then each further one that the listener has time for.

        It yields an exception that the function has raised, and goes on. One that is neither a SluiceError nor an
        UnavailableError comes as SluiceError, and is reported on standard error.
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

    def as_event(self, sample: Sample | Exception, draw: Callable[[Sample], Any] = _unchanged) -> str:
        """Return what `draw` makes of a sample (JSON types) as a server-sent event, an exception as event `problem`.

        The newest is written once for all listeners of the same `draw`.
        """
        known = self._events.get(draw)
        if known is None or known[0] is not sample:
            shown = sample if isinstance(sample, Exception) else self._answer(lambda: draw(sample))
            known = self._events[draw] = sample, _event(shown)
        return known[1]

    async def _run(self) -> None:
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sampler")
        loop = asyncio.get_running_loop()
        try:
            while self._listeners:
                newest = await loop.run_in_executor(thread, self._answer, self._read)
                self._newest = newest
                for queue in self._listeners:
                    with suppress(asyncio.QueueEmpty):
                        queue.get_nowait()  # a page that is slow gets the newest only
                    queue.put_nowait(newest)
                await asyncio.sleep(self._seconds)
            await loop.run_in_executor(thread, self._at_end)
        finally:
            thread.shutdown(wait=False)
            self._task, self._newest, self._events = None, None, {}
            if self._listeners:  # one that has come during `at_end`
                self._task = asyncio.create_task(self._run())

    def _answer(self, make: Callable[[], Answer]) -> Answer | Exception:
        try:
            return make()
        except (SluiceError, UnavailableError) as error:
            return error
        except Exception as error:  # a fault of ours must not end the samples without a word
            return SluiceError(f"the pipeline cannot be shown: {self._report(error)}")

    def _report(self, error: Exception) -> str:
        """Report an unexpected exception once, however often it comes; returns the sentence for the page."""
        summary = f"{type(error).__name__}: {error}"
        if summary != self._unexpected:
            self._unexpected = summary
            Console(stderr=True).print_error(f"sluice: {report_unexpected(error)}")
        return f"{summary}. This is a fault of the console, whose terminal says where"


class NamedSamplers(Generic[Sample]):
    """A sampler for each name of which a page asks: kept for the names asked last.

    One that a page listens to goes on without being kept.
    """

    def __init__(self, make: Callable[[str], Sampler[Sample]]) -> None:
        self._make = make
        self._samplers: OrderedDict[str, Sampler[Sample]] = OrderedDict()

    def of(self, name: str) -> Sampler[Sample]:
        """Return the sampler of a name."""
        sampler = self._samplers.pop(name, None) or self._make(name)
        self._samplers[name] = sampler
        while len(self._samplers) > MOST_NAMES:
            self._samplers.popitem(last=False)
        return sampler


class EventStream(StreamingResponse):
    """Server-sent events without end; to HEAD only their headers."""

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until the page is closed."""
        if scope["method"] != "HEAD":
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": b""})


def events(sampler: Sampler[Sample], draw: Callable[[Sample], Any] = _unchanged) -> StreamingResponse:
    """Send what `draw` makes of each sample (JSON types) as a server-sent event, an error as an event `problem`."""
    return EventStream(_events(sampler, draw))


async def _events(sampler: Sampler[Sample], draw: Callable[[Sample], Any]) -> AsyncIterator[str]:
    async for sample in sampler.listen():
        yield sampler.as_event(sample, draw)


def _event(shown: Any) -> str:
    if isinstance(shown, Exception):
        return f"event: problem\ndata: {format_json({'problem': str(shown)})}\n\n"
    return f"data: {format_json(shown)}\n\n"
