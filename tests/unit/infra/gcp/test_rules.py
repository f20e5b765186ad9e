"""The rules of policy/: the program breaks none of them, and each of them finds what breaks it."""

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Sequence
from typing import Any

import pulumi_gcp
import pytest

from infra.gcp.checks import PARTS
from policy.declared import Declared, Hidden
from policy.rules import BUDGET, FREE, LABELS, RULES, STACK_LABEL
from tests.unit.infra.conftest import everything
from tests.unit.infra.engine import Made
from tests.unit.infra.gcp.conftest import NEEDED, cloud
from tests.unit.infra.gcp.rules import declared

ALL = pytest.mark.parametrize("name", list(RULES))
CLUSTER = "gcp:container/cluster:Cluster"


def broken(name: str, resources: Sequence[Declared]) -> list[str]:
    return [violation.message for violation in RULES[name](resources)]


@ALL
def test_program_breaks_no_rule(name: str, made: list[Made]) -> None:
    assert broken(name, declared(made)) == []


@ALL
@pytest.mark.parametrize(
    "settings",
    [
        {"profile": "large", "nodes.onDemandMax": "3", "gcp.location": "europe-west1"},
        {"gcp.controlPlaneCidrs": '["203.0.113.7/32"]', "nodes.spotMax": "0", "nodes.onDemandFor": json.dumps(PARTS)},
        {"monitoring.enabled": "false", "guard.mode": "off"},
    ],
    ids=["large", "by address", "little"],
)
def test_no_setting_breaks_a_rule(name: str, settings: dict[str, str]) -> None:
    assert broken(name, declared(cloud({**NEEDED, **settings}))) == []


@ALL
def test_pipeline_alone_breaks_no_rule(name: str) -> None:
    assert broken(name, declared(everything())) == []


def one(type_: str, *, needs: tuple[str, ...] = (), urn: str = "x", **props: Any) -> Declared:
    return Declared(urn=urn, type=type_, name="it", props=props, needs=frozenset(needs))


LABELLED = {"resourceLabels": {STACK_LABEL: "gke"}}
BREAKS = [
    ("budget-comes-first", one(CLUSTER), "does not depend on the budget"),
    ("budget-comes-first", one("gcp:some/new:Thing"), "does not depend on the budget"),
    ("nothing-is-open-to-the-world", one(CLUSTER, a={"b": [{"cidrBlock": "0.0.0.0/0"}]}), "a.b.0.cidrBlock"),
    ("nothing-is-open-to-the-world", one("gcp:compute/firewall:Firewall", sourceRanges=["::/0"]), "::/0"),
    ("nothing-is-open-to-the-world", one(CLUSTER, cidr=Hidden("0.0.0.0/0")), "0.0.0.0/0"),
    ("no-role-is-broad", one("gcp:projects/iAMMember:IAMMember", role="roles/owner"), "roles/owner"),
    ("no-role-is-broad", one("gcp:projects/iAMMember:IAMMember", role="roles/editor"), "roles/editor"),
    ("no-role-is-broad", one("gcp:projects/iAMMember:IAMMember", role="roles/storage.admin"), "storage.admin"),
    ("no-role-is-broad", one("gcp:x:y", role="roles/compute.instanceAdmin"), "instanceAdmin"),
    ("no-role-is-broad", one("gcp:x:y", role="roles/compute.instanceAdmin.v1"), "instanceAdmin"),
    ("no-role-is-broad", one("gcp:x:y", role="roles/run.invoker", member="allUsers"), "allUsers"),
    ("no-role-is-broad", one("gcp:x:y", permissions=["resourcemanager.projects.setIamPolicy"]), "setIamPolicy"),
    ("no-load-balancer", one("kubernetes:core/v1:Service", spec={"type": "LoadBalancer"}), "from outside"),
    ("no-load-balancer", one("kubernetes:core/v1:Service", spec={"type": "NodePort"}), "from outside"),
    ("no-load-balancer", one("kubernetes:networking.k8s.io/v1:Ingress"), "from outside"),
    ("no-load-balancer", one("gcp:compute/forwardingRule:ForwardingRule"), "from outside"),
    ("no-load-balancer", one("gcp:compute/globalAddress:GlobalAddress"), "from outside"),
    ("everything-is-labelled", one(CLUSTER, resourceLabels={"other": "x"}), STACK_LABEL),
    ("everything-is-labelled", one("gcp:container/nodePool:NodePool", nodeConfig={}), STACK_LABEL),
    ("everything-is-labelled", one("kubernetes:core/v1:Secret", metadata={}), "part-of"),
    ("every-secret-is-marked", one("kubernetes:core/v1:Secret", stringData={"password": "x"}), "stringData.password"),
    (
        "every-secret-is-marked",
        one("docker-build:index:Image", registries=[{"password": "x"}]),
        "registries.0.password",
    ),
]


@pytest.mark.parametrize(("name", "resource", "said"), BREAKS)
def test_rule_finds_what_breaks_it(name: str, resource: Declared, said: str) -> None:
    (message,) = broken(name, [resource])
    assert said in message


def test_budget_counts_however_far_it_is() -> None:
    budget = one(BUDGET, urn="budget")
    network = one("gcp:compute/network:Network", urn="network", needs=("budget",))
    assert broken("budget-comes-first", [budget, network, one(CLUSTER, needs=("network",))]) == []


def test_marked_secret_is_fine_wherever_the_mark_is() -> None:
    kind = "kubernetes:core/v1:Secret"
    whole = one(kind, stringData=Hidden({"password": "x"}))
    entry = one(kind, stringData={"password": Hidden("x")})
    output = Declared(
        urn="x", type=kind, name="it", props={"data": {"a": "x"}}, needs=frozenset(), secret_outputs=frozenset({"data"})
    )
    assert broken("every-secret-is-marked", [whole, entry, output]) == []


def test_least_roles_are_not_called_broad() -> None:
    roles = ("roles/run.invoker", "roles/artifactregistry.reader", "roles/container.defaultNodeServiceAccount")
    assert broken("no-role-is-broad", [one("gcp:x:y", role=role) for role in roles]) == []


def test_every_type_that_can_be_labelled_is_known(made: list[Made]) -> None:
    for type_ in {entry.type for entry in made if entry.type.startswith("gcp:")}:
        names = _inputs_of(type_)
        fields = names & {"labels", "user_labels", "resource_labels"}
        if type_ == "gcp:monitoring/notificationChannel:NotificationChannel":
            fields -= {"labels"}  # where the mail goes to
        assert bool(fields) == (type_ in LABELS and LABELS[type_][0] != "nodeConfig"), type_


def _inputs_of(type_: str) -> set[str]:
    module = importlib.import_module(f"pulumi_gcp.{type_.split(':')[1].partition('/')[0]}")
    arguments: Any = getattr(module, f"{type_.rpartition(':')[2]}Args")
    return set(inspect.signature(arguments.__init__).parameters)


def test_free_types_exist() -> None:
    modules = {name for _, name, _ in pkgutil.iter_modules(pulumi_gcp.__path__)}

    for type_ in FREE:
        assert re.match(r"gcp:(\w+)/", type_)[1] in modules  # type: ignore[index]
        assert _inputs_of(type_)
