"""scripts/kind-up and scripts/kind-down, with programs that only write down how they are called."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings.declared_settings import ROOT

pytestmark = pytest.mark.slow

SCRIPTS = ("scripts/kind-up", "scripts/kind-down")
FAKES = {
    "docker": """
case "$*" in
  "info --format"*) echo "8 16000000000" ;;
  *" crictl info") [ ! -e "$THERE/no-runtime" ] || { echo "connect: no such file or directory" >&2; exit 1; } ;;
  "exec "*) grep -qx "$6" "$THERE/loaded" ;;
  "image inspect "*) grep -qx "$3" "$THERE/built" ;;
  "build "*) echo "$3" >>"$THERE/built" ;;
  "inspect "*) cat "$THERE/mounted" ;;
esac
""",
    "kind": """
case "$*" in
  "get clusters") cat "$THERE/clusters" ;;
  "create cluster "*)
    echo sluice >"$THERE/clusters"
    cat >"$THERE/kind.yaml"
    sed -n 's/.*hostPath: "\\(.*\\)"/\\1/p' "$THERE/kind.yaml" >"$THERE/mounted"
    ;;
  "delete cluster "*) : >"$THERE/clusters" ;;
  "load docker-image "*) echo "$3" >>"$THERE/loaded" ;;
esac
""",
    "kubectl": """
case "$*" in
  *"get --raw /readyz"* | *" wait "*)
    left=$(cat "$THERE/forbidden" 2>/dev/null || echo 0)
    if [ "$left" -gt 0 ]; then
      echo $((left - 1)) >"$THERE/forbidden"
      echo 'Error from server (Forbidden): nodes is forbidden: User "kubernetes-admin" cannot list resource' >&2
      exit 1
    fi
    if [ -e "$THERE/not-ready" ]; then
      echo "error: timed out waiting for the condition on nodes/sluice-control-plane" >&2
      exit 1
    fi
    ;;
  *"get pods,events"*) cat "$THERE/pods" 2>/dev/null ;;
esac
""",
    "pulumi": """
case "$*" in
  "--cwd "*"stack select"*)
    grep -q ^encryptionsalt "$2/Pulumi.kind.yaml" || echo "encryptionsalt: v1:x" >>"$2/Pulumi.kind.yaml"
    ;;
