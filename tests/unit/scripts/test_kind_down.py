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
