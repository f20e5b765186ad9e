"""What is left is found by its label or its cluster, costed, and removed only where that was agreed to."""

import io
import json
import os
import subprocess
from typing import Any

import pulumi
import pytest
from rich.console import Console

from infra.gcp.google_api import ENDPOINT
from infra.leftovers.command import Streams, main
from infra.leftovers.leftover import Mark
from infra.settings.declared_settings import ROOT
from producer.runtime.exit_status import Exit
from tests.unit.infra.cost.google import serving
from tests.unit.infra.leftovers.project import CLAIM, OURS, PROJECT, Project, disk, full

pytestmark = pytest.mark.slow

WHERE = ("--project", PROJECT, "--cluster", "sluice")
KNOWN = {
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


class Typing(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def typed(project: Project, *arguments: str, answers: str | None = None) -> tuple[Exit, str, str]:
    """Exit status, output and errors; with `answers`, on a terminal."""
    stdout, stderr = io.StringIO(), io.StringIO()
    streams = Streams(
        stdin=io.StringIO() if answers is None else Typing(answers),
        stdout=Console(file=stdout, width=120),
        stderr=Console(file=stderr, width=120),
        sleep=lambda _: None,
    )
    with serving(project.answer) as google:
        status = main([*WHERE, *arguments], env={ENDPOINT: google.url}, streams=streams)
    return status, stdout.getvalue(), stderr.getvalue()


def without_cluster() -> Project:
    """After a `pulumi destroy` that left things behind."""
    project = full()
    del project.things["clusters"], project.things["instances"]
    project.things["disks"][1].pop("users")
    return project


def test_everything_of_the_stack_is_found_with_its_cost_and_nothing_else() -> None:
    status, out, _ = typed(full(), "--json")
    found = json.loads(out)
    assert {(item["kind"], item["name"]): item["month"] for item in found["left"]} == KNOWN
    assert [item["name"] for item in found["perhaps"]] == ["pvc-5"]
    assert "does not say in which cluster" in found["perhaps"][0]["doubt"]
    assert status == Exit.FAILED
    assert found["month"] == "123.40"
    assert not found["unseen"]


def test_a_claim_that_names_no_cluster_is_shown_and_never_touched() -> None:
    project = Project(things={"disks": [disk("pvc-5", {"goog-gke-volume": ""}, description=CLAIM)]})
    status, out, _ = typed(project, "--yes")
    assert "Perhaps its too: pvc-5" in out
    assert status == Exit.OK
    assert not project.removed


def test_nothing_left_is_exit_status_0() -> None:
    status, out, _ = typed(Project(), "--yes")
    assert status == Exit.OK
    assert "Nothing that is known to be left" in out


@pytest.mark.parametrize("arguments", [["--dry-run"], []])
def test_without_a_terminal_or_on_a_dry_run_nothing_is_removed(arguments: list[str]) -> None:
    project = without_cluster()
    status, out, _ = typed(project, *arguments)
    assert status == Exit.FAILED
    assert not project.removed
    assert "Nothing was removed" in out
    assert "16 left in project my-lab-42, stack gke; a month: $32.15 and 1 unknown." in out


def test_yes_removes_what_is_the_stack_s_and_nothing_else() -> None:
    project = without_cluster()
    status, out, _ = typed(project, "--yes")
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


def test_each_kind_is_asked_for() -> None:
    project = without_cluster()
    status, out, _ = typed(project, answers="n\nno\n\ny\n")
    assert [path.rpartition("/")[2] for path in project.removed] == ["pvc-1", "pvc-2"]
    assert "Remove these 2 disks: pvc-1, pvc-2 (a month: $2.00)? Lost with it: all data on them." in out
    assert status == Exit.FAILED


def test_while_the_cluster_is_there_nothing_is_removed() -> None:
    project = full()
    status, out, _ = typed(project, "--yes")
    assert not project.removed
    assert "pulumi destroy -s gke" in out
    assert "--with-cluster" in out
    assert status == Exit.FAILED


def test_with_cluster_removes_the_cluster_first() -> None:
    project = full()
    status, _, _ = typed(project, "--yes", "--with-cluster")
    assert project.removed[0] == f"/container/v1/projects/{PROJECT}/locations/us-central1-a/clusters/sluice"
    assert status == Exit.OK


def test_it_waits_until_things_are_gone() -> None:
    project = Project(things={"disks": [disk("pvc-1", OURS)]}, slow=3)
    status, out, _ = typed(project, "--yes")
    assert "disk pvc-1 is gone" in out
    assert status == Exit.OK


def test_a_missing_right_to_list_is_told_with_its_role_and_is_not_clean() -> None:
    denied = (403, {"error": {"message": "Permission denied"}})
    status, out, _ = typed(Project(refuses={"GET aggregated/disks": denied}))
    assert "Not looked at: disks" in out
    assert "--role roles/compute.viewer" in out
    assert status == Exit.FAILED


def test_a_project_that_may_not_be_asked_for_is_told_with_another_role() -> None:
    denied = (403, {"error": {"message": "no", "details": [{"reason": "USER_PROJECT_DENIED"}]}})
    _, out, _ = typed(Project(refuses={"GET aggregated/disks": denied}))
    assert "--role roles/serviceusage.serviceUsageConsumer" in out


def test_an_api_that_is_off_is_told_with_how_to_turn_it_on() -> None:
    off = (403, {"error": {"message": "off", "details": [{"reason": "SERVICE_DISABLED"}]}})
    status, out, _ = typed(Project(refuses={"GET /artifactregistry/": off}))
    assert f"gcloud services enable artifactregistry.googleapis.com --project {PROJECT}" in out
    assert status == Exit.FAILED


def test_a_project_that_nobody_pays_for_is_told_as_such() -> None:
    unpaid = (403, {"error": {"message": "billing", "details": [{"reason": "BILLING_DISABLED"}]}})
    status, out, _ = typed(Project(refuses={"GET aggregated/disks": unpaid}))
    assert f"gcloud billing projects describe {PROJECT}" in out
    assert "you lack" not in out
    assert status == Exit.FAILED


def test_names_are_shown_as_they_are() -> None:
    name = "sluice: [/b] [red]disk"
    alert = {**full().things["alerts"][0], "displayName": name}
    assert name in typed(Project(things={"alerts": [alert]}))[1]


def test_a_missing_right_to_remove_is_told_and_the_rest_goes_on() -> None:
    project = without_cluster()
    project.refuses = {"DELETE /disks/pvc-1": (403, {"error": {"message": "Permission denied"}})}
    status, out, _ = typed(project, "--yes")
    assert "disk pvc-1 stays" in out
    assert "you lack roles/compute.storageAdmin" in out
    assert any(path.endswith("pvc-2") for path in project.removed)
    assert status == Exit.FAILED


def test_what_is_gone_already_is_no_error() -> None:
    gone = (404, {"error": {"message": "not found"}})
    project = Project(things={"disks": [disk("pvc-1", OURS)]}, refuses={"DELETE /disks/": gone})
    status, out, _ = typed(project, "--yes")
    assert "stays" not in out
    assert status == Exit.OK


def test_the_clock_is_found_as_the_program_makes_it() -> None:
    """It has no labels: its name and its description have to do."""
    from tests.unit.infra.gcp.conftest import NEEDED, cloud, only  # noqa: PLC0415 seconds

    job = only(cloud(NEEDED), "Job", "clock").plain
    place = f"projects/{PROJECT}/locations/{job['region']}/jobs/{job['name']}"
    clock = {"name": place, "description": job["description"].replace(pulumi.get_stack().lower(), "gke")}
    _, out, _ = typed(Project(things={"jobs us-central1": [clock]}), "--json")
    assert [item["name"] for item in json.loads(out)["left"]] == ["sluice-guard-clock"]


def test_the_program_marks_things_as_they_are_looked_for() -> None:
    from tests.unit.infra.gcp.conftest import NEEDED, cloud, only  # noqa: PLC0415 seconds

    made, stack = cloud(NEEDED), pulumi.get_stack().lower()
    mark = Mark(stack=stack, cluster="", namespace="sluice")
    assert mark.description == f"Sluice, stack {stack}"
    assert only(made, "Network", "network").plain["description"] == mark.description
    labels = only(made, "Cluster", "cluster").plain["resourceLabels"]
    assert labels["sluice-stack"] == stack
    assert mark.on(labels)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("aggregated/disks", {"items": {"zones/asia-east1-a": {"warning": {"code": "UNREACHABLE"}}}}),
        ("aggregated/disks", {"items": {}, "unreachables": ["projects/p/zones/asia-east1-a"]}),
        ("/clusters", {"missingZones": ["asia-east1-a"]}),
        ("/functions", {"unreachable": ["zones/asia-east1-a"]}),
    ],
)
def test_a_place_that_cannot_be_listed_is_told_and_not_taken_for_empty(call: str, body: Any) -> None:
    project = Project(things={"snapshots": full().things["snapshots"]}, refuses={f"GET {call}": (200, body)})
    status, out, _ = typed(project)
    assert status == Exit.FAILED
    assert "asia-east1-a cannot be listed" in out
    assert "try again" in out
    assert "before" in out, "the rest is listed all the same"


