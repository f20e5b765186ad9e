"""The policy rules: the program breaks none of them, and each finds its violations."""

import importlib
import inspect
import json
import pkgutil
import re
from typing import Any

import pulumi_gcp
import pytest

from infra.policy.budget_rules import BUDGET, FREE_TYPES
from infra.policy.declared_resource import DeclaredResource, SecretValue, Unknown
from infra.policy.iam_rules import ACCOUNT_PATHS
from infra.policy.label_rules import LABEL_PATHS, STACK_LABEL
from infra.settings.gcp_checks import ON_DEMAND_PARTS
from tests.unit.infra.conftest import everything
from tests.unit.infra.gcp.conftest import NEEDED, cloud
from tests.unit.infra.policy.run_rules import NAMES, declared, violations
from tests.unit.infra.recording_monitor import Made

pytestmark = pytest.mark.slow

ALL = pytest.mark.parametrize("name", NAMES)
CLUSTER = "gcp:container/cluster:Cluster"


@ALL
def test_program_breaks_no_rule(name: str, made: list[Made]) -> None:
    assert violations(name, declared(made)) == []


@ALL
@pytest.mark.parametrize(
    "settings",
    [
        {
            "profile": "large",
            "nodes.onDemandMax": "3",
            "nodes.machineType": "e2-standard-4",
            "gcp.location": "europe-west1",
        },
        {
            "gcp.controlPlaneCidrs": '["203.0.113.7/32"]',
            "nodes.spotMax": "0",
            "nodes.onDemandFor": json.dumps(ON_DEMAND_PARTS),
        },
        {"monitoring.enabled": "false", "guard.mode": "off"},
        {"guard.deleteAfterDays": "30"},
    ],
    ids=["large", "by address", "minimal", "deletion"],
)
def test_no_setting_breaks_a_rule(name: str, settings: dict[str, str]) -> None:
    assert violations(name, declared(cloud({**NEEDED, **settings}))) == []


@ALL
def test_pipeline_alone_breaks_no_rule(name: str) -> None:
    assert violations(name, declared(everything())) == []


def one(type_: str, *, depends_on: tuple[str, ...] = (), urn: str = "x", **props: Any) -> DeclaredResource:
    return DeclaredResource(urn=urn, type=type_, name="it", props=props, depends_on=frozenset(depends_on))


MEMBER = "gcp:projects/iAMMember:IAMMember"
NODES = "gcp:container/nodePool:NodePool"
SERVICE = "kubernetes:core/v1:Service"
FIREWALL = "gcp:compute/firewall:Firewall"
KAFKA = "kubernetes:kafka.strimzi.io/v1:Kafka"
POD = "kubernetes:core/v1:Pod"
SECRET = "kubernetes:core/v1:Secret"


def affinity(how: str) -> dict[str, Any]:
    """A pod template's affinity for Google's spot nodes, `required` or `preferred`."""
    spot = {"matchExpressions": [{"key": "cloud.google.com/gke-spot", "operator": "In", "values": ["true"]}]}
    terms = {"required": {"nodeSelectorTerms": [spot]}, "preferred": [{"weight": 1, "preference": spot}]}
    return {"affinity": {"nodeAffinity": {f"{how}DuringSchedulingIgnoredDuringExecution": terms[how]}}}


