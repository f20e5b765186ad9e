"""Tests of clients that are kept between two questions."""

from collections.abc import Iterator

import pytest

from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_inspector import KeptClient


class Client:
    """Stand-in for a client; its server may be restarted, which ends it."""

    def __init__(self, made: list["Client"]) -> None:
        made.append(self)
        self.ended = False
        self.closed = False

    def ask(self) -> str:
        if self.ended:
            raise UnavailableError("the connection was lost")
        return "answer"

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def made() -> list[Client]:
    return []


@pytest.fixture
def kept(made: list[Client]) -> Iterator[KeptClient[Client]]:
    client = KeptClient(lambda: Client(made), Client.close)
    yield client
    client.close()
    assert all(one.closed for one in made)


def test_one_client_answers_all_questions(kept: KeptClient[Client], made: list[Client]) -> None:
    assert [kept.ask(Client.ask) for _ in range(5)] == ["answer"] * 5
    assert len(made) == 1


def test_after_a_restart_of_the_server_a_new_client_answers(kept: KeptClient[Client], made: list[Client]) -> None:
    kept.ask(Client.ask)
    made[0].ended = True
    assert kept.ask(Client.ask) == "answer"
    assert len(made) == 2


def test_a_server_that_is_gone_is_asked_once_by_a_new_client(kept: KeptClient[Client], made: list[Client]) -> None:
    def fail(_: Client) -> str:
        raise UnavailableError("gone")

    for _ in range(2):
        with pytest.raises(UnavailableError):
            kept.ask(fail)
    assert len(made) == 2
    assert kept.ask(Client.ask) == "answer"
