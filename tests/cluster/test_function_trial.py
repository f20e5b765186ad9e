"""The guard's functions in Pulumi's engine, in a project in which Google does not apply the grants at once."""

import os
import re
from collections.abc import Callable, Generator

import pytest
from pulumi import ResourceOptions
from pulumi_gcp import artifactregistry, pubsub

from infra.gcp import function_trial
from infra.gcp.cloud_context import CloudContext, google_provider
from infra.gcp.guard import Guard, GuardArgs
from infra.settings.declared_settings import ROOT
from infra.settings.stack_settings import Settings
from tests.cluster.conftest import skip_or_fail
from tests.cluster.go_builds import MissingPrerequisite, dynamic_resources, pulumi
from tests.cluster.google_stand_in import google_servers, google_stack
from tests.cluster.pulumi_engine import CommandError, Stack
from tests.unit.infra.gcp.fake_functions import BROKEN_CODE, NO_AGENT, NO_READER, FakeFunctions

TRIAL, BUDGET, CLOCK = "sluice-guard-trial", "sluice-on-budget", "sluice-on-clock"


def program() -> None:
    """The guard, and what it needs."""
    settings = Settings.read_stack().gcp
    assert settings
    context = CloudContext(settings=settings, stack="gke")
    google = ResourceOptions(provider=google_provider(context))
    topic = pubsub.Topic("budget", name="sluice-budget", opts=google)
    images = artifactregistry.Repository("images", repository_id="sluice-images", format="DOCKER", opts=google)
    args = GuardArgs(context=context, topic=topic, has_budget=True, images=images, sleep_cost="$7.30", after=[])
    Guard("guard", args, google)


@pytest.fixture(scope="module")
def engine(
    say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory, silence_abandoned_programs: None
) -> Generator[tuple[FakeFunctions, Stack]]:
    try:
        cli, dynamic = pulumi(env=os.environ, say=say), dynamic_resources(env=os.environ, say=say)
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    with (
        pytest.MonkeyPatch.context() as patch,
        google_servers(tmp_path_factory.mktemp("tls")) as google,
        google_stack(google, program, folder=tmp_path_factory.mktemp("stack"), pulumi=cli, plugins=[dynamic]) as stack,
    ):
        patch.setattr(function_trial, "PAUSE_SECONDS", 0.01)
        yield google.tokens.functions, stack


def test_up_waits_until_google_applies_the_grants(engine: tuple[FakeFunctions, Stack]) -> None:
    functions, stack = engine
    functions.refusals, functions.failures = [NO_AGENT], [NO_READER]
    done = stack.up()
    assert functions.states == {BUDGET: "ACTIVE", CLOCK: "ACTIVE"}
    assert functions.calls.count(f"POST {TRIAL}") == 3
    made = done.labels("create")
    assert made.index("FunctionTrial guard-trial") < min(
        made.index(f"Function {name}") for name in ("on-budget", "on-clock")
    )
    assert "waiting until Google applies the new IAM roles: cloudfunctions answers 400" in done.output
    assert stack.up().changed == {}


def test_an_up_after_a_failed_one_replaces_what_had_failed(engine: tuple[FakeFunctions, Stack]) -> None:
    functions, stack = engine
    stack.destroy()
    functions.failures_of = {CLOCK: NO_READER}
    with pytest.raises(CommandError, match="Storage Object Viewer"):
        stack.up()
    assert functions.states[CLOCK] == "FAILED"
    done = stack.up()
    assert functions.states == {BUDGET: "ACTIVE", CLOCK: "ACTIVE"}
    assert "replace" in done.changed["Function on-clock"]
    assert done.changed.get("Function on-budget", "create") == "create"
    assert done.changed["ServiceIamMember call-on-clock"] == "create"
    assert stack.up().changed == {}


def test_a_function_that_is_not_active_is_never_taken_for_complete(engine: tuple[FakeFunctions, Stack]) -> None:
    functions, stack = engine
    functions.states[BUDGET] = "FAILED"
    functions.failures = [BROKEN_CODE]
    with pytest.raises(CommandError, match=r"Google cannot deploy a function: .*container failed to start") as error:
        stack.up()
    assert "Traceback" not in str(error.value)
    done = stack.up()
    assert functions.states == {BUDGET: "ACTIVE", CLOCK: "ACTIVE"}
    # The new service has no grants: they have to be made again.
    assert {label for label, op in done.changed.items() if "replace" in op} == {
        "Function on-budget",
        "ServiceIamMember call-on-budget",
    }
    assert stack.up().changed == {}


def test_urns_of_the_documentation_exist(engine: tuple[FakeFunctions, Stack]) -> None:
    _, stack = engine
    named = set(re.findall(r"urn:pulumi:[^' ]+", (ROOT / "docs/gke.md").read_text(encoding="utf-8")))
    assert len(named) == 2
    assert named <= {entry["urn"] for entry in stack.state()}


def test_destroy_keeps_the_role_of_eventarcs_agent(engine: tuple[FakeFunctions, Stack]) -> None:
    functions, stack = engine
    stack.destroy()
    assert functions.states == {}
    assert stack.state() == []
