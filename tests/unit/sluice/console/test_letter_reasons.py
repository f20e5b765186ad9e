"""Pages of dead letters, and their reasons in the picture, are read by clients that stay open while a page is."""

import time
from typing import Any

import pytest
from starlette.applications import Starlette

from sluice.console import dead_letters_view, letter_reasons
from sluice.console.letter_reasons import LetterReasons
from sluice.console.unfinished_work import UnfinishedWork
from tests.unit.sluice.console.ask_application import ask
from tests.unit.sluice.console.fake_pipeline import FakePipeline
from tests.unit.sluice.dead_letters.test_letter_summary import TOPIC, FakeClients

WAIT_SECONDS = 20.0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Clients that were made; each closed one is replaced by None."""
    made: list[Any] = []

    class Clients(FakeClients):
        def __init__(self, _: object) -> None:
            super().__init__(letters=3)
            made.append(self)

        def close(self) -> None:
            made[made.index(self)] = None

    monkeypatch.setattr(dead_letters_view, "LetterClients", Clients)
    monkeypatch.setattr(letter_reasons, "LetterClients", Clients)
    return made


def until(condition: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_all_pages_of_letters_are_read_by_the_same_clients(opened: list[Any]) -> None:
    application = Starlette(routes=dead_letters_view.routes(FakePipeline(endpoints="one"), UnfinishedWork()))
    for _ in range(3):
        assert len(ask(application, "GET", "/api/dead-letters/page")[1]["letters"]) == 3
    assert len(opened) == 1


def test_reasons_are_read_where_letters_have_come_and_the_clients_closed_at_the_end(
    opened: list[Any],
) -> None:
    reasons = LetterReasons(FakePipeline(endpoints="one"))
    assert reasons.newest({TOPIC: 0}) == {}
    until(lambda: reasons.newest({TOPIC: 3}))
    (found,) = reasons.newest({TOPIC: 3})[TOPIC]
    assert found["count"] == 3
    assert opened[0].read == 1
    opened[0].letters = 4
    until(lambda: reasons.newest({TOPIC: 4})[TOPIC][0]["count"] == 4)
    reasons.close()
    until(lambda: opened == [None])


def test_after_kafka_was_away_there_may_be_other_letters(opened: list[Any]) -> None:
    reasons = LetterReasons(FakePipeline(endpoints="one"))
    until(lambda: reasons.newest({TOPIC: 3}))
    read = opened[0].read
    reasons.newest({})
    opened[0].letters = 2  # another pipeline, whose letters have been as many
    until(lambda: reasons.newest({TOPIC: 3})[TOPIC][0]["count"] == 2)
    assert opened[0].read > read
    reasons.close()


def test_a_fault_in_reading_is_not_lost(opened: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("reasons")

    reasons = LetterReasons(FakePipeline(endpoints="one"))
    monkeypatch.setattr(letter_reasons, "_by_topic", fail)
    with pytest.raises(KeyError, match="reasons"):
        until(lambda: reasons.newest({TOPIC: 3}) == {TOPIC: ()})  # never
    reasons.close()
    until(lambda: opened == [None])
