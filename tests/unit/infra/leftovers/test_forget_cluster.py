"""scripts/forget-cluster, with a fake GKE and fakes of pulumi and kubectl."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from infra.gcp.google_api import ENDPOINT
from infra.leftovers.command import Streams
from infra.leftovers.forget_cluster import main
from producer.runtime.exit_status import Exit
from tests.unit.infra.fake_google_apis import Request, serving
from tests.unit.infra.leftovers.run_leftovers import TerminalInput

CLUSTER = {
    "urn": "urn:cluster",
    "type": "gcp:container/cluster:Cluster",
    "inputs": {"project": "my-lab", "location": "us-central1-a", "name": "sluice"},
}
CLAIMS = {
    "urn": "urn:claims",
    "type": "pulumi-python:dynamic/sluice:Claims",
    "inputs": {"project": "my-lab", "location": "us-central1-a", "cluster": "sluice"},
}
PROVIDER = {"urn": "urn:provider", "type": "pulumi:providers:kubernetes", "inputs": {"context": "lab"}}
BUDGET = {"urn": "urn:budget", "type": "gcp:billing/budget:Budget", "inputs": {}}
PULUMI = """#!/bin/sh
echo "$*" >>"$0.calls"
case "$*" in
  *" stack export "*) /bin/cat "$0.state" ;;
  *" state delete "*) /bin/cp "$0.left" "$0.state" ;;
