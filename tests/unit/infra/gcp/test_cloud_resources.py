"""Google Cloud resources: their order, their settings, and what is left out."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from infra.gcp.budget import CREDIT_TYPES
from infra.gcp.budget_errors import PUBLISHER
from infra.gcp.guard import PERMISSIONS
from infra.gcp.project_services import APIS
from tests.unit.infra.gcp.conftest import AUTHORITY, EVERYTHING, NEEDED, Billing, cloud, only
from tests.unit.infra.recording_monitor import Made

pytestmark = pytest.mark.slow

FIRST = ("Service", "NotificationChannel", "Topic", "TopicIAMMember")


ORDER = [
    # created later (and deleted first), created before it
    ("Budget", "Topic"),
    ("Budget", "NotificationChannel"),
    ("Cluster", "Budget"),
    ("Cluster", "Function"),
    ("Cluster", "RouterNat"),
    ("NodePool", "Cluster"),
    ("NodePool", "IAMMember"),
    ("Claims", "NodePool"),
    ("Claims", "Cluster"),
    ("StorageClass", "Claims"),
    ("Namespace", "StorageClass"),
    ("Namespace", "PriorityClass"),
    ("PriorityClass", "Claims"),
    ("Namespace", "Claims"),
    ("Namespace", "NodePool"),
    ("StatefulSet", "Claims"),
    ("KafkaNodePool", "Claims"),
    ("KafkaConnector", "Claims"),
    ("PodMonitoring", "KafkaConnect"),
    ("Function", "BucketObject"),
    ("Job", "ServiceIamMember"),
    ("Image", "Repository"),
]


def needed(entry: Made, by_urn: Mapping[str, Made]) -> set[str]:
    """URNs of everything that a resource depends on, including its provider."""
    found, left = set[str](), [entry]
    while left:
        current = left.pop()
        for urn in (*current.dependencies, current.provider.rpartition("::")[0]):
            if urn in by_urn and urn not in found:
                found.add(urn)
                left.append(by_urn[urn])
    return found


@pytest.mark.parametrize(("later", "first"), ORDER)
def test_order_lets_everything_be_created_and_deleted(made: list[Made], later: str, first: str) -> None:
    by_urn = {entry.urn: entry for entry in made}
    firsts = {entry.urn for entry in made if entry.kind == first and not entry.is_component}
    assert firsts
    google = {"Job": "gcp:", "Service": "gcp:"}
    for entry in made:
        if entry.kind == later and not entry.is_component and entry.type.startswith(google.get(later, "")):
            assert firsts <= needed(entry, by_urn), entry.name


def test_everything_of_google_waits_for_every_service(made: list[Made]) -> None:
    by_urn = {entry.urn: entry for entry in made}
    services = {entry.urn for entry in made if entry.type.startswith("gcp:projects/service:")}
    assert len(services) == len(APIS)
    for entry in made:
        if entry.type.startswith("gcp:") and entry.urn not in services:
            assert services <= needed(entry, by_urn), entry.name


def test_services_stay_enabled_when_the_stack_is_destroyed(made: list[Made]) -> None:
    for entry in made:
        if entry.type.startswith("gcp:projects/service:"):
            assert entry.plain["disableOnDestroy"] is False


def test_budget_counts_what_a_trial_s_credit_pays_but_no_other_credit(made: list[Made]) -> None:
    budget = only(made, "Budget").plain
    assert budget["budgetFilter"] == {
        "projects": ["projects/123456789"],
        "calendarPeriod": "MONTH",
        "creditTypesTreatment": "INCLUDE_SPECIFIED_CREDITS",
        "creditTypes": list(CREDIT_TYPES),
    }
    assert "FREE_TIER" in CREDIT_TYPES, "it pays back the cluster fee"
    assert "PROMOTION" not in CREDIT_TYPES, "a trial's"
    assert budget["amount"] == {"specifiedAmount": {"currencyCode": "USD", "units": "20"}}
    rules = {(rule["spendBasis"], rule["thresholdPercent"]) for rule in budget["thresholdRules"]}
    actual = {("CURRENT_SPEND", share) for share in (0.25, 0.5, 0.75, 0.9, 1)}
    assert rules == actual | {("FORECASTED_SPEND", 1)}
    told = budget["allUpdatesRule"]
    assert len(told["monitoringNotificationChannels"]) == 2
    assert told["pubsubTopic"] == only(made, "Topic").name
    assert told["schemaVersion"] == "1.0"


def test_google_s_publisher_is_granted_the_topic_before_the_budget(made: list[Made]) -> None:
    grant = only(made, "TopicIAMMember", "budget-publisher")
    assert grant.plain["topic"] == only(made, "Topic").plain["name"]
    assert grant.plain["member"] == f"serviceAccount:{PUBLISHER}"
    assert grant.plain["role"] == "roles/pubsub.publisher"
    assert grant.urn in only(made, "Budget").dependencies


def test_budget_and_guard_have_the_currency_of_the_billing_account() -> None:
    made = cloud(NEEDED, billing=Billing(in_currency="EUR"))
    assert only(made, "Budget").plain["amount"] == {"specifiedAmount": {"currencyCode": "EUR", "units": "20"}}
    functions = [entry.plain["serviceConfig"]["environmentVariables"] for entry in made if entry.kind == "Function"]
    assert {variables["GUARD_CURRENCY"] for variables in functions} == {"EUR"}


def test_cluster_is_private_and_hardened(made: list[Made]) -> None:
    cluster = only(made, "Cluster").plain
    assert cluster["location"] == "us-central1-a"
    assert cluster["privateClusterConfig"] == {"enablePrivateNodes": True}
    assert cluster["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {"allowExternalTraffic": True},
        "ipEndpointsConfig": {"enabled": False},
    }
    assert "masterAuthorizedNetworksConfig" not in cluster
    assert cluster["enableShieldedNodes"] is True
    assert cluster["workloadIdentityConfig"] == {"workloadPool": "my-lab.svc.id.goog"}
    assert cluster["datapathProvider"] == "ADVANCED_DATAPATH"
    assert cluster["releaseChannel"] == {"channel": "REGULAR"}
    assert cluster["removeDefaultNodePool"] is True
    assert cluster["deletionProtection"] is False
    assert cluster["databaseEncryption"] == {"state": "ENCRYPTED", "keyName": EVERYTHING["gcp.secretsKey"]}
    assert cluster["rbacBindingConfig"] == {
        "enableInsecureBindingSystemAuthenticated": False,
        "enableInsecureBindingSystemUnauthenticated": False,
    }
    assert cluster["masterAuth"] == {"clientCertificateConfig": {"issueClientCertificate": False}}


def test_control_plane_can_have_an_allow_list_instead() -> None:
    made = cloud({**NEEDED, "gcp.controlPlaneCidrs": '["203.0.113.7/32"]', "gcp.deletionProtection": "true"})
    cluster = only(made, "Cluster").plain
    assert cluster["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {"allowExternalTraffic": False},
        "ipEndpointsConfig": {"enabled": True},
    }
    assert cluster["masterAuthorizedNetworksConfig"] == {
        "cidrBlocks": [{"cidrBlock": "203.0.113.7/32"}],
        "gcpPublicCidrsAccessEnabled": False,
    }
    assert cluster["deletionProtection"] is True
    assert kubeconfig(made)["clusters"][0]["cluster"] == {
        "server": "https://203.0.113.9",
        "certificate-authority-data": AUTHORITY,
    }


def kubeconfig(made: list[Made]) -> Any:
    (provider,) = (entry for entry in made if entry.type == "pulumi:providers:kubernetes")
    return json.loads(provider.plain["kubeconfig"])


def test_cluster_is_reached_by_its_name_without_a_secret(made: list[Made]) -> None:
    found = kubeconfig(made)
    assert found["clusters"][0]["cluster"] == {"server": "https://gke-abc.us-central1-a.gke.goog"}
    login = found["users"][0]["user"]["exec"]
    # By default the plugin uses the login of gcloud, and the program the application default credentials.
    assert (login["command"], login["args"]) == ("gke-gcloud-auth-plugin", ["--use_application_default_credentials"])
    assert found["current-context"] == "gke_my-lab_us-central1-a_sluice"


def test_node_pools_are_capped_small_and_shielded(made: list[Made]) -> None:
    pools = {entry.name: entry for entry in made if entry.kind == "NodePool"}
    assert pools.keys() == {"spot", "steady"}
    for name, pool in pools.items():
        node = pool.plain["nodeConfig"]
        assert node["spot"] is (name == "spot")
        assert (node["machineType"], node["diskType"], node["diskSizeGb"]) == ("e2-standard-2", "pd-balanced", 50)
        assert node["serviceAccount"] == "sluice-nodes@my-lab.iam.gserviceaccount.com"
        # The guard's resize must not replace a pool.
        assert "initialNodeCount" in pool.ignore_changes
        assert "nodeCount" not in pool.plain
    scaling = {name: pool.plain["autoscaling"] for name, pool in pools.items()}
    assert scaling["spot"] == {"totalMinNodeCount": 0, "totalMaxNodeCount": 1, "locationPolicy": "ANY"}
    assert scaling["steady"] == {"totalMinNodeCount": 1, "totalMaxNodeCount": 2, "locationPolicy": "BALANCED"}


@pytest.mark.parametrize(("kind", "name"), [("Cluster", "cluster"), ("NodePool", "spot"), ("NodePool", "steady")])
def test_nodes_have_what_an_organization_may_demand(made: list[Made], kind: str, name: str) -> None:
    # The cluster's are those that it is created with, and that are removed at once.
    node = only(made, kind, name).plain["nodeConfig"]
    assert node["shieldedInstanceConfig"] == {"enableSecureBoot": True, "enableIntegrityMonitoring": True}
    assert node["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
    assert node["kubeletConfig"] == {"insecureKubeletReadonlyPortEnabled": "FALSE", "cpuCfsQuota": True}
    assert node["metadata"] == {
        "disable-legacy-endpoints": "true",
        "block-project-ssh-keys": "true",
        "serial-port-logging-enable": "false",
    }
    assert node["serviceAccount"] == "sluice-nodes@my-lab.iam.gserviceaccount.com"


def test_no_spot_machine_is_waited_for(made: list[Made]) -> None:
    spot, steady = only(made, "NodePool", "spot").plain, only(made, "NodePool", "steady").plain
    assert (spot["initialNodeCount"], steady["initialNodeCount"]) == (0, 1)
    assert spot["upgradeSettings"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert steady["upgradeSettings"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_accounts_have_the_roles_of_their_tasks_and_no_more(made: list[Made]) -> None:
    granted: dict[str, set[str]] = {}
    for entry in made:
        if entry.kind.lower().endswith("iammember"):
            account, _, domain = entry.plain["member"].partition(":")[2].partition("@")
            name = domain.partition(".")[0] if account == "service-123456789" else account
            granted.setdefault(name, set()).add(entry.plain["role"])
    role = only(made, "IAMCustomRole", "guard")
    assert granted == {
        "gcp-sa-eventarc": {"roles/eventarc.serviceAgent"},
        "sluice-nodes": {"roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"},
        "sluice-guard": {
            # Two of the three for guard.deleteAfterDays only: tests/unit/infra/gcp/test_guard.py.
            *(f"projects/my-lab/roles/{role.plain['roleId']}" for role in custom_roles(made)),
            "roles/storage.objectUser",
        },
        "sluice-guard-caller": {"roles/eventarc.eventReceiver", "roles/run.invoker"},
        "sluice-guard-build": {
            "roles/storage.objectViewer",
            "roles/artifactregistry.writer",
            "roles/logging.logWriter",
        },
        "billing-budget-alert": {"roles/pubsub.publisher"},
    }
    assert role.plain["permissions"] == list(PERMISSIONS)


def test_no_custom_role_has_an_id_that_a_destroyed_stack_had(made: list[Made]) -> None:
    """Google blocks the id of a deleted role for 37 days: each ends in a random text, and an existing role keeps it."""
    for before, role in zip(custom_roles(made), custom_roles(cloud(EVERYTHING)), strict=True):
        assert re.fullmatch(r"sluice_\w+_[0-9a-f]{6}", role.plain["roleId"])
        assert role.plain["roleId"] != before.plain["roleId"]
        assert role.ignore_changes == ("roleId",)


def custom_roles(made: list[Made]) -> list[Made]:
    return [entry for entry in made if entry.kind == "IAMCustomRole"]


def test_disks_have_the_stacks_label(made: list[Made]) -> None:
    disks = only(made, "StorageClass").plain
    assert disks["provisioner"] == "pd.csi.storage.gke.io"
    assert disks["reclaimPolicy"] == "Delete"
    assert disks["volumeBindingMode"] == "WaitForFirstConsumer"
    assert disks["parameters"] == {"type": "pd-balanced", "labels": "sluice-name=sluice,sluice-stack=test"}
    for entry in made:
        if entry.kind == "StatefulSet":
            (claim,) = entry.plain["spec"]["volumeClaimTemplates"]
            assert claim["spec"]["storageClassName"] == disks["metadata"]["name"]
        if entry.kind == "KafkaNodePool":
            assert {disk["class"] for disk in entry.plain["spec"]["storage"]["volumes"]} == {disks["metadata"]["name"]}


def test_monitoring_can_be_disabled() -> None:
    made = cloud({**NEEDED, "monitoring.enabled": "false"})
    kinds = {entry.kind for entry in made if not entry.is_component}
    assert not {"Dashboard", "PodMonitoring"} & kinds
    # The guard's e-mails do not depend on monitoring.enabled.
    alerts = [entry.name for entry in made if entry.kind == "AlertPolicy"]
    assert {"guard-now", "guard-daily", "guard-sleep"} <= set(alerts)
    assert all(name.startswith("guard-") for name in alerts)
    assert only(made, "Cluster").plain["monitoringConfig"]["managedPrometheus"] == {"enabled": False}


def test_the_namespaces_deletion_is_not_waited_for(made: list[Made]) -> None:
    (namespace,) = (entry for entry in made if entry.kind == "Namespace")
    assert namespace.metadata["annotations"]["pulumi.com/skipAwait"] == "true"
    assert namespace.metadata["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize(
    ("name", "former"),
    [
        ("nodes-default-role", "nodes-tell"),
        ("guard-role", "guard-may"),
        ("guard-caller-event-receiver", "caller-hears"),
    ],
)
def test_renamed_role_is_found_under_its_former_name(made: list[Made], name: str, former: str) -> None:
    # Without the alias Pulumi would grant the role again, then delete the old grant, and with it the role.
    assert (former, "") in only(made, "IAMMember", name).aliases