esac
case "$*" in "up "*) if [ -e "$THERE/up" ]; then . "$THERE/up"; fi ;; esac
echo "$PULUMI_BACKEND_URL $PULUMI_CONFIG_PASSPHRASE_FILE" >>"$THERE/pulumi-env"
""",
}


class Machine:
    """A machine with fakes on its PATH, and what they have been told."""

    def __init__(self, folder: Path) -> None:
        self.there = folder / "there"
        self.bin = folder / "bin"
        self.state = folder / "state/sluice/kind"
        self.data = folder / "data"
        for made in (self.there, self.bin, self.data):
            made.mkdir()
        for name in ("clusters", "built", "loaded", "mounted"):
            (self.there / name).touch()
        for name, text in FAKES.items():
            self.install(name, text)
        self.checkout = folder / "checkout"
        self._make_checkout()

    def _make_checkout(self) -> None:
        """What the scripts need of the checkout. Its setup would make anew the very environment that runs this."""
        for name in (*SCRIPTS, "k8s/kind.yaml", "Pulumi.yaml", "Pulumi.kind.yaml"):
            path = self.checkout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path)
        self._program(self.checkout / "scripts/setup", 'echo "setup $*" >>"$THERE/calls"')
        self._program(self.checkout / ".venv/bin/python", f'PYTHONPATH="{ROOT}" exec "{sys.executable}" "$@"')

    def _program(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def install(self, name: str, text: str) -> None:
        self._program(self.bin / name, f'echo "{name} $*" >>"$THERE/calls"\n{text}')

    def run(self, script: str, *arguments: str, seconds: float = 60) -> "subprocess.CompletedProcess[str]":
        env = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": os.environ.get("HOME", "/"),
            "XDG_STATE_HOME": str(self.state.parents[1]),
            "THERE": str(self.there),
            "SLUICE_KIND_WAIT": f"{seconds:.0f}",
        }
        return subprocess.run(
            [str(self.checkout / "scripts" / script), *arguments],
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def up(self, *arguments: str, seconds: float = 60) -> "subprocess.CompletedProcess[str]":
        return self.run("kind-up", "--data", str(self.data), *arguments, seconds=seconds)

    @property
    def calls(self) -> list[str]:
        path = self.there / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def forget_calls(self) -> None:
        (self.there / "calls").unlink()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def said(calls: list[str], start: str) -> list[str]:
    return [call for call in calls if call.startswith(start)]


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
    assert len(said(machine.calls, "docker build")) == len(said(machine.calls, "kind load")) == 3
    assert "@sha256:" in said(machine.calls, "kind create cluster")[0]
    assert f'hostPath: "{machine.data}"' in (machine.there / "kind.yaml").read_text()
    (up,) = said(machine.calls, "pulumi up")
    assert up.endswith("--config sluice:load.source=/data/gps.csv")
    assert machine.calls[-1].startswith("pulumi stack output")


def test_run_again_makes_only_what_is_missing(machine: Machine) -> None:
    assert machine.up().returncode == 0
    built = (machine.there / "built").read_text().split()
    (machine.there / "loaded").write_text("\n".join(built[:2]) + "\n")
    machine.forget_calls()
    assert machine.up().returncode == 0
    assert not said(machine.calls, "kind create")
    assert not said(machine.calls, "docker build")
    assert said(machine.calls, "kind load") == [f"kind load docker-image {built[2]} --name sluice"]
    assert said(machine.calls, "docker start sluice-control-plane")
    assert said(machine.calls, "pulumi up")


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
    assert not said(machine.calls, "kind")


def test_another_data_folder_needs_another_cluster(machine: Machine) -> None:
    (machine.there / "clusters").write_text("sluice\n")
    (machine.there / "mounted").write_text("/elsewhere\n")
    done = machine.up()
    assert done.returncode == 1
    assert "/elsewhere" in done.stderr
    assert "kind-down" not in done.stderr  # which would delete the data that is there


def test_after_a_reboot_the_cluster_is_waited_for_whatever_it_says(machine: Machine) -> None:
    (machine.there / "clusters").write_text("sluice\n")
    (machine.there / "mounted").write_text(f"{machine.data}\n")
    (machine.there / "forbidden").write_text("2")
    done = machine.up()
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Waiting for the cluster") == 1
    assert said(machine.calls, "pulumi up")


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
    assert "Nothing is lost: run scripts/kind-up again" in done.stderr
    assert "kind-down" not in done.stderr
    assert not said(machine.calls, "pulumi")


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


def test_what_the_cluster_complains_of_is_said_where_it_does_not_come_up(machine: Machine) -> None:
    (machine.there / "pods").write_text(json.dumps({"kind": "List", "items": [UNREADY]}))
    # Pulumi waits, and is told nothing.
    (machine.there / "up").write_text("sleep 1; exit 255")
    done = machine.up()
    assert done.returncode == 255
    after = done.stderr.partition("It is not up (pulumi ended with 255)")[2]
    assert "Pod registry-7d9  container main: ErrImagePull: not found" in after
    assert "no data is lost" in after
    assert "Up. What next" not in done.stderr


def test_what_the_cluster_complains_of_is_said_while_pulumi_waits(machine: Machine) -> None:
    (machine.there / "pods").write_text(json.dumps({"kind": "List", "items": [UNREADY]}))
    # Until the cluster has been looked at for the third time: by then what two looks have found is said.
    looked = '[ "$(grep -c "get pods,events" "$THERE/calls")" -ge 3 ]'
    (machine.there / "up").write_text(f"n=0; until {looked} || [ $n -ge 300 ]; do sleep 0.1; n=$((n + 1)); done")
    done = machine.up()
    assert done.returncode == 0, done.stderr
    assert "problem in the cluster: Pod registry-7d9: container main: ErrImagePull: not found" in done.stderr


@pytest.mark.parametrize("status", [0, 1])
def test_nothing_stays_behind_to_watch(machine: Machine, status: int) -> None:
    (machine.there / "up").write_text(f"exit {status}")
    # Its output is read until nobody is left who could write to it: a program that stays would run into the timeout.
    assert machine.up().returncode == status


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--data"], ["--data", "/none/there"]])
def test_wrong_command_line_makes_nothing(machine: Machine, arguments: list[str]) -> None:
    assert machine.run("kind-up", *arguments).returncode == 1
    assert machine.calls == []


def test_down_leaves_nothing_and_can_be_run_again(machine: Machine) -> None:
    assert machine.up().returncode == 0
    assert machine.run("kind-down").returncode == 0
    assert said(machine.calls, "kind delete cluster --name sluice")
    assert not machine.state.exists()
    machine.forget_calls()
    assert machine.run("kind-down").returncode == 0
    assert not said(machine.calls, "kind delete")


def test_down_can_destroy_piece_by_piece_first(machine: Machine) -> None:
    assert machine.up().returncode == 0
    assert machine.run("kind-down", "--destroy").returncode == 0
    order = [call for call in machine.calls if call.startswith(("pulumi destroy", "kind delete"))]
    assert [call.split()[1] for call in order] == ["destroy", "delete"]
