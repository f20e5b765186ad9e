"""Every recorded budget message, sent to the function as Google runs it, which connects to fake Google APIs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.gcp.guard_function.sluice_guard.log import FIELD, MAIL_FIELD
from tests.unit.infra.gcp.guard_function.budget_messages import FOLDER, NAMES, recorded
from tests.unit.infra.gcp.guard_function.conftest import NOW, env_of
from tests.unit.infra.gcp.guard_function.fake_gke import FakeGoogle
from tests.unit.infra.gcp.guard_function.fake_gke_server import fake_google
from tests.unit.infra.gcp.guard_function.function_server import Function, served
from tests.unit.infra.gcp.guard_function.test_handlers_on_budget import ALL_STOPPED

ABOVE = ("actual", "actual-beyond-the-budget", "both", "above-without-threshold", "last-months-cost")
ABOVE_AND_ODD = (
    "time-with-offset",
    "name-in-unicode",
    "one-spelling-camel",
    "one-spelling-snake",
    "nanoseconds",
    "by-hand",
)
BELOW = (
    *("no-threshold", "nothing-spent", "a-trifle", "credit", "last-periods-cost", "earlier"),
    *("forecast", "forecast-beyond-the-budget"),
)
MEANT = {
    **dict.fromkeys((*ABOVE, *ABOVE_AND_ODD), "scaled-to-zero"),
    **dict.fromkeys(BELOW, "below-share"),
    **dict.fromkeys(("last-month", "hours-old"), "stale"),
    **dict.fromkeys(("other-currency", "currency-that-is-no-text"), "wrong-currency"),
    **dict.fromkeys((name for name in NAMES if name.startswith("bad-")), "unreadable"),
}
MAILED = {"scaled-to-zero": "now", "wrong-currency": "daily", "unreadable": "daily"}


@dataclass(frozen=True, kw_only=True)
class Served:
    function: Function
    google: FakeGoogle

    def deliver(self, name: str) -> tuple[int, list[dict[str, Any]]]:
        """Send a recording as if it came today; the status, and what the function writes into its log."""
        request = recorded(name).later(datetime.now(UTC) - NOW)
        return self.function.send(json.dumps(request.body).encode(), request.headers), self.function.new_log_entries()

    def send(self, name: str) -> tuple[int, list[str]]:
        """The same; of the log only the events."""
        status, entries = self.deliver(name)
        return status, [entry[FIELD] for entry in entries]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("on_budget")
    with fake_google() as google, served("on_budget", "cloudevent", env=env_of(google), folder=folder) as function:
        yield Served(function=function, google=google)


@pytest.fixture
def budget(process: Served) -> Served:
    process.google.reset()
    process.function.new_log_entries()
    return process


def test_every_recorded_message_is_tested_and_documented() -> None:
    assert sorted(MEANT) == NAMES
    told = (FOLDER / "README.md").read_text()
    assert [name for name in NAMES if name not in told and not name.startswith("bad-")] == []


@pytest.mark.parametrize(("name", "meant"), MEANT.items(), ids=MEANT)
def test_each_recorded_message_is_acknowledged_and_has_its_effect(budget: Served, name: str, meant: str) -> None:
    status, (entry,) = budget.deliver(name)
    assert (status, entry[FIELD], entry.get(MAIL_FIELD)) == (200, meant, MAILED.get(meant))
    assert budget.google.changes == (ALL_STOPPED if meant == "scaled-to-zero" else [])
    if meant != "scaled-to-zero":
        assert budget.google.asked == []


def test_a_duplicate_changes_nothing(budget: Served) -> None:
    assert [budget.send("both") for _ in range(3)] == [
        (200, ["scaled-to-zero"]),
        (200, ["already-zero"]),
        (200, ["already-zero"]),
    ]
    assert budget.google.changes == ALL_STOPPED


def test_order_of_messages_does_not_matter(budget: Served) -> None:
    said = [budget.send(name) for name in ("actual", "earlier", "hours-old", "last-month", "no-threshold")]
    assert [events for _, events in said] == [
        ["scaled-to-zero"],
        ["below-share"],
        ["stale"],
        ["stale"],
        ["below-share"],
    ]
    assert {status for status, _ in said} == {200}
    assert [pool.nodes for pool in budget.google.pools.values()] == [0, 0]
    assert budget.google.changes == ALL_STOPPED


def test_a_message_is_delivered_again_if_google_refuses_the_change(budget: Served) -> None:
    budget.google.fail("setSize", 403, message='Required "container.clusters.update" permission', times=1)
    assert budget.send("actual") == (500, ["failed"])
    assert budget.send("actual") == (200, ["scaled-to-zero"])
    assert [pool.nodes for pool in budget.google.pools.values()] == [0, 0]


def test_nodes_restored_by_wake_keep_running(budget: Served) -> None:
    budget.google.set_clock({"until": "2999-01-01T00:00:00+00:00", "awake": True})
    assert budget.send("both") == (200, ["awake"])
    assert budget.google.changes == []


@pytest.mark.parametrize("body", [b"{", b"null", b"[]", b""])
def test_a_body_that_is_no_event_is_not_sent_again(budget: Served, body: bytes) -> None:
    assert budget.function.send(body, recorded("both").headers) == 200
    assert [entry[FIELD] for entry in budget.function.new_log_entries()] == ["unreadable"]
    assert budget.google.asked == []
