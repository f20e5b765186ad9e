"""What Pulumi's real engine says where Google refuses the budget, and what `pulumi preview` says of the cost."""

import re
from collections.abc import Callable, Generator

import pytest

from infra.gcp.budget_errors import PUBLISHER
from infra.gcp.budget_rights import WITHOUT_BUDGET
from tests.cluster.google_stand_in import (
    SETTINGS,
    GoogleServers,
    google_servers,
    whole_program,
)
from tests.cluster.pulumi_engine import CommandError, Stack

BUDGET = "gcp:billing/budget:Budget"
GRANT = "gcp:pubsub/topicIAMMember:TopicIAMMember"
BARE_400 = "error creating Budget: googleapi: Error 400: Request contains an invalid argument."
"""What the provider says of any fault in a budget."""
FOREIGN_MEMBER = (
    "googleapi: Error 400: One or more users named in the policy do not belong to a permitted customer, perhaps due to"
    " an organization policy., failedPrecondition"
)
"""What it says of a member that constraints/iam.allowedPolicyMemberDomains refuses."""


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Generator[GoogleServers]:
    with google_servers(tmp_path_factory.mktemp("tls")) as served:
        yield served


@pytest.fixture(scope="module")
def stack(
    google: GoogleServers,
    say: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
    silence_abandoned_programs: None,
) -> Generator[Stack]:
    with whole_program(google, say=say, folder=tmp_path_factory.mktemp("stack")) as made:
        yield made


def test_a_publisher_that_the_organization_refuses_is_named_before_the_budget(
    stack: Stack, google: GoogleServers
) -> None:
    google.google.refusals[GRANT] = FOREIGN_MEMBER
    with pytest.raises(CommandError) as refused:
        stack.up()
    assert f"TopicIAMMember (budget-publisher):\n    error: {FOREIGN_MEMBER}" in str(refused.value)
    assert BUDGET not in {entry["type"] for entry in stack.state()}


def test_a_budget_that_google_refuses_without_a_reason_is_explained(stack: Stack, google: GoogleServers) -> None:
    google.google.refusals.clear()
    google.google.refusals[BUDGET] = BARE_400
    with pytest.raises(CommandError) as refused:
        stack.up()
    said = str(refused.value)
    assert f"Budget (budget):\n    error: {BARE_400}" in said
    assert f"1. {SETTINGS['budget.billingAccount']} is not in USD" in said
    assert PUBLISHER in said
    assert WITHOUT_BUDGET in said
    assert "gcp:container/cluster:Cluster" not in {entry["type"] for entry in stack.state()}


def test_up_without_a_budget_is_the_way_out(stack: Stack) -> None:
    stack.configure({"budget.allowWithoutBudget": True})
    made = stack.up().labels("create")
    assert "Cluster cluster" in made
    assert "Budget budget" not in made


def test_preview_prints_the_old_and_the_new_cost(stack: Stack, google: GoogleServers) -> None:
    google.google.refusals.clear()
    stack.configure({"budget.allowWithoutBudget": False})
    before = stack.up().outputs["estimate"]
    stack.configure({"nodes.diskGb": 20})
    said = stack.preview().output
    after = stack.up().outputs["estimate"]
    assert before["month"] != after["month"]
    for name in ("hour", "month"):
        change = re.escape(f'"{before[name]}" => "{after[name]}"')
        assert re.search(f"~ {name} *: {change}", said)


def test_a_refused_deletion_keeps_google_s_reason(stack: Stack, google: GoogleServers) -> None:
    denied = "googleapi: Error 403: The caller does not have permission"
    google.google.refusals[BUDGET] = denied
    with pytest.raises(CommandError) as refused:
        stack.destroy()
    assert f"Budget (budget):\n    error: {denied}" in str(refused.value)
    google.google.refusals.clear()
    stack.destroy()
    assert stack.state() == []
