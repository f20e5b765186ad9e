"""Removal of leftovers: in which order, with which confirmation, and what happens when one fails."""

import pytest

from producer.runtime.exit_status import Exit
from tests.unit.infra.leftovers.fake_project import OURS, PROJECT, FakeProject, disk, full_project
from tests.unit.infra.leftovers.run_leftovers import run_leftovers, without_cluster


def test_yes_removes_the_resources_of_the_stack_and_no_others() -> None:
    project = without_cluster()
    status, out, _ = run_leftovers(project, "--yes")
    compute, location = f"/compute/compute/v1/projects/{PROJECT}", f"projects/{PROJECT}/locations"
    assert project.removed == [
        f"{compute}/regions/us-central1/routers/sluice-router",
        f"{compute}/regions/us-central1/forwardingRules/a1b2",
        f"{compute}/regions/us-central1/addresses/kept",
        f"{compute}/regions/us-central1/addresses/inside",
        f"{compute}/zones/us-central1-a/disks/pvc-1",
        f"{compute}/zones/us-central1-a/disks/pvc-2",
        f"{compute}/global/snapshots/before",
        f"{compute}/global/snapshots/wide",
        f"{compute}/global/images/golden",
        f"/cloudscheduler/v1/{location}/us-central1/jobs/sluice-guard-clock",
        f"/cloudfunctions/v2/{location}/us-central1/functions/sluice-on-clock",
        f"/monitoring/v3/projects/{PROJECT}/alertPolicies/7",
        f"/artifactregistry/v1/{location}/us-central1/repositories/sluice-images",
        "/storage/storage/v1/b/sluice-guard/o/a%2Fb%20c.zip",
        "/storage/storage/v1/b/sluice-guard",
        f"/logging/v2/{location}/global/buckets/sluice",
        f"/logging/v2/{location}/global/buckets/years",
    ]
    assert status == Exit.OK
    assert "disk pvc-1 is gone" in out


def test_each_kind_is_confirmed() -> None:
    project = without_cluster()
    status, out, _ = run_leftovers(project, answers="n\nno\n\ny\n")
    assert [path.rpartition("/")[2] for path in project.removed] == ["pvc-1", "pvc-2"]
    assert "Remove these 2 disks: pvc-1, pvc-2 (a month: $2.00)? Lost with it: all data on them." in out
    assert status == Exit.FAILED


def test_while_the_cluster_exists_nothing_is_removed() -> None:
    project = full_project()
    status, out, _ = run_leftovers(project, "--yes")
    assert not project.removed
    assert "pulumi destroy -s gke" in out
    assert "--with-cluster" in out
    assert status == Exit.FAILED


def test_with_cluster_removes_the_cluster_first() -> None:
    project = full_project()
    status, _, _ = run_leftovers(project, "--yes", "--with-cluster")
    assert project.removed[0] == f"/container/v1/projects/{PROJECT}/locations/us-central1-a/clusters/sluice"
    assert status == Exit.OK


def test_waits_until_the_resources_are_gone() -> None:
    project = FakeProject(resources={"disks": [disk("pvc-1", OURS)]}, slow=3)
    status, out, _ = run_leftovers(project, "--yes")
    assert "disk pvc-1 is gone" in out
    assert status == Exit.OK


def test_a_missing_permission_to_remove_is_reported_and_the_rest_goes_on() -> None:
    project = without_cluster()
    project.refuses = {"DELETE /disks/pvc-1": (403, {"error": {"message": "Permission denied"}})}
    status, out, _ = run_leftovers(project, "--yes")
    assert "disk pvc-1 stays" in out
    assert "you lack roles/compute.storageAdmin" in out
    assert any(path.endswith("pvc-2") for path in project.removed)
    assert status == Exit.FAILED


def test_a_resource_that_is_gone_already_is_no_error() -> None:
    gone = (404, {"error": {"message": "not found"}})
    project = FakeProject(resources={"disks": [disk("pvc-1", OURS)]}, refuses={"DELETE /disks/": gone})
    status, out, _ = run_leftovers(project, "--yes")
    assert "stays" not in out
    assert status == Exit.OK


@pytest.mark.parametrize("arguments", [["--yes"], ["--yes", "--with-cluster"]])
def test_where_clusters_cannot_be_listed_nothing_is_removed(arguments: list[str]) -> None:
    project = full_project()
    project.refuses = {"GET /clusters": (403, {"error": {"message": "denied"}})}
    status, out, _ = run_leftovers(project, *arguments)
    assert not project.removed
    assert "the clusters could not be listed" in out
    assert status == Exit.FAILED


@pytest.mark.parametrize("labels", [{}, {"sluice-stack": "other"}])
def test_resources_of_another_cluster_of_the_same_name_are_not_removed(labels: dict[str, str]) -> None:
    project = without_cluster()
    namesake = {"name": "sluice", "location": "europe-west1", "status": "RUNNING", "resourceLabels": labels}
    project.resources["clusters"] = [namesake]
    _, out, _ = run_leftovers(project, "--yes")
    removed = {path.rpartition("/")[2] for path in project.removed}
    assert "pvc-1" not in removed, "GKE has marked it with the cluster's name only"
    assert "pvc-2" in removed, "it has the stack's label"
    assert "sluice in europe-west1" in out
    assert "not the stack's label" in out


def test_a_failed_removal_is_reported_with_its_reason() -> None:
    project = FakeProject(
        resources={"disks": [disk("pvc-1", OURS), disk("pvc-2", OURS)]}, fails={"pvc-1": "it is attached"}
    )
    status, out, _ = run_leftovers(project, "--yes")
    assert "disk pvc-1 stays: it is attached" in out
    assert "disk pvc-2 is gone" in out
    assert status == Exit.FAILED


def test_a_function_s_removal_is_waited_for_too() -> None:
    functions = {"functions": full_project().resources["functions"]}
    project = FakeProject(resources=functions, slow=2)
    status, out, _ = run_leftovers(project, "--yes")
    assert "function sluice-on-clock is gone" in out
    assert len(project.polled) == 3
    assert status == Exit.OK
    _, out, _ = run_leftovers(FakeProject(resources=functions, fails={"sluice-on-clock": "no such account"}), "--yes")
    assert "function sluice-on-clock stays: no such account" in out


@pytest.mark.parametrize("stays", ["answered no", "failed"])
def test_a_cluster_that_stays_keeps_everything(stays: str) -> None:
    project = full_project()
    if stays == "failed":
        project.fails = {"sluice": "it is being repaired"}
        status, out, _ = run_leftovers(project, "--yes", "--with-cluster")
        assert "cluster sluice stays: it is being repaired" in out
        assert [path.rpartition("/")[2] for path in project.removed] == ["sluice"]
    else:
        status, out, _ = run_leftovers(project, "--with-cluster", answers="n\n" + "y\n" * 20)
        assert not project.removed
    assert "Nothing else was removed: the cluster still exists" in out
    assert status == Exit.FAILED
