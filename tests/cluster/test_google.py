"""The whole program for Google Cloud in Pulumi's real engine: order of creation and of deletion."""

from collections.abc import Callable, Generator

import pytest

from infra.gcp.node_hardening import HARDENED
from tests.cluster.google_stand_in import (
    SETTINGS,
    GoogleServers,
    google_servers,
    whole_program,
)
from tests.cluster.pulumi_engine import CommandError, Stack


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Generator[GoogleServers]:
    with google_servers(tmp_path_factory.mktemp("tls")) as served:
        yield served


@pytest.fixture(scope="module")
def stack(
    google: GoogleServers, say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Stack]:
    with whole_program(google, say=say, folder=tmp_path_factory.mktemp("stack")) as made:
        yield made


def kinds(labels: list[str]) -> list[str]:
    return [label.split()[0] for label in labels]


def test_a_setting_with_the_sample_s_value_is_refused(stack: Stack) -> None:
    stack.configure({"budget.emails": '["me@example.com"]'})
    with pytest.raises(CommandError, match=r"budget\.emails: it still has the example's value"):
        stack.preview()
    stack.configure({"budget.emails": SETTINGS["budget.emails"]})


def test_nothing_that_costs_is_created_before_the_budget(stack: Stack) -> None:
    made = kinds(stack.up().labels("create"))
    before = set(made[: made.index("Budget")])
    assert before <= {"Service", "NotificationChannel", "Topic", "TopicIAMMember", "RandomPassword"}
    assert made.index("Cluster") < made.index("NodePool") < made.index("Claims") < made.index("Namespace")


def test_up_again_changes_nothing(stack: Stack) -> None:
    assert stack.up().changed == {}


def test_a_node_pool_whose_nodes_change_is_deleted_before_the_new_one_is_created(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a stack of a former version of the program is updated."""
    monkeypatch.setitem(HARDENED["metadata"], "serial-port-logging-enable", "true")
    changed = stack.up().changed
    assert {label for label, op in changed.items() if "replace" in op} == {"NodePool spot", "NodePool steady"}
    assert stack.up().changed == {}


def test_destroy_waits_for_the_disks_and_removes_the_budget_last(stack: Stack, google: GoogleServers) -> None:
    api = google.api
    api.looks_left, api.looks = 1, 0
    gone = kinds(stack.destroy().labels("delete"))
    order = ("KafkaConnector", "KafkaConnect", "Kafka", "KafkaNodePool", "Namespace", "Claims", "NodePool", "Cluster")
    for first, then in zip(order, [*order[1:], "Subnetwork"], strict=True):
        assert len(gone) - 1 - gone[::-1].index(first) < gone.index(then), (first, then)
    assert len(gone) - 1 - gone[::-1].index("StatefulSet") < gone.index("Claims")
    rest = set(gone[gone.index("Budget") :])
    assert rest <= {"Budget", "NotificationChannel", "Topic", "TopicIAMMember", "Service", "RandomPassword"}
    assert api.looks == 2
    assert stack.state() == []


def test_up_after_a_destroy_does_not_use_the_id_of_a_deleted_role(stack: Stack, google: GoogleServers) -> None:
    """Google refuses it (tests/cluster/google_stand_in.py does too), also after a destroy that failed half-way."""
    assert "IAMCustomRole guard" in stack.up().labels("create")
    google.google.refusals["gcp:projects/service:Service"] = "Error 403: try again later"
    with pytest.raises(CommandError, match="try again later"):
        stack.destroy()
    google.google.refusals.clear()
    assert "IAMCustomRole guard" in stack.up().labels("create")
    stack.destroy()
    assert stack.state() == []