PRIVATE = {"enablePrivateNodes": True}
BREAKS = [
    ("budget-comes-first", one(CLUSTER), "does not depend on the budget"),
    ("budget-comes-first", one("gcp:some/new:Thing"), "does not depend on the budget"),
    ("nothing-is-open-to-the-world", one("gcp:x:y", a={"b": [{"cidrBlock": "0.0.0.0/0"}]}), "a.b.0.cidrBlock"),
    ("nothing-is-open-to-the-world", one(FIREWALL, sourceRanges=["::/0"]), "::/0"),
    ("nothing-is-open-to-the-world", one(FIREWALL, sourceRanges=["128.0.0.0/1"]), "128.0.0.0/1"),
    ("nothing-is-open-to-the-world", one(FIREWALL, allows=[{"protocol": "tcp"}]), "names no source"),
    ("nothing-is-open-to-the-world", one("gcp:x:y", cidr=SecretValue("0.0.0.0/0")), "0.0.0.0/0"),
    ("nothing-is-open-to-the-world", one(CLUSTER), "may connect to the control plane"),
    (
        "nothing-is-open-to-the-world",
        one(CLUSTER, controlPlaneEndpointsConfig={"ipEndpointsConfig": {"enabled": True}}),
        "may connect to the control plane",
    ),
    ("no-role-is-broad", one(MEMBER, role="roles/owner"), "roles/owner"),
    ("no-role-is-broad", one(MEMBER, role="roles/editor"), "roles/editor"),
    ("no-role-is-broad", one(MEMBER, role="roles/writer"), "roles/writer"),
    ("no-role-is-broad", one(MEMBER, role="roles/storage.admin"), "storage.admin"),
    ("no-role-is-broad", one(MEMBER, role="roles/iam.serviceAccountUser"), "serviceAccountUser"),
    ("no-role-is-broad", one("gcp:x:y", role="roles/compute.instanceAdmin"), "instanceAdmin"),
    ("no-role-is-broad", one("gcp:x:y", role="roles/compute.instanceAdmin.v1"), "instanceAdmin"),
    ("no-role-is-broad", one("gcp:x:y", policyData='{"bindings": [{"role": "roles/owner"}]}'), "roles/owner"),
    ("no-role-is-broad", one("gcp:x:y", role="roles/run.invoker", member="allUsers"), "roles/run.invoker to allUsers"),
    (
        "no-role-is-broad",
        one(MEMBER, role="roles/eventarc.serviceAgent", member="serviceAccount:me@my-lab.iam.gserviceaccount.com"),
        "no service agent of Google's",
    ),
    ("no-role-is-broad", one("gcp:x:y", role="x", members=["allAuthenticatedUsers"]), "allAuthenticatedUsers"),
    ("no-role-is-broad", one("gcp:storage/bucketACL:BucketACL", roleEntities=["READER:allUsers"]), "allUsers"),
    ("no-role-is-broad", one("gcp:storage/bucketACL:BucketACL", predefinedAcl="publicRead"), "publicRead"),
    ("no-role-is-broad", one("gcp:x:y", permissions=["resourcemanager.projects.setIamPolicy"]), "setIamPolicy"),
    ("no-role-is-broad", one("gcp:x:y", permissions=["iam.serviceAccounts.getAccessToken"]), "getAccessToken"),
    ("no-role-is-broad", one(NODES, nodeConfig={}), "default account"),
    ("no-role-is-broad", one("gcp:cloudfunctionsv2/function:Function"), "default account"),
    (
        "no-role-is-broad",
        one("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", roleRef={"name": "cluster-admin"}),
        "cluster-admin",
    ),
    (
        "no-role-is-broad",
        one("kubernetes:rbac.authorization.k8s.io/v1:Role", rules=[{"verbs": ["*"]}]),
        "rules.0.verbs",
    ),
    ("no-load-balancer", one(SERVICE, spec={"type": "LoadBalancer"}), "from outside"),
    ("no-load-balancer", one(SERVICE, spec={"type": "NodePort"}), "from outside"),
    ("no-load-balancer", one(SERVICE, spec={"externalIPs": ["203.0.113.7"]}), "from outside"),
    ("no-load-balancer", one(KAFKA, spec={"kafka": {"listeners": [{"type": "loadbalancer"}]}}), "from outside"),
    ("no-load-balancer", one(POD, spec={"hostNetwork": True}), "from outside"),
    ("no-load-balancer", one(POD, spec={"containers": [{"ports": [{"hostPort": 9092}]}]}), "from outside"),
    ("no-load-balancer", one("kubernetes:networking.k8s.io/v1:Ingress"), "from outside"),
    ("no-load-balancer", one("gcp:compute/forwardingRule:ForwardingRule"), "from outside"),
    ("no-load-balancer", one("gcp:compute/globalAddress:GlobalAddress"), "from outside"),
    (
        "no-load-balancer",
        one("gcp:compute/instance:Instance", networkInterfaces=[{"accessConfigs": [{}]}]),
        "from outside",
    ),
    ("no-load-balancer", one(CLUSTER), "enablePrivateNodes"),
    ("no-load-balancer", one(NODES, networkConfig={"enablePrivateNodes": False}), "enablePrivateNodes"),
    ("everything-is-labelled", one(CLUSTER, resourceLabels={"other": "x"}), STACK_LABEL),
    ("everything-is-labelled", one(NODES, nodeConfig={}), STACK_LABEL),
    ("everything-is-labelled", one("gcp:compute/disk:Disk"), STACK_LABEL),
    ("everything-is-labelled", one(SECRET, metadata={}), "part-of"),
    ("nodes-are-shielded", one(NODES, nodeConfig={}), "enableSecureBoot"),
    ("nodes-are-shielded", one(CLUSTER, nodeConfig={"shieldedInstanceConfig": {"enableSecureBoot": False}}), "Secure"),
    ("no-spot-node-is-required", one(NODES, nodeConfig={"spot": True}), "starts with spot nodes"),
    ("no-spot-node-is-required", one(NODES, nodeConfig={"spot": True}, initialNodeCount=1), "starts with spot nodes"),
    ("no-spot-node-is-required", one(POD, spec={"nodeSelector": {"sluice/capacity": "spot"}}), "spot nodes only"),
    ("no-spot-node-is-required", one(KAFKA, spec=affinity("required")), "spot nodes only"),
    ("every-secret-is-marked", one(SECRET, stringData={"password": "x"}), "stringData.password"),
    ("every-secret-is-marked", one("kubernetes:core/v1:ConfigMap", data={"db_password": "x"}), "data.db_password"),
    (
        "every-secret-is-marked",
        one(POD, spec={"containers": [{"env": [{"name": "DB_PASSWORD", "value": "x"}]}]}),
        "env.0.value",
    ),
    ("every-secret-is-marked", one("gcp:secretmanager/secretVersion:SecretVersion", secretData="x"), "secretData"),
    ("every-secret-is-marked", one("pulumi:providers:kubernetes", kubeconfig='{"token": "x"}'), "kubeconfig"),
    (
        "every-secret-is-marked",
        one("docker-build:index:Image", registries=[{"password": "x"}]),
        "registries.0.password",
    ),
]


