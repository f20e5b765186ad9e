"""The situations of docs/gke.md, Down, in Pulumi's engine: a cluster that is gone, out of reach, or protected."""

import io
import os
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from rich.console import Console

from infra.leftovers.command import Streams
from infra.leftovers.forget_cluster import main
from infra.program import main as deploy_pipeline
from infra.settings.declared_settings import ROOT
from producer.runtime.exit_status import Exit
from tests.cluster.conftest import skip_or_fail
from tests.cluster.go_builds import MissingPrerequisite, pulumi
from tests.cluster.google_stand_in import (
    EchoProvider,
    GoogleServers,
    google_servers,
    whole_program,
)
from tests.cluster.grpc_server import serve_providers
from tests.cluster.out_of_reach import UNREACHABLE, VARIABLE, OutOfReach
from tests.cluster.pulumi_engine import CommandError, Stack
from tests.cluster.random_stand_in import RandomStandIn

IN_CLUSTER = {"Namespace", "Release", "Kafka", "KafkaConnect", "KafkaUser", "StatefulSet", "StorageClass"}
ENDED_WITH_IT = IN_CLUSTER | {"Cluster", "NodePool", "Claims"}


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Generator[GoogleServers]:
    with google_servers(tmp_path_factory.mktemp("tls")) as served:
        yield served


@pytest.fixture(scope="module")
def stack(
    google: GoogleServers, say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Stack]:
    """A stack that is up, shared by the tests: each begins with the state that the one before left."""
    with whole_program(google, say=say, folder=tmp_path_factory.mktemp("stack")) as made:
        made.up()
        yield made


def loses_the_connection(google: GoogleServers) -> None:
    google.kubernetes.reachable = google.api.answers = False


def has_it_again(google: GoogleServers) -> None:
    google.kubernetes.reachable = google.api.answers = True
    google.tokens.clusters = ["sluice"]


def loses_the_cluster(google: GoogleServers) -> None:
    loses_the_connection(google)
    google.tokens.clusters = []
    google.google.gone |= {"Cluster", "NodePool", "Router", "RouterNat"}  # the guard deletes the NAT with the cluster


def forget(stack: Stack, *arguments: str, answer: str = "") -> tuple[Exit, str]:
    said = io.StringIO()
    console = Console(file=said, width=200)
    streams = Streams(stdin=io.StringIO(answer), stdout=console, stderr=console, sleep=lambda _: None)
    path = f"{stack.command.parent}:{stack.env.get('PATH', os.environ['PATH'])}"
    status = main(arguments or ["--yes"], env={**os.environ, **stack.env, "PATH": path}, streams=streams)
    return status, said.getvalue()


def kinds(stack: Stack) -> set[str]:
    """Kinds of the resources in the state, without components and providers."""
    real = (entry["type"] for entry in stack.state() if entry["custom"])
    return {name.rpartition(":")[2] for name in real if not name.startswith("pulumi:")}


def test_a_cluster_out_of_reach_keeps_its_state_and_its_disks(stack: Stack, google: GoogleServers) -> None:
    before = stack.state()
    loses_the_connection(google)
    for variables in ({}, {VARIABLE: "true"}):
        google.kubernetes.env = variables
        with pytest.raises(CommandError, match=UNREACHABLE):
            stack.destroy()
    status, said = forget(stack)
    assert status is Exit.FAILED
    assert "status RUNNING; nothing was changed" in said
    assert [entry["urn"] for entry in stack.state()] == [entry["urn"] for entry in before]
    has_it_again(google)
    assert stack.up().changed == {}


def test_an_up_without_the_cluster_fails_and_says_what_to_do(stack: Stack, google: GoogleServers) -> None:
    loses_the_cluster(google)
    for refresh in (False, True):
        with pytest.raises(CommandError, match=r"does not exist any more.*scripts/forget-cluster") as end:
            stack.up(refresh=refresh)
        assert "Traceback" not in str(end.value)


def test_up_creates_everything_again(stack: Stack, google: GoogleServers) -> None:
    status, said = forget(stack)
    assert (status, kinds(stack) & ENDED_WITH_IT) == (Exit.OK, set()), said
    has_it_again(google)
    made = {label.split()[0] for label in stack.up(refresh=True).labels("create")}
    assert ENDED_WITH_IT | {"Router", "RouterNat"} <= made
    assert not made & {"Budget", "Network", "RandomPassword", "Function"}
    assert stack.up().changed == {}


def test_destroy_leaves_nothing_in_the_state(stack: Stack, google: GoogleServers) -> None:
    loses_the_cluster(google)
    with pytest.raises(CommandError, match=UNREACHABLE):
        stack.destroy()
    assert forget(stack)[0] is Exit.OK
    assert forget(stack) == (Exit.OK, "The state of the stack gke has no cluster: nothing to remove.\n")
    stack.destroy()
    assert stack.state() == []


def test_a_protected_cluster_keeps_what_is_in_it(stack: Stack, google: GoogleServers) -> None:
    has_it_again(google)
    stack.configure({"gcp.deletionProtection": True})
    stack.up()
    # Pulumi's API skips the preview with which the command begins.
    command = [stack.command, "destroy", "--stack", "gke", "--yes", "--non-interactive"]
    done = subprocess.run(
        command, cwd=stack.folder, env={**os.environ, **stack.env}, capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert "protected" in done.stdout + done.stderr
    assert kinds(stack) >= ENDED_WITH_IT
    stack.configure({"gcp.deletionProtection": False})
    stack.up()


def test_a_retained_disk_keeps_the_cluster_until_it_is_deleted(stack: Stack, google: GoogleServers) -> None:
    google.api.looks, google.api.looks_left, google.api.policy = 0, 100, "Retain"
    with pytest.raises(CommandError, match=r"would outlive the cluster: pv \(disk lost") as end:
        stack.destroy()
    assert "Traceback" not in str(end.value)
    assert {"Cluster", "NodePool", "Claims"} <= kinds(stack)
    assert not kinds(stack) & IN_CLUSTER
    google.api.looks_left = 0
    stack.destroy()
    assert stack.state() == []


def test_a_cluster_that_the_program_did_not_create(say: Callable[[str], None], tmp_path: Path) -> None:
    try:
        engine = pulumi(env=os.environ, say=say)
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    network = OutOfReach(EchoProvider())
    with serve_providers({"kubernetes": network, "random": RandomStandIn()}) as attached:
        stack = Stack(
            deploy_pipeline,
            name="existing",
            project="sluice",
            folder=tmp_path,
            pulumi=engine,
            variables={"PULUMI_DEBUG_PROVIDERS": attached},
            settings_from=ROOT,
            home=tmp_path / "home",
        )
        stack.configure({"kubeContext": "lab"})
        stack.up()
        network.reachable = False
        with pytest.raises(CommandError, match=UNREACHABLE):
            stack.destroy()
        assert IN_CLUSTER - {"StorageClass"} <= kinds(stack)
        kubectl = stack.command.with_name("kubectl")
        kubectl.write_text("#!/bin/sh\necho \"error: context 'lab' does not exist\" >&2\nexit 1\n")
        kubectl.chmod(0o700)
        status, said = forget(stack, "--stack", "existing", answer="lab\n")
        assert (status, kinds(stack)) == (Exit.OK, {"RandomPassword"}), said
        stack.destroy()
        assert stack.state() == []
