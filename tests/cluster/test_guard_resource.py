"""The test of the guard (infra/gcp/guard_tested.py) in Pulumi's engine: `pulumi up` after a failed test tests again."""

import os
from collections.abc import Callable, Generator

import pytest

from infra.gcp.guard_tested import GuardTestArgs, GuardTested
from tests.cluster.conftest import skip_or_fail
from tests.cluster.go_builds import MissingPrerequisite, dynamic_resources, pulumi
from tests.cluster.pulumi_engine import CommandError, Stack
from tests.cluster.test_claims import ROOT, Cloud

LABEL = "GuardTested guard-tested"
REFUSAL = {"error": {"code": 403, "message": "pubsub.topics.publish denied", "status": "PERMISSION_DENIED"}}
ARGS: GuardTestArgs = {
    "project": "p",
    "topic": "t",
    "clock_job": "projects/p/locations/r/jobs/clock",
    "on_budget": "on-budget",
    "on_clock": "on-clock",
    "permissions": "container.clusters.get",
    "code": "guard-1.zip",
}


@pytest.fixture(scope="module")
def cloud() -> Generator[Cloud]:
    made = Cloud()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def args() -> GuardTestArgs:
    """Arguments of the resource; tests change them."""
    return {**ARGS}


@pytest.fixture(scope="module")
def stack(
    cloud: Cloud,
    args: GuardTestArgs,
    say: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
    silence_abandoned_programs: None,
) -> Stack:
    try:
        engine, dynamic = pulumi(env=os.environ, say=say), dynamic_resources(env=os.environ, say=say)
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    folder = tmp_path_factory.mktemp("stack")
    return Stack(
        lambda: _program(args),
        name="gke",
        project="sluice",
        folder=folder,
        pulumi=engine,
        variables={"PATH": f"{dynamic}:{os.environ['PATH']}", "SLUICE_GOOGLE_ENDPOINT": cloud.url},
        settings_from=ROOT,
        home=folder / "home",
    )


def _program(args: GuardTestArgs) -> None:
    GuardTested("guard-tested", args, parent=None, after=[])


def test_a_failed_test_fails_up_with_its_reason(stack: Stack, cloud: Cloud) -> None:
    cloud.guard.refusal = REFUSAL
    with pytest.raises(CommandError, match=r"pubsub\.topics\.publish denied") as raised:
        stack.up()
    assert "Traceback" not in str(raised.value)


def test_up_again_tests_again_and_then_no_more(stack: Stack, cloud: Cloud) -> None:
    cloud.guard.refusal = None
    assert stack.up().changed == {LABEL: "create"}
    assert (len(cloud.guard.asked), cloud.guard.runs) == (1, 1)
    assert stack.up().changed == {}
    assert len(cloud.guard.asked) == 1


def test_another_guard_is_tested_and_up_can_be_repeated(stack: Stack, cloud: Cloud, args: GuardTestArgs) -> None:
    args["code"] = "guard-2.zip"
    cloud.guard.refusal = REFUSAL
    with pytest.raises(CommandError, match=r"pubsub\.topics\.publish denied"):
        stack.up()
    cloud.guard.refusal = None
    assert stack.up().changed == {LABEL: "update"}
    assert len(cloud.guard.asked) == 2


def test_destroy_asks_nothing(stack: Stack, cloud: Cloud) -> None:
    assert stack.destroy().labels("delete") == [LABEL]
    assert len(cloud.guard.asked) == 2