def test_a_service_that_is_broken_does_not_hide_the_rest() -> None:
    broken = (500, {"error": {"message": "backend"}})
    status, out, _ = typed(Project(things=full().things, refuses={"GET /storage/": broken}))
    assert status == Exit.FAILED
    assert "Not looked at: buckets: storage answers 500: backend; try again" in out
    assert "sluice-guard-clock" in out


@pytest.mark.parametrize("arguments", [["--yes"], ["--yes", "--with-cluster"]])
def test_where_the_cluster_cannot_be_looked_at_nothing_is_removed(arguments: list[str]) -> None:
    project = full()
    project.refuses = {"GET /clusters": (403, {"error": {"message": "denied"}})}
    status, out, _ = typed(project, *arguments)
    assert not project.removed
    assert "whether the cluster is still there could not be looked at" in out
    assert status == Exit.FAILED


@pytest.mark.parametrize("labels", [{}, {"sluice-stack": "other"}])
def test_what_belongs_to_another_cluster_of_that_name_is_not_touched(labels: dict[str, str]) -> None:
    project = without_cluster()
    namesake = {"name": "sluice", "location": "europe-west1", "status": "RUNNING", "resourceLabels": labels}
    project.things["clusters"] = [namesake]
    _, out, _ = typed(project, "--yes")
    removed = {path.rpartition("/")[2] for path in project.removed}
    assert "pvc-1" not in removed, "GKE has marked it with the cluster's name only"
    assert "pvc-2" in removed, "it has the stack's label"
    assert "sluice in europe-west1" in out
    assert "not the stack's label" in out


