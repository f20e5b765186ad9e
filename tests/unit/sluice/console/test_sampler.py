"""Tests of samples: one reading for all pages, whatever it raises."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from starlette.types import Message

from producer.runtime.exit_status import SluiceError
from sluice.console.sampler import MOST_NAMES, EventStream, NamedSamplers, Sampler, events
from sluice.view.http_client import UnavailableError


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


async def _number(page: AsyncIterator[int | Exception]) -> int:
    sample = await anext(page)
    assert isinstance(sample, int)
    return sample


def _counter() -> Callable[[], int]:
    numbers = iter(range(1_000_000))
    return lambda: next(numbers)


def test_all_pages_share_one_reading() -> None:
    read = 0

    def count() -> int:
        nonlocal read
        read += 1
        return read

    async def test() -> None:
        sampler = Sampler(count, seconds=60)
        first = [await anext(sampler.listen())]
        pages = [sampler.listen() for _ in range(200)]
        assert await asyncio.gather(*(anext(page) for page in pages)) == first * 200
        assert read == 1

    run(test)


def test_a_page_that_is_slow_gets_the_newest() -> None:
    async def test() -> None:
        sampler = Sampler(_counter(), seconds=0.001)
        slow, fast = sampler.listen(), sampler.listen()
        assert await _number(slow) == 0
        while (newest := await _number(fast)) < 20:
            pass
        assert await _number(slow) >= newest

    run(test)


def test_nothing_is_read_while_no_page_is_open() -> None:
    ended = threading.Event()
    read: list[int] = []

    def note() -> int:
        read.append(1)
        return len(read)

    async def test() -> None:
        sampler = Sampler(note, seconds=0.001, at_end=ended.set)
        page = sampler.listen()
        await anext(page)
        await page.aclose()
        await asyncio.to_thread(ended.wait, 10)
        before = len(read)
        await asyncio.sleep(0.05)
        assert len(read) == before
        again = sampler.listen()  # and it begins again
        await anext(again)
        assert len(read) > before
        await again.aclose()

    run(test)
    assert ended.is_set()


@pytest.mark.parametrize("error", [SluiceError("no pipeline"), UnavailableError("Kafka does not answer")])
def test_an_error_is_shown_and_the_samples_go_on(error: Exception) -> None:
    answers = iter([error, 2])

    def read() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def test() -> None:
        sampler = Sampler(read, seconds=0.001)
        page = sampler.listen()
        assert sampler.as_event(await anext(page)) == f'event: problem\ndata: {{"problem": "{error}"}}\n\n'
        assert sampler.as_event(await anext(page)) == "data: 2\n\n"

    run(test)


def test_a_fault_of_ours_is_shown_and_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    async def test() -> None:
        nothing: dict[str, int] = {}
        sampler = Sampler(lambda: nothing["nothing"], seconds=0.001)
        page = sampler.listen()
        for _ in range(5):
            answer = await anext(page)
            assert isinstance(answer, SluiceError)
            assert "KeyError" in str(answer)

    run(test)
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert "KeyError" in errors
    assert "Traceback" not in errors


def test_a_sample_is_written_once_for_all_pages() -> None:
    sampler = Sampler(_counter(), seconds=1)
    sample: Any = {"text": "</script>\n\ndata: forged"}
    event = sampler.as_event(sample)
    assert sampler.as_event(sample) is event
    assert event.count("\n") == 2, "a text of a record begins no event"


def test_two_views_draw_the_same_sample_and_a_fault_of_one_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    drawn: list[int] = []

    def double(sample: int) -> int:
        drawn.append(sample)
        return 2 * sample

    def broken(sample: int) -> int:
        raise KeyError(sample)

    sampler = Sampler(_counter(), seconds=1)
    assert [sampler.as_event(4, double) for _ in range(3)] == ["data: 8\n\n"] * 3
    assert drawn == [4]
    assert sampler.as_event(4) == "data: 4\n\n"
    assert sampler.as_event(4, broken).startswith("event: problem\n")
    assert "KeyError" in capsys.readouterr().err


def test_a_sampler_waits_for_no_other_threads_of_the_console() -> None:
    free = threading.Event()

    async def test() -> None:
        searches = [asyncio.create_task(asyncio.to_thread(free.wait, 20)) for _ in range(100)]
        await asyncio.sleep(0)
        page = Sampler(_counter(), seconds=60).listen()
        assert await _number(page) == 0
        assert not free.is_set()
        free.set()
        await asyncio.gather(*searches)

    run(test)


def test_samplers_of_names_do_not_pile_up() -> None:
    samplers = NamedSamplers(lambda name: Sampler(lambda: name, seconds=1))
    first = samplers.of("a")
    for number in range(MOST_NAMES - 1):
        samplers.of(str(number))
    assert samplers.of("a") is first
    for number in range(MOST_NAMES):
        samplers.of(f"more {number}")
    assert samplers.of("a") is not first


def test_head_of_a_stream_ends() -> None:
    sent: list[Message] = []

    async def test() -> None:
        response = events(Sampler(_counter(), seconds=1))
        assert isinstance(response, EventStream)

        async def receive() -> Message:
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        await response({"type": "http", "method": "HEAD"}, receive, send)

    run(test)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert not sent[1]["body"]