@pytest.mark.parametrize(("name", "resource", "said"), BREAKS)
def test_rule_finds_what_breaks_it(name: str, resource: DeclaredResource, said: str) -> None:
    (message,) = violations(name, [resource])
    assert said in message


def test_indirect_dependency_on_the_budget_is_enough() -> None:
    budget = one(BUDGET, urn="budget")
    network = one("gcp:compute/network:Network", urn="network", depends_on=("budget",))
    assert violations("budget-comes-first", [budget, network, one(CLUSTER, depends_on=("network",))]) == []


@pytest.mark.parametrize("condition", [None, {"title": "ours", "expression": "resource.name == 'x'"}])
@pytest.mark.parametrize(
    ("permission", "dangerous"),
    [("compute.disks.delete", True), ("container.clusters.delete", True), ("compute.routers.delete", False)],
)
def test_a_role_that_may_delete_data_is_granted_with_a_condition(
    permission: str, dangerous: bool, condition: dict[str, str] | None
) -> None:
    role = one("gcp:projects/iAMCustomRole:IAMCustomRole", urn="role", permissions=["compute.disks.list", permission])
    grant = one(MEMBER, depends_on=("role",), role=UNKNOWN, condition=condition)
    after = one("gcp:cloudfunctionsv2/function:Function", depends_on=("role",))
    other = one(MEMBER, depends_on=("role",), role="roles/run.invoker")
    found = violations("deletion-has-a-condition", [role, grant, after, other])
    assert len(found) == (dangerous and not condition)


def test_marked_secrets_break_no_rule_at_any_depth() -> None:
    kind = "kubernetes:core/v1:Secret"
    whole = one(kind, stringData=SecretValue({"password": "x"}))
    entry = one(kind, stringData={"password": SecretValue("x")})
    assert violations("every-secret-is-marked", [whole, entry]) == []


UNKNOWN = Unknown.UNTIL_CREATED
NOT_YET = [
    one(
        CLUSTER,
        resourceLabels=UNKNOWN,
        privateClusterConfig=UNKNOWN,
        controlPlaneEndpointsConfig=UNKNOWN,
        nodeConfig=UNKNOWN,
    ),
    one(NODES, nodeConfig=UNKNOWN),
    one("gcp:projects/iAMCustomRole:IAMCustomRole", permissions=UNKNOWN),
    one(MEMBER, role=UNKNOWN, member=UNKNOWN, members=UNKNOWN),
    one(FIREWALL, allows=[{}], sourceRanges=UNKNOWN),
    one(SERVICE, metadata=UNKNOWN, spec={"type": UNKNOWN, "externalIPs": UNKNOWN}),
    one(KAFKA, metadata={"labels": UNKNOWN}, spec={"kafka": {"listeners": UNKNOWN}, "hostNetwork": UNKNOWN}),
    one(SECRET, metadata=UNKNOWN, stringData=UNKNOWN),
]