def test_a_removal_that_google_gives_up_is_told_with_its_reason() -> None:
    project = Project(things={"disks": [disk("pvc-1", OURS), disk("pvc-2", OURS)]}, fails={"pvc-1": "it is attached"})
    status, out, _ = typed(project, "--yes")
    assert "disk pvc-1 stays: it is attached" in out
    assert "disk pvc-2 is gone" in out
    assert status == Exit.FAILED


def test_a_function_s_removal_is_waited_for_too() -> None:
    functions = {"functions": full().things["functions"]}
    project = Project(things=functions, slow=2)
    status, out, _ = typed(project, "--yes")
    assert "function sluice-on-clock is gone" in out
    assert len(project.asked) == 3
    assert status == Exit.OK
    _, out, _ = typed(Project(things=functions, fails={"sluice-on-clock": "no such account"}), "--yes")
    assert "function sluice-on-clock stays: no such account" in out


@pytest.mark.parametrize("stays", ["answered no", "failed"])
def test_a_cluster_that_stays_keeps_everything(stays: str) -> None:
    project = full()
    if stays == "failed":
        project.fails = {"sluice": "it is being repaired"}
        status, out, _ = typed(project, "--yes", "--with-cluster")
        assert "cluster sluice stays: it is being repaired" in out
        assert [path.rpartition("/")[2] for path in project.removed] == ["sluice"]
    else:
        status, out, _ = typed(project, "--with-cluster", answers="n\n" + "y\n" * 20)
        assert not project.removed
    assert "Nothing else was removed: the cluster is still there" in out
    assert status == Exit.FAILED


