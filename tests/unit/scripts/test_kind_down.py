"""scripts/kind-down, with fakes of the programs that it calls."""

from pathlib import Path

import pytest

from tests.unit.scripts.kind_machine import Machine, calls_of

pytestmark = pytest.mark.slow


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_down_leaves_nothing_and_can_be_run_again(machine: Machine) -> None:
    assert machine.up().returncode == 0
    assert machine.run("kind-down").returncode == 0
    assert calls_of(machine.calls, "kind delete cluster --name sluice")
    assert not machine.state.exists()
    machine.forget_calls()
    assert machine.run("kind-down").returncode == 0
    assert not calls_of(machine.calls, "kind delete")


def test_down_can_destroy_piece_by_piece_first(machine: Machine) -> None:
    assert machine.up().returncode == 0
    assert machine.run("kind-down", "--destroy").returncode == 0
    order = [call for call in machine.calls if call.startswith(("pulumi destroy", "kind delete"))]
    assert [call.split()[1] for call in order] == ["destroy", "delete"]


def test_a_cluster_that_is_gone_leaves_its_state_only(machine: Machine) -> None:
    assert machine.up().returncode == 0
    (machine.there / "clusters").write_text("")
    assert machine.run("kind-down", "--destroy").returncode == 0
    assert not calls_of(machine.calls, "pulumi destroy")
    assert not machine.state.exists()


def test_without_docker_the_state_stays(machine: Machine) -> None:
    assert machine.up().returncode == 0
    machine.install("kind", "echo 'ERROR: failed to list clusters: Cannot connect to the Docker daemon' >&2; exit 1")
    done = machine.run("kind-down")
    assert done.returncode == 1
    assert "start docker, then run this again: ERROR: failed to list clusters" in done.stderr
    assert machine.state.exists()
