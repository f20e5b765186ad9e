"""The Pulumi program on Google Cloud: what it checks first, and its outputs."""

from typing import Any

import pytest

from infra.gcp.budget_rights import ROLE, NoBudgetError
from infra.settings.stack_settings import SettingsError
from tests.unit.infra.created_objects import pod_templates
from tests.unit.infra.gcp.conftest import EVERYTHING, NEEDED, Billing, cloud
from tests.unit.infra.recording_monitor import Made

pytestmark = pytest.mark.slow


def test_without_rights_nothing_is_created_and_the_role_is_named() -> None:
    caught: list[Made] = []
    with pytest.raises(NoBudgetError, match=ROLE) as error:
        caught = cloud(NEEDED, granted=False)
    assert caught == []
    assert "budget.allowWithoutBudget" in str(error.value)


def test_nothing_is_created_in_another_currency_than_the_billing_account_s() -> None:
    caught: list[Made] = []
    with pytest.raises(NoBudgetError, match=r"pulumi config set budget\.currency EUR"):
        caught = cloud({**NEEDED, "budget.currency": "USD"}, billing=Billing(in_currency="EUR"))
    assert caught == []


def test_nothing_is_created_for_a_pod_larger_than_a_node() -> None:
    caught: list[Made] = []
    with pytest.raises(SettingsError, match=r"nodes\.machineType: no e2-standard-2 has room for redis \("):
        caught = cloud({**NEEDED, "profile": "large", "nodes.onDemandMax": "3"})
    assert caught == []


@pytest.mark.parametrize("granted", [False, True])
def test_without_a_budget_a_cluster_is_created_where_the_setting_says_so(granted: bool) -> None:
    made = cloud({**NEEDED, "budget.allowWithoutBudget": "true"}, granted=granted)
    kinds = {entry.kind for entry in made if not entry.is_component}
    assert not {"Budget", "TopicIAMMember"} & kinds
    assert {"Cluster", "Function", "Topic"} <= kinds


def test_outputs_name_the_command_for_credentials() -> None:
    exported: dict[str, Any] = {}
    cloud(NEEDED, exported=exported)
    assert exported["credentials"] == (
        "gcloud container clusters get-credentials sluice --zone us-central1-a --project my-lab --dns-endpoint"
    )
    exported.clear()
    cloud(
        {
            **NEEDED,
            "gcp.location": "europe-west1",
            "nodes.onDemandMax": "3",
            "gcp.controlPlaneCidrs": '["203.0.113.7/32"]',
        },
        exported=exported,
    )
    assert exported["credentials"].endswith("--region europe-west1 --project my-lab")


def test_a_bucket_is_granted_to_the_service_account_of_the_pods_that_read_sources() -> None:
    exported: dict[str, Any] = {}
    made = cloud({**EVERYTHING, "namespace": "lab"}, exported=exported)
    account = {template["spec"]["serviceAccountName"] for name, template in pod_templates(made) if reads(name)}
    assert len([name for name, _ in pod_templates(made) if reads(name)]) == 3
    (created,) = (entry for entry in made if entry.kind == "ServiceAccount")
    assert account == {created.metadata["name"]}
    assert created.plain["automountServiceAccountToken"] is False
    (cluster,) = (entry for entry in made if entry.kind == "Cluster" and not entry.is_component)
    pool = cluster.plain["workloadIdentityConfig"]["workloadPool"]
    member = f"/workloadIdentityPools/{pool}/subject/ns/{created.metadata['namespace']}/sa/{created.metadata['name']}"
    command = exported["grantBucket"]
    assert command.endswith(f"'value(projectNumber)')/locations/global{member}")
    assert "--role roles/storage.objectViewer" in command
    assert "ns/lab/" in member


def reads(template: str) -> bool:
    return template.split()[1] in ("toolbox", "load", "proof")
