from dataclasses import replace

import pytest

from sluice.proof.shared.sink_progress import ROWS_SINK, find_problems, find_sinks, is_stuck
from sluice.view.connector_status import ConnectorStatus, ConnectStatus, TaskStatus

TASKS = tuple(TaskStatus(number=n, state="RUNNING", worker="w", error=None) for n in range(3))
SINK = ConnectorStatus(
    name="mysql-sink", kind="sink", class_name="c", version="1", state="RUNNING", worker="w", error=None, tasks=TASKS
)


def test_a_running_sink_has_no_problem():
    assert find_problems(SINK, name="mysql-sink") == ()
    assert not is_stuck(SINK)


def test_a_sink_that_is_not_there_is_stuck():
    assert find_problems(None, name="mysql-sink") == ("there is no connector mysql-sink",)
    assert is_stuck(None)


@pytest.mark.parametrize("state", ["PAUSED", "STOPPED"])
def test_a_sink_that_was_halted_is_stuck(state: str):
    halted = replace(SINK, state=state, tasks=tuple(replace(task, state=state) for task in TASKS))
    assert find_problems(halted, name="mysql-sink") == (
        f"connector mysql-sink is {state}",
        f"tasks 0, 1, 2 of mysql-sink are {state}",
    )
    assert is_stuck(halted)


def test_a_failed_task_is_a_problem_and_stuck():
    failed = replace(SINK, tasks=(TASKS[0], replace(TASKS[1], state="FAILED", error="no")))
    assert find_problems(failed, name="mysql-sink") == ("task 1 of mysql-sink has FAILED: no",)
    assert is_stuck(failed)


def test_a_task_that_is_being_moved_is_a_problem_but_not_stuck():
    moved = replace(SINK, tasks=(replace(TASKS[0], state="UNASSIGNED"), *TASKS[1:]))
    assert find_problems(moved, name="mysql-sink") == ("task 0 of mysql-sink is UNASSIGNED",)
    assert not is_stuck(moved)
    assert find_problems(replace(SINK, tasks=()), name="mysql-sink") == ("mysql-sink has no task",)


def test_another_sink_of_the_same_class_and_topic_is_found():
    ours = replace(SINK, topics=("gps-fixes",))
    twin = replace(ours, name="mysql-sink-2")
    others = (replace(twin, name="a", class_name="File"), replace(twin, name="b", topics=("images",)))
    assert find_sinks(ConnectStatus(version="4", connectors=(ours, twin, *others)), ROWS_SINK) == (ours, (twin,))
    assert find_sinks(ConnectStatus(version="4", connectors=(twin,)), ROWS_SINK) == (None, (twin,))
    assert find_sinks(ConnectStatus(version="4", connectors=(SINK,)), ROWS_SINK) == (SINK, ())


@pytest.mark.parametrize(("pattern", "reads"), [("gps-.*", True), ("images.*", False), (r"\p{Alpha}+-fixes", True)])
def test_another_sink_that_reads_the_topic_by_a_pattern_is_found(pattern: str, reads: bool):
    ours = replace(SINK, topics=("gps-fixes",))
    twin = replace(SINK, name="mysql-sink-2", topics=(), topics_pattern=pattern)
    found = find_sinks(ConnectStatus(version="4", connectors=(ours, twin)), ROWS_SINK)
    assert found == (ours, (twin,) if reads else ())
