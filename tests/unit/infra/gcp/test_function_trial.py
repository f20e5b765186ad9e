"""The dynamic resource before the guard's functions: when it tries again, and what it has replaced."""

from collections.abc import Generator
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from infra.gcp.function_trial import FunctionTrialProvider
from infra.gcp.google_api import ENDPOINT
from infra.policy.iam_rules import no_role_is_broad
from tests.unit.infra.fake_google_apis import serving
from tests.unit.infra.gcp.conftest import only
from tests.unit.infra.gcp.fake_functions import NO_READER, FakeFunctions
from tests.unit.infra.gcp.test_cloud_resources import needed
from tests.unit.infra.policy.run_rules import declared
from tests.unit.infra.recording_monitor import Made

TRIAL, BUDGET, CLOCK = "sluice-guard-trial", "sluice-on-budget", "sluice-on-clock"


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeFunctions]:
    fake = FakeFunctions()
    with serving(fake.answer_request) as api:
        monkeypatch.setenv(ENDPOINT, api.url)
        yield fake


@pytest.fixture
def props(made: list[Made]) -> dict[str, Any]:
    """Inputs of the program's own trial, which does not pause here."""
    return {**only(made, "FunctionTrial").plain, "pauseSeconds": 0}


def outputs(props: dict[str, Any], **replacements: str) -> dict[str, Any]:
    return {**props, "replacements": {BUDGET: "0", CLOCK: "0", **replacements}}


def test_creation_tries_a_function(functions: FakeFunctions, props: dict[str, Any]) -> None:
    functions.failures = [NO_READER]
    created = FunctionTrialProvider().create(props)
    assert functions.calls.count(f"POST {TRIAL}") == 2
    assert functions.states == {}
    assert created.outs
    assert created.outs["replacements"] == {BUDGET: "0", CLOCK: "0"}


def test_nothing_changes_while_both_functions_are_active(functions: FakeFunctions, props: dict[str, Any]) -> None:
    functions.states = {BUDGET: "ACTIVE", CLOCK: "ACTIVE"}
    assert not FunctionTrialProvider().diff("id", outputs(props), props).changes


def test_changed_code_and_settings_need_no_trial(functions: FakeFunctions, props: dict[str, Any]) -> None:
    functions.states = {BUDGET: "ACTIVE", CLOCK: "ACTIVE"}
    request = props["request"]
    source = {"storageSource": {**request["buildConfig"]["source"]["storageSource"], "object": "other.zip"}}
    changed = {
        **request,
        "buildConfig": {**request["buildConfig"], "source": source},
        "serviceConfig": {**request["serviceConfig"], "environmentVariables": {}},
    }
    assert not FunctionTrialProvider().diff("id", outputs(props), {**props, "request": changed}).changes


def test_another_account_needs_a_trial(functions: FakeFunctions, props: dict[str, Any]) -> None:
    functions.states = {BUDGET: "ACTIVE", CLOCK: "ACTIVE"}
    request = {**props["request"], "buildConfig": {**props["request"]["buildConfig"], "serviceAccount": "other"}}
    changed = {**props, "request": request}
    provider = FunctionTrialProvider()
    assert provider.diff("id", outputs(props), changed).changes
    updated = provider.update("id", outputs(props), changed)
    assert f"POST {TRIAL}" in functions.calls
    assert updated.outs
    assert updated.outs["replacements"] == {BUDGET: "0", CLOCK: "0"}


@pytest.mark.parametrize("state", ["FAILED", "UNKNOWN", "DELETING"])
def test_a_function_that_is_not_active_is_replaced_after_a_trial(
    functions: FakeFunctions, props: dict[str, Any], state: str
) -> None:
    functions.states = {BUDGET: "ACTIVE", CLOCK: state}
    provider = FunctionTrialProvider()
    difference = provider.diff("id", outputs(props, **{CLOCK: "3"}), props)
    assert (difference.changes, difference.replaces) == (True, [])
    updated = provider.update("id", outputs(props, **{CLOCK: "3"}), props)
    assert f"POST {TRIAL}" in functions.calls
    assert updated.outs
    assert updated.outs["replacements"] == {BUDGET: "0", CLOCK: "4"}


def test_missing_functions_are_replaced_without_a_trial(functions: FakeFunctions, props: dict[str, Any]) -> None:
    """An `up` that failed before them leaves them missing: the trial had ended well, and they are created."""
    provider = FunctionTrialProvider()
    assert provider.diff("id", outputs(props), props).changes
    updated = provider.update("id", outputs(props), props)
    assert f"POST {TRIAL}" not in functions.calls
    assert updated.outs
    assert updated.outs["replacements"] == {BUDGET: "1", CLOCK: "1"}


def test_no_code_is_in_the_state() -> None:
    assert len(serialize_provider(FunctionTrialProvider())) < 100


def test_trial_has_what_the_functions_are_deployed_with(made: list[Made]) -> None:
    request = only(made, "FunctionTrial").plain["request"]
    real = only(made, "Function", "on-budget").plain
    assert request["labels"] == real["labels"]
    assert request["environment"] == "GEN_2", "as all functions of the provider's resource"
    build = {name: value for name, value in real["buildConfig"].items() if name in request["buildConfig"]}
    assert request["buildConfig"] == build
    service = request["serviceConfig"]
    environment = service.pop("environmentVariables")
    assert service == {name: real["serviceConfig"][name] for name in service}
    assert environment.pop("GUARD_MODE") == "off"
    assert environment.items() <= real["serviceConfig"]["environmentVariables"].items()
    assert request["eventTrigger"] == {name: real["eventTrigger"][name] for name in request["eventTrigger"]}


def test_functions_come_after_the_trial_and_follow_its_trigger(made: list[Made]) -> None:
    trial = only(made, "FunctionTrial")
    for name in ("on-budget", "on-clock"):
        function = only(made, "Function", name)
        assert trial.urn in function.dependencies
        assert function.replacement_trigger == "0"
        assert function.delete_before_replace
        assert function.plain["name"] in trial.plain["functions"]


def test_trial_comes_after_every_grant_that_it_tries(made: list[Made]) -> None:
    trial = only(made, "FunctionTrial")
    before = set(trial.dependencies)
    for entry in made:
        if entry.kind.endswith(("IAMMember", "IamMember")) and entry.kind != "ServiceIamMember":
            member = entry.plain["member"]
            if "guard" in member or "eventarc" in member:
                assert entry.urn in before, entry.name


def test_eventarcs_agent_keeps_its_role_when_the_stack_is_destroyed(made: list[Made]) -> None:
    role = only(made, "IAMMember", "eventarc-agent-role")
    assert role.retain_on_delete
    assert role.plain["member"].startswith("serviceAccount:service-123456789@gcp-sa-eventarc.")
    assert only(made, "ServiceIdentity").urn in role.dependencies
    assert list(no_role_is_broad(*declared([role]))) == []


def test_the_node_accounts_roles_are_granted_while_the_guard_is_built(made: list[Made]) -> None:
    by_urn = {entry.urn: entry for entry in made}
    for name, kind in (("nodes-default-role", "IAMMember"), ("nodes-read-images", "RepositoryIamMember")):
        before = {by_urn[urn].kind for urn in needed(only(made, kind, name), by_urn)}
        assert not {"FunctionTrial", "Function"} & before