@pytest.mark.parametrize("resource", NOT_YET, ids=lambda resource: resource.kind)
def test_unknown_values_of_a_preview_break_no_rule(resource: DeclaredResource) -> None:
    assert [message for name in NAMES if name != "budget-comes-first" for message in violations(name, [resource])] == []


@pytest.mark.parametrize(
    "resource",
    [
        one(FIREWALL, allows=[{}], sourceRanges=["10.0.0.0/8"]),
        one(FIREWALL, allows=[{}], direction="EGRESS"),
        one(
            CLUSTER,
            privateClusterConfig=PRIVATE,
            masterAuthorizedNetworksConfig={"cidrBlocks": [{"cidrBlock": "203.0.113.7/32"}]},
        ),
        one(
            CLUSTER, privateClusterConfig=PRIVATE, controlPlaneEndpointsConfig={"ipEndpointsConfig": {"enabled": False}}
        ),
        one(KAFKA, spec={"kafka": {"listeners": [{"type": "internal"}, {"type": "cluster-ip"}]}}),
        one(POD, spec={"containers": [{"env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {}}}]}]}),
        one("pulumi:providers:kubernetes", kubeconfig='{"users": [{"exec": {"command": "gke-gcloud-auth-plugin"}}]}'),
    ],
    ids=lambda resource: resource.kind,
)
def test_closed_network_rules_break_no_rule(resource: DeclaredResource) -> None:
    names = ("nothing-is-open-to-the-world", "no-load-balancer", "every-secret-is-marked")
    assert [message for name in names for message in violations(name, [resource])] == []


@pytest.mark.parametrize(
    "resource",
    [
        one(NODES, nodeConfig={"spot": True}, initialNodeCount=0),
        one(NODES, nodeConfig={"spot": False}, initialNodeCount=1),
        one(POD, spec={"nodeSelector": {"sluice/capacity": "steady"}}),
        one(POD, spec=affinity("preferred")),
    ],
    ids=["starts at zero", "on demand", "steady", "preferred"],
)
def test_a_spot_node_may_be_preferred(resource: DeclaredResource) -> None:
    assert violations("no-spot-node-is-required", [resource]) == []


def test_narrow_roles_break_no_rule() -> None:
    roles = ("roles/run.invoker", "roles/artifactregistry.reader", "roles/container.defaultNodeServiceAccount")
    assert violations("no-role-is-broad", [one("gcp:x:y", role=role) for role in roles]) == []


def test_every_type_that_can_be_labelled_is_known(made: list[Made]) -> None:
    for type_ in {entry.type for entry in made if entry.type.startswith("gcp:")}:
        names = _inputs_of(type_)
        fields = names & {"labels", "user_labels", "resource_labels"}
        if type_ == "gcp:monitoring/notificationChannel:NotificationChannel":
            fields -= {"labels"}  # where the mail goes to
        assert bool(fields) == (type_ in LABEL_PATHS and LABEL_PATHS[type_][0] != "nodeConfig"), type_


@pytest.mark.parametrize(("type_", "path"), [*LABEL_PATHS.items(), *ACCOUNT_PATHS.items()])
def test_what_the_rules_ask_for_is_what_googles_sdk_has(type_: str, path: tuple[str, ...]) -> None:
    assert re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", path[0]) in _inputs_of(type_)


def _inputs_of(type_: str) -> set[str]:
    module = importlib.import_module(f"pulumi_gcp.{type_.split(':')[1].partition('/')[0]}")
    arguments: Any = getattr(module, f"{type_.rpartition(':')[2]}Args")
    return set(inspect.signature(arguments.__init__).parameters)


def test_free_types_exist() -> None:
    modules = {name for _, name, _ in pkgutil.iter_modules(pulumi_gcp.__path__)}

    for type_ in FREE_TYPES:
        assert re.match(r"gcp:(\w+)/", type_)[1] in modules  # type: ignore[index]
        assert _inputs_of(type_)