def test_when_nobody_answers_any_more_the_rest_stays() -> None:
    project = without_cluster()
    status, out, _ = typed(project, answers="y\n")
    assert len(project.removed) == 1
    assert out.count("[y/N]") == 2
    assert "what was not agreed to stays" in out
    assert status == Exit.FAILED


def test_ctrl_c_at_a_question_is_an_interruption() -> None:
    class Leaving(Typing):
        def readline(self, size: int | None = -1, /) -> str:
            raise KeyboardInterrupt

    project = without_cluster()
    err = io.StringIO()
    quiet = Console(file=io.StringIO())
    streams = Streams(stdin=Leaving(), stdout=quiet, stderr=Console(file=err), sleep=lambda _: None)
    with serving(project.answer) as google:
        status = main(WHERE, env={ENDPOINT: google.url}, streams=streams)
    assert status == Exit.INTERRUPTED
    assert "interrupted" in err.getvalue()
    assert not project.removed


def test_what_nothing_is_done_about_is_listed_once() -> None:
    assert typed(full(), "--yes")[1].count("forwarding rule  a1b2") == 1
    assert typed(without_cluster(), answers="n\n" * 20)[1].count("forwarding rule  a1b2") == 1


def test_what_is_in_no_region_has_the_price_of_the_stack_s() -> None:
    """As addresses and rules of load balancers that span regions are."""
    project = Project(places={"addresses": "global", "forwardingRules": "global"})
    project.things = {
        "addresses": [{"name": "wide", "status": "RESERVED", "labels": OURS}],
        "forwardingRules": [{"name": "rule", "labels": OURS}],
    }
    _, out, _ = typed(project, "--json")
    assert {(item["name"], item["place"], item["month"]) for item in json.loads(out)["left"]} == {
        ("wide", "global", "7.30"),
        ("rule", "global", "18.25"),
    }


def test_a_project_that_is_nobody_s_is_refused() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    streams = Streams(stdin=io.StringIO(), stdout=Console(file=stdout), stderr=Console(file=stderr))
    assert main([], env={}, streams=streams) == Exit.USAGE
    assert "--project ID" in stderr.getvalue()


def test_without_a_stack_s_file_project_and_cluster_are_asked_for() -> None:
    stderr = io.StringIO()
    quiet = Console(file=io.StringIO())
    streams = Streams(stdin=io.StringIO(), stdout=quiet, stderr=Console(file=stderr, width=120))
    assert main(["--stack", "gone", "--project", PROJECT], env={}, streams=streams) == Exit.USAGE
    assert "there is no Pulumi.gone.yaml" in stderr.getvalue()
    assert "--project ID --cluster NAME" in stderr.getvalue()


def test_the_script_runs_it() -> None:
    command = (ROOT / "scripts/leftovers").read_text().splitlines()[-1].removeprefix("exec ")
    line = command.replace('"$@"', " ".join([*WHERE, "--json"])).split()
    with serving(full().answer) as google:
        env = {**os.environ, ENDPOINT: google.url}
        done = subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["project"] == PROJECT
    assert os.access(ROOT / "scripts/leftovers", os.X_OK)
