"""Tests of a client that is made for the pipeline's endpoints."""

import threading

import pytest

from producer.runtime.exit_status import SluiceError
from sluice.console.pipeline_client import PipelineClient
from tests.unit.sluice.console.fake_pipeline import FakePipeline


class Client:
    """Stand-in for a client of one server."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.closed = False

    def ask(self) -> str:
        assert not self.closed
        return self.server

    def close(self) -> None:
        self.closed = True


class Kept:
    """A client of a pipeline, and all that were made."""

    def __init__(self) -> None:
        self.pipeline = FakePipeline(endpoints="one")
        self.made: list[Client] = []
        self.forgotten = 0
        self.client = PipelineClient(self.pipeline, self._make, Client.close, forget=self._forget)

    def _make(self, endpoints: object) -> Client:
        self.made.append(Client(str(endpoints)))
        return self.made[-1]

    def _forget(self) -> None:
        self.forgotten += 1


def test_it_is_made_anew_for_other_endpoints() -> None:
    kept = Kept()
    assert [kept.client.ask(Client.ask) for _ in range(3)] == ["one"] * 3
    kept.pipeline.endpoints = "two"
    assert [kept.client.ask(Client.ask) for _ in range(3)] == ["two"] * 3
    assert [client.closed for client in kept.made] == [True, False]
    assert kept.forgotten == 2
    kept.client.close()
    assert kept.client.ask(Client.ask) == "two"
    assert kept.forgotten == 2, "the pipeline is the same"


def test_after_an_error_it_is_made_anew() -> None:
    kept = Kept()
    failures = iter([SluiceError("restarted"), None])

    def ask(client: Client) -> str:
        if error := next(failures, None):
            raise error
        return client.ask()

    kept.client.ask(Client.ask)
    assert kept.client.ask(ask) == "one", "a new client is asked at once"
    with pytest.raises(ZeroDivisionError):
        kept.client.ask(lambda _: 1 / 0)
    assert [client.closed for client in kept.made] == [True, True]


def test_it_is_not_closed_in_the_middle_of_a_question() -> None:
    kept = Kept()
    closer = threading.Thread(target=kept.client.close)

    def ask(client: Client) -> str:
        closer.start()
        closer.join(0.05)
        return client.ask()

    assert kept.client.ask(ask) == "one"
    closer.join()
    assert kept.made[0].closed