esac
"""
KUBECTL = """#!/bin/sh
echo "$KUBECTL_SAYS" >&2
exit $KUBECTL_STATUS
"""
UNABLE = "Unable to connect to the server"
REFUSED = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?"


def running(_: Request) -> tuple[int, Any]:
    return 200, {"clusters": [{"name": "sluice", "status": "STOPPING"}]}


def gone(_: Request) -> tuple[int, Any]:
    return 200, {"clusters": [{"name": "another", "status": "RUNNING"}]}


class Run:
    """Runs the command on a state of `resources`; `budget` is in it as well."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"PATH": str(folder)}
        self.install("pulumi", PULUMI)
        self.install("kubectl", KUBECTL)

    def install(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def __call__(
        self,
        *resources: dict[str, Any],
        gke: Callable[[Request], tuple[int, Any]] = gone,
        answer: str = "",
        arguments: tuple[str, ...] = (),
        kubectl: tuple[int, str] = (0, ""),
    ) -> tuple[Exit, str]:
        for name, content in (("state", [*resources, BUDGET]), ("left", [BUDGET])):
            (self.folder / f"pulumi.{name}").write_text(json.dumps({"deployment": {"resources": content}}))
        said = io.StringIO()
        console = Console(file=said, width=200)
        streams = Streams(stdin=TerminalInput(answer), stdout=console, stderr=console, sleep=lambda _: None)
        with serving(gke) as google:
            env = {**self.env, ENDPOINT: google.url, "KUBECTL_STATUS": str(kubectl[0]), "KUBECTL_SAYS": kubectl[1]}
            return main(arguments, env=env, streams=streams), said.getvalue()

    @property
    def removals(self) -> list[str]:
        calls = self.folder / "pulumi.calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        return [line for line in lines if " state delete " in line]


@pytest.fixture
def forget(tmp_path: Path) -> Run:
    return Run(tmp_path)


@pytest.mark.parametrize("resources", [(CLUSTER, CLAIMS, PROVIDER), (CLAIMS, PROVIDER)])
def test_a_cluster_that_gke_does_not_list_is_removed_with_all_that_depends_on_it(
    forget: Run, resources: tuple[dict[str, Any], ...]
) -> None:
    status, said = forget(*resources, answer="y\n")
    assert status is Exit.OK
    (call,) = forget.removals
    assert " --target-dependents " in call
    assert " --stack gke " in call
    assert all(entry["urn"] in call.split() for entry in resources)
    assert f"{len(resources)} resources were removed" in said
    assert "pulumi destroy --stack gke" in said
    assert "scripts/leftovers --stack gke" in said


@pytest.mark.parametrize("answer", ["", "n\n", "sluice\n"])
def test_nothing_is_removed_without_a_yes(forget: Run, answer: str) -> None:
    status, said = forget(CLUSTER, answer=answer)
    assert (status, forget.removals) == (Exit.FAILED, [])
    assert "Nothing was removed" in said


def test_with_yes_it_does_not_ask(forget: Run) -> None:
    assert forget(CLUSTER, arguments=("--yes", "--stack", "mine"))[0] is Exit.OK
    assert " --stack mine " in forget.removals[0]


def test_a_cluster_that_exists_stays(forget: Run) -> None:
    status, said = forget(CLUSTER, CLAIMS, gke=running, arguments=("--yes",))
    assert (status, forget.removals) == (Exit.FAILED, [])
    assert "GKE has the cluster sluice (us-central1-a, project my-lab), status STOPPING; nothing was changed" in said


@pytest.mark.parametrize(
    "answer", [(401, {}), (403, {}), (404, {}), (500, {}), (200, {"missingZones": ["us-central1-a"]})]
)
def test_no_answer_of_gke_is_not_taken_for_a_cluster_that_is_gone(forget: Run, answer: tuple[int, Any]) -> None:
    status, _ = forget(CLUSTER, gke=lambda _: answer, arguments=("--yes",))
    assert (status, forget.removals) == (Exit.UNAVAILABLE, [])


def test_a_state_without_a_cluster_is_left_alone(forget: Run) -> None:
    status, said = forget()
    assert (status, forget.removals) == (Exit.OK, [])
    assert "nothing to remove" in said


@pytest.mark.parametrize(
    "silence",
    [
        REFUSED,
        'error: context "lab" does not exist',
        f"{UNABLE}: dial tcp: lookup lab.example.com on 127.0.0.53:53: no such host",
        f"{UNABLE}: dial tcp 10.0.0.1:443: i/o timeout",
        f"{UNABLE}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    ],
)
def test_another_cluster_is_removed_if_it_does_not_answer_and_its_name_is_typed(forget: Run, silence: str) -> None:
    status, said = forget(PROVIDER, answer="lab\n", kubectl=(1, silence))
    assert status is Exit.OK
    assert silence in said
    assert "scripts/leftovers" not in said
    assert "urn:provider" in forget.removals[0]


@pytest.mark.parametrize(
    ("said_by_kubectl", "options", "status", "words"),
    [
        ((0, "{}"), {"answer": "lab\n"}, Exit.FAILED, "answers, so it is not gone"),
        ((1, "error: You must be logged in to the server"), {"answer": "lab\n"}, Exit.UNAVAILABLE, "login"),
        ((1, "Error from server (Forbidden): unknown"), {"answer": "lab\n"}, Exit.UNAVAILABLE, "login"),
        ((1, f"{UNABLE}: getting credentials: exec: executable aws failed"), {}, Exit.UNAVAILABLE, "login"),
        ((1, f"{UNABLE}: tls: failed to verify certificate: x509"), {}, Exit.UNAVAILABLE, "delete-context lab"),
        ((1, REFUSED), {"answer": "y\n"}, Exit.FAILED, "Nothing was removed"),
        ((1, 'error: context "lab" does not exist'), {"arguments": ("--yes",)}, Exit.USAGE, "without --yes"),
    ],
)
def test_another_cluster_stays_otherwise(
    forget: Run, said_by_kubectl: tuple[int, str], options: dict[str, Any], status: Exit, words: str
) -> None:
    ended, said = forget(PROVIDER, kubectl=said_by_kubectl, **options)
    assert (ended, forget.removals) == (status, [])
    assert words in said


def test_the_current_context_is_never_asked(forget: Run) -> None:
    status, said = forget({**PROVIDER, "inputs": {}}, answer="\n", kubectl=(1, REFUSED))
    assert (status, forget.removals) == (Exit.FAILED, [])
    assert "does not name the context" in said


@pytest.mark.parametrize("name", ["pulumi", "kubectl"])
def test_a_missing_program_is_named(forget: Run, name: str) -> None:
    (forget.folder / name).unlink()
    status, said = forget(PROVIDER)
    assert status is Exit.UNAVAILABLE
    assert f"{name} is needed" in said


def test_what_pulumi_says_is_passed_on(forget: Run) -> None:
    forget.install("pulumi", "#!/bin/sh\necho 'error: no stack named gke found' >&2\nexit 255\n")
    status, said = forget(CLUSTER)
    assert status is Exit.UNAVAILABLE
    assert "the state of the stack gke cannot be read: error: no stack named gke found" in said
    assert "Traceback" not in said
