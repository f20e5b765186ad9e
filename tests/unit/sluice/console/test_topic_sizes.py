"""Tests of the sizes of topics: estimated, beside the samples, and one that fails hides no other."""

import threading
from typing import cast

import pytest

from producer.runtime.exit_status import SluiceError
from sluice.console import topic_sizes
from sluice.console.topic_sizes import TopicSizes, mean_size
from sluice.view.topic_reader import TopicReader
from tests.unit.sluice.view.fake_reader import FakeReader, message


class Reader(FakeReader):
    def close(self) -> None:
        pass


def reader(*sizes: int) -> TopicReader:
    return cast(TopicReader, Reader(*(message(n, value=b"x" * size) for n, size in enumerate(sizes))))


class Sizes:
    """Sizes of topics whose readers a test lets be opened."""

    def __init__(self) -> None:
        self.may_open = threading.Event()
        self.opened: list[str] = []
        self.sizes = TopicSizes(self._open)

    def _open(self, topic: str) -> TopicReader:
        assert self.may_open.wait(10)
        self.opened.append(topic)
        if topic == "deleted":
            raise SluiceError("there is no such topic")
        return reader(9)

    def wait(self) -> None:
        """Wait until all that was asked for has been sampled."""
        thread = self.sizes._thread  # pyright: ignore[reportPrivateUsage]
        assert thread is not None
        thread.submit(lambda: None).result(10)


def test_the_size_is_estimated_from_all_over_the_topic():
    assert mean_size(reader()) is None
    assert mean_size(reader(*(9 if n < 50 else 99 for n in range(100)))) == (10 + 100) / 2
    assert mean_size(cast(TopicReader, FakeReader(message(0, value=None)))) == 1
    assert mean_size(reader(*[3_000_000] * 100)) == 3_000_001


def test_a_size_is_not_waited_for_and_one_topic_breaks_no_other():
    sizes = Sizes()
    names = ["deleted", "gps-fixes"]
    assert [sizes.sizes.mean(name, 1) for name in names * 2] == [None] * 4
    sizes.may_open.set()
    sizes.wait()
    assert [sizes.sizes.mean(name, 1) for name in names] == [None, 10]
    assert sizes.opened == names, "each is asked once"


def test_a_topic_that_has_grown_is_sampled_again_after_a_while(monkeypatch: pytest.MonkeyPatch):
    sizes = Sizes()
    sizes.may_open.set()
    sizes.sizes.mean("a", 1)
    sizes.wait()
    assert sizes.sizes.mean("a", 2) == 10
    sizes.wait()
    assert sizes.opened == ["a"]
    monkeypatch.setattr(topic_sizes, "_SECONDS", 0)
    monkeypatch.setattr(topic_sizes, "_PATIENCE", 0)
    sizes.sizes.mean("a", 1)
    sizes.wait()
    assert sizes.opened == ["a"], "it has not grown"
    sizes.sizes.mean("a", 2)
    sizes.wait()
    assert sizes.opened == ["a", "a"]


def test_what_is_forgotten_does_not_come_back_from_a_reading_that_was_under_way():
    sizes = Sizes()
    sizes.sizes.mean("a", 1)
    sizes.sizes.forget()
    sizes.may_open.set()
    assert sizes.sizes.mean("b", 1) is None
    sizes.wait()
    assert "a" not in sizes.sizes._sizes  # pyright: ignore[reportPrivateUsage]
