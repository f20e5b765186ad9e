"""One stream of several parts: what has changed, and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count

import pytest

from producer.runtime.exit_status import SluiceError
from sluice.console import part_events
from sluice.console.sampler import Sampler


async def first(stream: AsyncIterator[str], number: int) -> list[str]:
    found = [await anext(stream) for _ in range(number)]
    await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue] it is a generator
    return found


def test_each_part_is_sent_as_often_as_it_has_changed():
    numbers = count()
    parts = {"same": Sampler(lambda: "x", seconds=0), "new": Sampler(lambda: next(numbers), seconds=0)}
    found = asyncio.run(first(part_events.changed_parts(parts), 20))
    samples = [json.loads(event.removeprefix("data: ")) for event in found]
    assert sum("same" in sample for sample in samples) == 1
    numbered = [sample["new"] for sample in samples if "new" in sample]
    assert numbered == sorted(set(numbered))
    assert len(numbered) == 19


def test_an_error_of_one_part_is_its_problem():
    def fail() -> str:
        raise SluiceError("it is <gone>")

    def fail_by_mistake() -> str:
        raise KeyError("x")

    parts = {"bad": Sampler(fail, seconds=0), "worse": Sampler(fail_by_mistake, seconds=0)}
    found = asyncio.run(first(part_events.changed_parts(parts), 2))
    samples = {name: sample for event in found for name, sample in json.loads(event[6:]).items()}
    assert samples["bad"] == {"problem": "it is <gone>"}
    assert "KeyError" in samples["worse"]["problem"]


def test_a_stream_that_has_nothing_to_say_lives(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(part_events, "HEARTBEAT_SECONDS", 0.01)
    parts = {"same": Sampler(lambda: "x", seconds=0.001)}
    found = asyncio.run(first(part_events.changed_parts(parts), 200))
    assert sum(event.startswith("data:") for event in found) == 1
    assert set(found[-2:]) == {": nothing has changed\n\n"}
