"""Tests of long readings for requests: few threads, and none for a page that has gone."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request

from sluice.console import page_reads
from sluice.console.page_reads import THREADS, PageReads


class Browser:
    """A request, which can be ended."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.request = Request({"type": "http", "method": "GET", "headers": []}, self._receive)
        self._asked = False

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}


class Topics:
    """Readings that last until a test lets them end, or nobody waits."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.begun: list[str] = []
        self.closed = threading.Event()
        self.reads = PageReads(at_end=self.closed.set)

    def ask(self, topic: str) -> tuple[Browser, "asyncio.Task[Any]"]:
        """Begin to read."""

        def read(gone: Callable[[], bool]) -> str:
            self.begun.append(topic)
            while not (self.may_end.wait(0.01) or gone()):
                pass
            return topic

        browser = Browser()
        return browser, asyncio.create_task(self.reads.answer(browser.request, topic, read))


async def until(reached: Callable[[], bool]) -> None:
    while not reached():
        await asyncio.sleep(0.01)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


def test_requests_for_one_topic_wait_without_a_thread() -> None:
    async def test() -> None:
        topics = Topics()
        asked = [topics.ask("gps") for _ in range(2 * THREADS)]
        _, other = topics.ask("images")
        await until(lambda: len(topics.begun) == 2)
        assert sorted(topics.begun) == ["gps", "images"]
        topics.may_end.set()
        assert (await other).body == b'"images"'
        assert [(await task).body for _, task in asked] == [b'"gps"'] * len(asked)

    run(test)


def test_what_nobody_waits_for_is_not_read() -> None:
    async def test() -> None:
        topics = Topics()
        asked = [topics.ask("gps") for _ in range(5)]
        await until(lambda: topics.begun == ["gps"])
        for browser, _ in asked[:4]:
            browser.gone.set()
        await asyncio.gather(*(task for _, task in asked[:4]))
        await until(lambda: topics.begun == ["gps", "gps"])
        topics.may_end.set()
        assert (await asked[4][1]).body == b'"gps"'

    run(test)


def test_readers_are_closed_when_none_was_asked_for_a_while(monkeypatch: Any) -> None:
    monkeypatch.setattr(page_reads, "IDLE_SECONDS", 0.01)

    async def test() -> None:
        topics = Topics()
        topics.may_end.set()
        await topics.ask("gps")[1]
        await until(topics.closed.is_set)

    run(test)
