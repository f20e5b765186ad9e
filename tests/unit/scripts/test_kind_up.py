"""scripts/kind-up, with fakes of the programs that it calls."""

import json
from pathlib import Path

import pytest

from tests.unit.scripts.kind_machine import Machine, calls_of

pytestmark = pytest.mark.slow


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_cluster_images_and_pipeline_are_made_in_order(machine: Machine) -> None:
    done = machine.up("--", "--config", "sluice:load.source=/data/gps.csv")
    assert done.returncode == 0, done.stderr
    steps = (
        "setup dev",
        "kind create cluster",
        "kubectl --context kind-sluice wait",
        "docker build",
        "kind load",
        "pulumi --cwd",
        "pulumi up",
    )
    places = [next(n for n, call in enumerate(machine.calls) if call.startswith(step)) for step in steps]
    assert places == sorted(places)
    assert len(calls_of(machine.calls, "docker build")) == len(calls_of(machine.calls, "kind load")) == 3
    assert "@sha256:" in calls_of(machine.calls, "kind create cluster")[0]
    assert f'hostPath: "{machine.data}"' in (machine.there / "kind.yaml").read_text()
    (up,) = calls_of(machine.calls, "pulumi up")
    assert up.endswith("--config sluice:load.source=/data/gps.csv")
    assert machine.calls[-1].startswith("pulumi stack output")


def test_second_run_creates_only_what_is_missing(machine: Machine) -> None:
    assert machine.up().returncode == 0
    built = (machine.there / "built").read_text().split()
    (machine.there / "loaded").write_text("\n".join(built[:2]) + "\n")
    machine.forget_calls()
    assert machine.up().returncode == 0
    assert not calls_of(machine.calls, "kind create")
    assert not calls_of(machine.calls, "docker build")
    assert calls_of(machine.calls, "kind load") == [f"kind load docker-image {built[2]} --name sluice"]
    assert calls_of(machine.calls, "docker start sluice-control-plane")
    assert calls_of(machine.calls, "pulumi up")


def test_state_is_this_users_alone_and_the_checkout_stays_as_it_is(machine: Machine) -> None:
    before = (machine.checkout / "Pulumi.kind.yaml").read_text()
    assert machine.up().returncode == 0
    passphrase = machine.state / "passphrase"
    first = passphrase.read_text()
    assert len(first.strip()) >= 32
    assert passphrase.stat().st_mode & 0o077 == 0
    assert machine.state.stat().st_mode & 0o077 == 0
    assert machine.up().returncode == 0
    assert passphrase.read_text() == first
    assert (machine.state / "project/Pulumi.kind.yaml").read_text() == before + "encryptionsalt: v1:x\n"
    assert (machine.checkout / "Pulumi.kind.yaml").read_text() == before
    assert (machine.there / "pulumi-env").read_text().splitlines()[0] == f"file://{machine.state}/pulumi {passphrase}"
    assert first.strip() not in "\n".join(machine.calls)


def test_what_is_missing_is_named_before_anything_is_made(machine: Machine) -> None:
    for name in ("kind", "pulumi"):
        (machine.bin / name).unlink()
    done = machine.up()
    assert done.returncode == 1
    assert "missing:" in done.stderr
    assert "pulumi" in done.stderr.partition("missing:")[2].splitlines()[0]
    assert machine.calls == []


def test_silent_docker_is_named(machine: Machine) -> None:
    machine.install("docker", "exit 1")
    done = machine.up()
    assert done.returncode == 1
    assert "daemon does not answer" in done.stderr
    assert not calls_of(machine.calls, "kind")


def test_another_data_folder_needs_another_cluster(machine: Machine) -> None:
    (machine.there / "clusters").write_text("sluice\n")
    (machine.there / "mounted").write_text("/elsewhere\n")
    done = machine.up()
    assert done.returncode == 1
    assert "/elsewhere" in done.stderr
    assert "kind-down" not in done.stderr  # which would delete the data that is there


def test_after_a_reboot_errors_of_the_cluster_are_retried(machine: Machine) -> None:
    (machine.there / "clusters").write_text("sluice\n")
    (machine.there / "mounted").write_text(f"{machine.data}\n")
    (machine.there / "forbidden").write_text("2")
    done = machine.up()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Waiting for the cluster") == 1
    assert calls_of(machine.calls, "pulumi up")


@pytest.mark.parametrize(
    ("lacks", "said_last"), [("not-ready", "timed out waiting for the condition"), ("no-runtime", "no such file")]
)
def test_node_that_does_not_become_ready_is_named_and_nothing_is_deleted(
    machine: Machine, lacks: str, said_last: str
) -> None:
    (machine.there / lacks).touch()
    done = machine.up(seconds=1)
    assert done.returncode == 1
    assert said_last in done.stderr
    assert "No data is lost: run scripts/kind-up again" in done.stderr
    assert "kind-down" not in done.stderr
    assert not calls_of(machine.calls, "pulumi")


NO_IMAGE = {"name": "main", "state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}
UNREADY = {
    "kind": "Pod",
    "metadata": {"name": "registry-7d9", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {},
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "containerStatuses": [NO_IMAGE],
    },
}


def test_problems_of_the_cluster_are_printed_if_pulumi_fails(machine: Machine) -> None:
    (machine.there / "pods").write_text(json.dumps({"kind": "List", "items": [UNREADY]}))
    # Pulumi waits, and Kubernetes reports nothing to it.
    (machine.there / "up").write_text("sleep 1; exit 255")
    done = machine.up()
    assert done.returncode == 255
    after = done.stderr.partition("The pipeline is not up (pulumi ended with 255)")[2]
    assert "Pod registry-7d9  container main: ErrImagePull: not found" in after
    assert "no data is lost" in after
    assert "Up. The next commands" not in done.stderr


def test_problems_of_the_cluster_are_printed_while_pulumi_waits(machine: Machine) -> None:
    (machine.there / "pods").write_text(json.dumps({"kind": "List", "items": [UNREADY]}))
    # Until the third query of the cluster: a problem that two queries have found is printed by then.
    looked = '[ "$(grep -c "get pods,events" "$THERE/calls")" -ge 3 ]'
    (machine.there / "up").write_text(f"n=0; until {looked} || [ $n -ge 300 ]; do sleep 0.1; n=$((n + 1)); done")
    done = machine.up()
    assert done.returncode == 0, done.stderr
    assert "problem in the cluster: Pod registry-7d9: container main: ErrImagePull: not found" in done.stderr


@pytest.mark.parametrize("status", [0, 1])
def test_no_watching_process_stays_behind(machine: Machine, status: int) -> None:
    (machine.there / "up").write_text(f"exit {status}")
    # Its output is read until nobody is left who could write to it: a program that stays would run into the timeout.
    assert machine.up().returncode == status


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--data"], ["--data", "/none/there"]])
def test_wrong_command_line_creates_nothing(machine: Machine, arguments: list[str]) -> None:
    assert machine.run("kind-up", *arguments).returncode == 1
    assert machine.calls == []
