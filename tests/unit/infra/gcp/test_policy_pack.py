"""policy/ as Pulumi starts it, with a stand-in of the package that it is written for, whose pins clash with ours."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from infra.declared import ROOT
from policy.rules import BUDGET, RULES

PACKAGE = """
import enum, json, os, types
class EnforcementLevel(enum.Enum):
    ADVISORY = "advisory"
    MANDATORY = "mandatory"
class StackValidationPolicy:
    def __init__(self, name, description, validate, enforcement_level):
        self.name, self.description, self.validate, self.level = name, description, validate, enforcement_level.value
ReportViolation = StackValidationArgs = object
def PolicyPack(name, policies):
    from pulumi_policy.proxy import Holder
    given = [types.SimpleNamespace(**entry) for entry in json.loads(os.environ["RESOURCES"])]
    by_urn = {entry.urn: entry for entry in given}
    for entry in given:
        entry.dependencies = [by_urn[urn] for urn in entry.dependencies]
        entry.provider = by_urn[entry.provider] if entry.provider else None
        entry.props = Holder(entry.props)
        entry.opts = types.SimpleNamespace(additional_secret_outputs=entry.opts)
    found = []
    for policy in policies:
        assert policy.level == "mandatory" and policy.description
        report = lambda text, urn: found.append([policy.name, urn, text])
        policy.validate(types.SimpleNamespace(resources=given), report)
    print(json.dumps(found))
"""
PROXY = """
from collections.abc import Mapping
class UnknownValueError(Exception): pass
class Holder(Mapping):
    def __init__(self, target): self.target = target
    def __iter__(self): return iter(self.target)
    def __len__(self): return len(self.target)
    def __getitem__(self, key):
        value = self.target[key]
        if value == "unknown": raise UnknownValueError(key)
        return Holder(value) if isinstance(value, dict) else value
"""


def resource(urn: str, type_: str, *, needs: tuple[str, ...] = (), provider: str = "", **props: Any) -> dict[str, Any]:
    return {
        "urn": urn,
        "resource_type": type_,
        "name": urn,
        "props": props,
        "dependencies": list(needs),
        "provider": provider,
        "opts": ["data"],
    }


def violations(resources: list[dict[str, Any]], folder: Path) -> list[tuple[str, str]]:
    package = folder / "pulumi_policy"
    package.mkdir()
    (package / "__init__.py").write_text(PACKAGE)
    (package / "proxy.py").write_text(PROXY)
    done = subprocess.run(
        [sys.executable, "-P", str(ROOT / "policy")],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "RESOURCES": json.dumps(resources)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(name, urn) for name, urn, _ in json.loads(done.stdout)]


LABELS = {"sluice-stack": "gke"}
CLUSTER = "gcp:container/cluster:Cluster"


def test_it_asks_every_rule_and_reports_what_breaks_it(tmp_path: Path) -> None:
    resources = [
        resource("b", BUDGET),
        resource("good", CLUSTER, needs=("b",), resourceLabels=LABELS),
        resource("bad", CLUSTER, open=[{"cidr": "0.0.0.0/0"}]),
        resource("owner", "gcp:projects/iAMMember:IAMMember", needs=("b",), role="roles/owner", member="unknown"),
        resource("p", "pulumi:providers:kubernetes", needs=("good",)),
        resource("way", "kubernetes:core/v1:Service", provider="p", spec={"type": "LoadBalancer"}),
        resource("login", "kubernetes:core/v1:Secret", provider="p", data={"a": "x"}, stringData={"a": "x"}),
    ]
    found = violations(resources, tmp_path)
    assert ("budget-comes-first", "bad") in found
    assert {name for name, _ in found} == set(RULES)
    assert not {"b", "good", "p"} & {urn for _, urn in found}
    assert ("budget-comes-first", "login") not in found  # by its provider


def test_what_is_not_known_yet_breaks_nothing(tmp_path: Path) -> None:
    resources = [resource("b", BUDGET), resource("c", CLUSTER, needs=("b",), name="unknown", resourceLabels=LABELS)]
    assert violations(resources, tmp_path) == []


def test_pack_is_one_that_pulumi_starts_with_python() -> None:
    project = yaml.safe_load((ROOT / "policy/PulumiPolicy.yaml").read_text())
    assert project["runtime"]["name"] == "python"
    assert (ROOT / "policy/requirements.txt").read_text().splitlines()[-1].startswith("pulumi-policy")


def test_other_stacks_do_not_wait_for_googles_sdk() -> None:
    code = "import infra.program, sys; sys.exit(any(name.startswith('pulumi_gcp') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
