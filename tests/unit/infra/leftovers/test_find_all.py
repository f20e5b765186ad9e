"""Search for leftovers: which resources are found, at which cost, and what could not be listed."""

import json
from typing import Any

import pulumi
import pytest

from infra.leftovers.search_context import Owner
from producer.runtime.exit_status import Exit
from tests.unit.infra.leftovers.fake_project import CLAIM, OURS, PROJECT, FakeProject, disk, full_project
from tests.unit.infra.leftovers.run_leftovers import run_leftovers

COSTS = {
    ("cluster", "sluice"): "73.00",
    ("machine", "gke-sluice-spot-1"): "18.25",
    ("NAT gateway", "sluice-router"): "3.65",
    ("forwarding rule", "a1b2"): "18.25",
    ("address", "kept"): "7.30",
    ("address", "inside"): "0.00",
    ("disk", "pvc-1"): "1.00",
    ("disk", "pvc-2"): "1.00",
    ("snapshot", "before"): "0.20",
    ("snapshot", "wide"): "0.26",
    ("image of a disk", "golden"): "0.05",
    ("clock", "sluice-guard-clock"): "0.10",
    ("function", "sluice-on-clock"): "0.00",
    ("alert", "7"): "0.00",
    ("image registry", "sluice-images"): "0.30",
    ("bucket", "sluice-guard"): "0.04",
    ("log bucket", "sluice"): "0.00",
    ("log bucket", "years"): None,
}


def test_everything_of_the_stack_is_found_with_its_cost_and_nothing_else() -> None:
    status, out, _ = run_leftovers(full_project(), "--json")
    found = json.loads(out)
    assert {(item["kind"], item["name"]): item["month"] for item in found["left"]} == COSTS
    assert [item["name"] for item in found["perhaps"]] == ["pvc-5"]
    assert "does not name its cluster" in found["perhaps"][0]["doubt"]
    assert status == Exit.FAILED
    assert found["month"] == "123.40"
    assert not found["unseen"]


def test_a_disk_of_a_claim_without_a_cluster_is_listed_and_never_removed() -> None:
    project = FakeProject(resources={"disks": [disk("pvc-5", {"goog-gke-volume": ""}, description=CLAIM)]})
    status, out, _ = run_leftovers(project, "--yes")
    assert "May belong to this stack: pvc-5" in out
    assert status == Exit.OK
    assert not project.removed


def test_a_missing_permission_to_list_is_reported_with_its_role() -> None:
    denied = (403, {"error": {"message": "Permission denied"}})
    status, out, _ = run_leftovers(FakeProject(refuses={"GET aggregated/disks": denied}))
    assert "Could not be listed: disks" in out
    assert "--role roles/compute.viewer" in out
    assert status == Exit.FAILED


def test_a_denied_project_is_reported_with_another_role() -> None:
    denied = (403, {"error": {"message": "no", "details": [{"reason": "USER_PROJECT_DENIED"}]}})
    _, out, _ = run_leftovers(FakeProject(refuses={"GET aggregated/disks": denied}))
    assert "--role roles/serviceusage.serviceUsageConsumer" in out


def test_a_disabled_api_is_reported_with_how_to_enable_it() -> None:
    off = (403, {"error": {"message": "off", "details": [{"reason": "SERVICE_DISABLED"}]}})
    status, out, _ = run_leftovers(FakeProject(refuses={"GET /artifactregistry/": off}))
    assert f"gcloud services enable artifactregistry.googleapis.com --project {PROJECT}" in out
    assert status == Exit.FAILED


def test_disabled_billing_is_reported() -> None:
    unpaid = (403, {"error": {"message": "billing", "details": [{"reason": "BILLING_DISABLED"}]}})
    status, out, _ = run_leftovers(FakeProject(refuses={"GET aggregated/disks": unpaid}))
    assert f"gcloud billing projects describe {PROJECT}" in out
    assert "you lack" not in out
    assert status == Exit.FAILED


def test_names_are_shown_as_they_are() -> None:
    name = "sluice: [/b] [red]disk"
    alert = {**full_project().resources["alerts"][0], "displayName": name}
    assert name in run_leftovers(FakeProject(resources={"alerts": [alert]}))[1]


def test_the_clock_is_found_as_the_program_makes_it() -> None:
    """It has no labels: its name and its description have to do."""
    from tests.unit.infra.gcp.conftest import NEEDED, cloud, only  # noqa: PLC0415 seconds

    job = only(cloud(NEEDED), "Job", "clock").plain
    place = f"projects/{PROJECT}/locations/{job['region']}/jobs/{job['name']}"
    clock = {"name": place, "description": job["description"].replace(pulumi.get_stack().lower(), "gke")}
    _, out, _ = run_leftovers(FakeProject(resources={"jobs us-central1": [clock]}), "--json")
    assert [item["name"] for item in json.loads(out)["left"]] == ["sluice-guard-clock"]


def test_the_program_marks_resources_as_the_search_expects() -> None:
    from tests.unit.infra.gcp.conftest import NEEDED, cloud, only  # noqa: PLC0415 seconds

    made, stack = cloud(NEEDED), pulumi.get_stack().lower()
    owner = Owner(stack=stack, cluster="", namespace="sluice")
    assert owner.description == f"Sluice, stack {stack}"
    assert only(made, "Network", "network").plain["description"] == owner.description
    labels = only(made, "Cluster", "cluster").plain["resourceLabels"]
    assert labels["sluice-stack"] == stack
    assert owner.owns(labels)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("aggregated/disks", {"items": {"zones/asia-east1-a": {"warning": {"code": "UNREACHABLE"}}}}),
        ("aggregated/disks", {"items": {}, "unreachables": ["projects/p/zones/asia-east1-a"]}),
        ("/clusters", {"missingZones": ["asia-east1-a"]}),
        ("/functions", {"unreachable": ["zones/asia-east1-a"]}),
    ],
)
def test_a_location_that_cannot_be_listed_is_reported(call: str, body: Any) -> None:
    project = FakeProject(
        resources={"snapshots": full_project().resources["snapshots"]}, refuses={f"GET {call}": (200, body)}
    )
    status, out, _ = run_leftovers(project)
    assert status == Exit.FAILED
    assert "asia-east1-a cannot be listed" in out
    assert "try again" in out
    assert "before" in out, "the rest is listed all the same"


def test_an_error_of_one_service_does_not_hide_the_other_leftovers() -> None:
    broken = (500, {"error": {"message": "backend"}})
    status, out, _ = run_leftovers(FakeProject(resources=full_project().resources, refuses={"GET /storage/": broken}))
    assert status == Exit.FAILED
    assert "Could not be listed: buckets: storage answers 500: backend; try again" in out
    assert "sluice-guard-clock" in out


def test_a_resource_without_a_region_has_the_price_of_the_stack_s() -> None:
    """As addresses and rules of load balancers that span regions are."""
    project = FakeProject(places={"addresses": "global", "forwardingRules": "global"})
    project.resources = {
        "addresses": [{"name": "wide", "status": "RESERVED", "labels": OURS}],
        "forwardingRules": [{"name": "rule", "labels": OURS}],
    }
    _, out, _ = run_leftovers(project, "--json")
    assert {(item["name"], item["place"], item["month"]) for item in json.loads(out)["left"]} == {
        ("wide", "global", "7.30"),
        ("rule", "global", "18.25"),
    }
