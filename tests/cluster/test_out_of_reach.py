"""The provider's behaviour without its cluster: that of the real plugin where it is installed, else of the stand-in."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import skip_or_fail
from tests.cluster.go_builds import MissingPrerequisite, pulumi
from tests.cluster.google_stand_in import EchoProvider
from tests.cluster.grpc_server import serve_providers
from tests.cluster.out_of_reach import VARIABLE, OutOfReach
from tests.cluster.provider_plugins import plugins_installed
from tests.cluster.pulumi_engine import CommandError, Stack

URN = "urn:pulumi:lab::sluice::"
ROOT_URN = f"{URN}pulumi:pulumi:Stack::sluice-lab"
PROVIDER_ID = "11111111-1111-4111-8111-111111111111"
OBJECT, RELEASE = "ConfigMap a", "Release strimzi"
NOWHERE = """
apiVersion: v1
kind: Config
contexts: [{name: lab, context: {cluster: lab, user: lab}}]
clusters: [{name: lab, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: lab, user: {token: t}}]
"""


def state(**settings: str) -> list[dict[str, Any]]:
    """A state with an object and a Helm release in a cluster; `settings` are the provider's."""
    provider = f"{URN}pulumi:providers:kubernetes::cluster"
    inputs = {"context": "lab", **settings}
    inside = {"custom": True, "parent": ROOT_URN, "provider": f"{provider}::{PROVIDER_ID}"}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
    release = {"name": "strimzi", "namespace": "default", "chart": "strimzi"}
    status = {"name": "strimzi", "namespace": "default", "status": "deployed"}
    return [
        {"urn": ROOT_URN, "custom": False, "type": "pulumi:pulumi:Stack"},
        {
            "urn": provider,
            "custom": True,
            "id": PROVIDER_ID,
            "type": "pulumi:providers:kubernetes",
            "inputs": inputs,
            "outputs": inputs,
            "parent": ROOT_URN,
        },
        {
            "urn": f"{URN}kubernetes:core/v1:ConfigMap::a",
            "type": "kubernetes:core/v1:ConfigMap",
            "id": "default/a",
            "inputs": config_map,
            "outputs": {**config_map, "__inputs": config_map},
            **inside,
        },
        {
            "urn": f"{URN}kubernetes:helm.sh/v3:Release::strimzi",
            "type": "kubernetes:helm.sh/v3:Release",
            "id": "default/strimzi",
            "inputs": release,
            "outputs": {**release, "status": status},
            **inside,
        },
    ]


@contextmanager
def providers(variables: dict[str, str]) -> Generator[dict[str, str]]:
    """Yield the variables with which the engine finds the provider."""
    if plugins_installed(os.environ):
        yield variables
        return
    stand_in = OutOfReach(EchoProvider())
    stand_in.reachable, stand_in.env = False, variables
    with serve_providers({"kubernetes": stand_in}) as attached:
        yield {**variables, "PULUMI_DEBUG_PROVIDERS": attached}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Settings of the provider, its environment, and what a refresh and a destroy leave in the state."""

    settings: dict[str, str] = field(default_factory=dict[str, str])
    variables: dict[str, str] = field(default_factory=dict[str, str])
    after_refresh: set[str] = field(default_factory=set[str])
    after_destroy: set[str]


CASES = {
    "by default": Case(after_refresh={OBJECT, RELEASE}, after_destroy={OBJECT, RELEASE}),
    "variable": Case(variables={VARIABLE: "true"}, after_destroy={RELEASE}),
    "setting": Case(settings={"deleteUnreachable": "true"}, after_destroy={RELEASE}),
    "setting false, and variable": Case(
        settings={"deleteUnreachable": "false"},
        variables={VARIABLE: "true"},
        after_refresh={OBJECT, RELEASE},
        after_destroy={OBJECT, RELEASE},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_left_in_the_state(say: Callable[[str], None], tmp_path: Path, case: Case) -> None:
    try:
        engine = pulumi(env=os.environ, say=say)
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    (tmp_path / "kubeconfig").write_text(NOWHERE)
    with providers({**case.variables, "KUBECONFIG": str(tmp_path / "kubeconfig")}) as variables:
        stack = Stack(
            lambda: None,
            name="lab",
            project="sluice",
            folder=tmp_path,
            pulumi=engine,
            variables=variables,
            home=None if plugins_installed(os.environ) else tmp_path / "home",
        )
        for command, expected in ((stack.refresh, case.after_refresh), (stack.destroy, case.after_destroy)):
            stack.replace_state(state(**case.settings))
            with pytest.raises(CommandError, match="unreachable") if expected else nullcontext():
                command()
            assert labels(stack) == expected


def labels(stack: Stack) -> set[str]:
    entries = (entry["urn"].split("::")[-2:] for entry in stack.state() if entry["type"].startswith("kubernetes:"))
    return {f"{kind.rpartition(':')[2]} {name}" for kind, name in entries}
