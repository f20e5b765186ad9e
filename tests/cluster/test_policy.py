"""The CrossGuard pack infra/policy in Pulumi's real engine: the program passes, and a violation of each rule fails."""

import os
from collections.abc import Callable, Generator

import pulumi_kubernetes as kubernetes
import pytest
from pulumi import Output

from infra.policy.rules import RESOURCE_RULES, STACK_RULES
from tests.cluster.conftest import skip_or_fail
from tests.cluster.go_builds import MissingPrerequisite, dynamic_resources, pulumi
from tests.cluster.google_stand_in import deploy_with_all_permissions, google_servers, google_stack
from tests.cluster.policy_pack import installed_pack, policy_environment, write_launcher
from tests.cluster.pulumi_engine import CommandError, Program, Stack


class Edited:
    """The program, with further resources that a test adds."""

    def __init__(self) -> None:
        self.more: list[Program] = []

    def __call__(self) -> None:
        deploy_with_all_permissions()
        for add in self.more:
            add()


@pytest.fixture(scope="module")
def edited() -> Edited:
    return Edited()


@pytest.fixture(scope="module")
def stack(
    edited: Edited,
    say: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
    silence_abandoned_programs: None,
) -> Generator[Stack]:
    try:
        engine, environment = pulumi(env=os.environ, say=say), policy_environment(env=os.environ, say=say)
        dynamic = dynamic_resources(env=os.environ, say=say)
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    folder = tmp_path_factory.mktemp("stack")
    packs, launchers = [installed_pack(folder, environment)], folder / "plugin"
    launchers.mkdir()
    with (
        google_servers(tmp_path_factory.mktemp("tls")) as google,
        google_stack(
            google, edited, folder=folder, pulumi=engine, plugins=[launchers, dynamic], policy_packs=packs
        ) as made,
    ):
        write_launcher(launchers, environment)
        yield made


def unlabelled() -> None:
    from pulumi_gcp import storage  # noqa: PLC0415 Google's SDK takes seconds

    storage.Bucket("bare", location="US")


def everything_wrong() -> None:
    """Create a violation of each rule (it may violate another as well), and a secret that is marked as such."""
    from pulumi_gcp import compute, container, projects  # noqa: PLC0415 Google's SDK takes seconds

    container.NodePool("forgotten", cluster="sluice")
    compute.Firewall("wide", network="sluice", source_ranges=["0.0.0.0/0"], allows=[{"protocol": "tcp"}])
    projects.IAMMember("mighty", project="my-lab", role="roles/owner", member="user:me@example.com")
    role = projects.IAMCustomRole("eraser", role_id="eraser", title="eraser", permissions=["compute.disks.delete"])
    projects.IAMMember("unlimited", project="my-lab", role=role.name, member="user:me@example.com")
    unlabelled()
    kubernetes.core.v1.Service("balanced", spec={"type": "LoadBalancer"})
    kubernetes.core.v1.Pod("selective", spec={"containers": [], "node_selector": {"sluice/capacity": "spot"}})
    kubernetes.core.v1.ConfigMap("readable", data={"password": "readable"})
    kubernetes.core.v1.ConfigMap("marked", data={"password": Output.secret("hidden")})


WRONG = {
    "budget-comes-first": "NodePool forgotten does not depend on the budget",
    "nothing-is-open-to-the-world": "wide: sourceRanges.0 allows 0.0.0.0/0",
    "no-role-is-broad": "mighty grants roles/owner, which is too broad",
    "deletion-has-a-condition": "IAMMember unlimited grants the right to delete data in the whole project",
    "no-load-balancer": "Service balanced is reachable from outside the cluster",
    "everything-is-labelled": "Bucket bare has no label sluice-stack",
    "nodes-are-shielded": "NodePool forgotten has no nodeConfig.shieldedInstanceConfig.enableSecureBoot",
    "no-spot-node-is-required": "Pod selective runs on spot nodes only",
    "every-secret-is-marked": "readable: data.password is not marked secret",
}


def test_the_first_preview_violates_no_rule(stack: Stack) -> None:
    assert "✅ sluice@" in stack.preview().output


def test_a_preview_names_each_mistake_and_its_rule(stack: Stack, edited: Edited) -> None:
    assert set(WRONG) == {*STACK_RULES, *RESOURCE_RULES}
    edited.more = [everything_wrong]
    with pytest.raises(CommandError) as refused:
        stack.preview()
    said = str(refused.value)
    for rule, message in WRONG.items():
        assert f"[mandatory]  {rule}" in said
        assert message in said
    assert "marked: data.password" not in said


def test_the_deployed_program_violates_no_rule(stack: Stack, edited: Edited) -> None:
    edited.more = []
    assert "✅ sluice@" in stack.up().output
    assert "✅ sluice@" in stack.preview().output


def test_a_resource_that_violates_a_resource_rule_is_not_created(stack: Stack, edited: Edited) -> None:
    edited.more = [unlabelled]
    with pytest.raises(CommandError, match=WRONG["everything-is-labelled"]):
        stack.up()
    assert not [entry for entry in stack.state() if entry["urn"].endswith("::bare")]
