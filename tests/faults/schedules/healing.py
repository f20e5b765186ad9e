"""Waits until the pipeline has healed: what the documentation promises to be enough, and nothing else by hand."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from producer.runtime.exit_status import Exit
from tests.faults.row_changes import TOPIC
from tests.faults.schedules.local_pipeline import LocalPipeline
from tests.faults.schedules.verify import Change

_POLL_SECONDS = 0.5
_NEWEST = 60
"""Records of the change topic in which the last change is looked for: it may have been sent again, with others."""


@dataclass
class Healing:
    """What the healing needed."""

    needed_up: bool = False
    dead: list[str] = field(default_factory=list[str])
    """Processes that did not run after the faults."""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list[str])


def start_dead_servers(pipeline: LocalPipeline, healing: Healing) -> None:
    """Run `sluice up` if a process does not run: docs/operating.md promises that this is enough."""
    healing.dead = pipeline.dead_processes()
    if not healing.dead:
        return
    healing.needed_up = True
    try:
        done = pipeline.up()
    except subprocess.TimeoutExpired as error:
        healing.problems.append(f"sluice up did not end: {error}")
        return
    # UNAVAILABLE: a connector has done no work within a minute, and has not failed. Whether it does is checked later.
    if done.returncode not in (Exit.OK, Exit.UNAVAILABLE):
        healing.problems.append(f"sluice up ended with status {done.returncode}: {done.stderr.strip()[-600:]}")


def wait_until_healed(pipeline: LocalPipeline, changes: list[Change], *, seconds: float) -> str:
    """Wait until `sluice status` is OK, no sink has a lag and the last change is sent.

    Returns what is not so after `seconds`, else an empty text.
    """
    deadline = time.monotonic() + seconds
    reason = _why_not_healed(pipeline, changes)
    while reason and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        reason = _why_not_healed(pipeline, changes)
    return reason


def _why_not_healed(pipeline: LocalPipeline, changes: list[Change]) -> str:
    status = pipeline.status()
    checks: tuple[Callable[[], str], ...] = (
        lambda: _status_reason(status),
        lambda: _state_reason(status),
        lambda: _lag_reason(status),
        lambda: _change_reason(pipeline, changes),
    )
    return next((reason for check in checks if (reason := check())), "")


def _status_reason(status: "dict[str, object]") -> str:
    if not status:
        return "sluice status says nothing"
    if status["exit"] == Exit.OK.name:
        return ""
    return f"sluice status says {status['exit']}: {status['problems']} {status['failures']}"


def _state_reason(status: "dict[str, object]") -> str:
    """Return what does not run, or is missing."""
    states: dict[str, list[str]] = {}
    for connector in status["connect"]["connectors"]:  # pyright: ignore[reportIndexIssue]
        states[connector["name"]] = [connector["state"], *(task["state"] for task in connector["tasks"])]
    wrong = {name: found for name, found in states.items() if set(found) != {"RUNNING"} or len(found) == 1}
    return f"not everything is RUNNING: {wrong}" if wrong else ""


def _lag_reason(status: "dict[str, object]") -> str:
    lag = status["lag"]
    behind = {name: records for name, records in lag.items() if records}  # pyright: ignore[reportAttributeAccessIssue]
    return f"records wait: {behind}" if behind else ""


def _change_reason(pipeline: LocalPipeline, changes: list[Change]) -> str:
    if not changes:
        return ""
    last = changes[-1]
    for record in pipeline.messages(TOPIC, last=_NEWEST):
        value = record["value"]
        if value and record["key"]["id"] == last.row:
            after = value["after"] and value["after"]["satellites"]
            before = value["before"] and value["before"]["satellites"]
            if (before, after) == (last.before, last.after):
                return ""
    return f"the last change is not in {TOPIC}: {last}"
