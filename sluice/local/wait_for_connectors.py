"""Waits until every connector has done work or has failed."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.connector_errors import advise
from sluice.local.connector_progress import Progress
from sluice.local.connectors import restart_failed
from sluice.local.http_requests import request
from sluice.local.pipeline_spec import Connector
from sluice.stack_trace import innermost_message

_POLL_SECONDS = 0.1
_RESTARTS = 3
_RESTART_SECONDS = 1.0
_STALE_SECONDS = 10.0
"""Time in which FAILED need not be news: Connect keeps the state of before until a worker has started the task again,
which on a busy machine takes seconds."""
_REPORT_SECONDS = 5.0
"""Waiting that takes longer than this is reported."""
_FINAL_STATES = {"paused": "PAUSED", "stopped": "STOPPED"}
"""Connect's word for the desired state of a connector that is not to run."""


@dataclass(frozen=True, kw_only=True)
class StartupProblem:
    """A failed or idle connector, or a drift that could not be reconciled."""

    text: str
    status: Exit
    """FAILED for a failure, UNAVAILABLE for a connector that has done no work in time."""


@dataclass(kw_only=True)
class _Watched:
    connector: Connector
    progress: Progress | None
    failed: Any = None
    """Connect's status of the connector or task that has FAILED; None where none has."""
    restarts: int = 0
    started_at: float = field(default_factory=time.monotonic)
    """When it was last started: with its worker, or by a restart."""
    seen: bool = False
    """Whether it was in another state than FAILED since then."""
    pending_step: str = "start"
    reported: bool = False


def wait_for_connectors(
    connect: RestEndpoint,
    connectors: Sequence[tuple[Connector, Progress | None]],
    *,
    seconds: float,
    cancelled: threading.Event,
    say: Callable[[str], None],
) -> list[StartupProblem]:
    """Wait until each connector's Progress (None: its tasks run) has no pending step, or the connector has failed.

    A failed connector is restarted up to three times, whatever its autoRestart says: a worker that comes back starts
    its tasks at once, maybe before the database is ready. A failure of before does not count, nor does one that waits
    for a missing part. Returns the problems of connectors that have failed or have done no work within `seconds`; `say`
    prints progress. Raises SluiceError when `cancelled` is set.
    """
    started = time.monotonic()
    unfinished = [_Watched(connector=connector, progress=progress) for connector, progress in connectors]
    problems: list[StartupProblem] = []
    while unfinished:
        for watched in list(unfinished):
            parts = _parts(connect, watched.connector.name)
            problem = _restart_or_give_up(connect, watched, parts)
            if problem or _is_done(watched, parts):
                unfinished.remove(watched)
                problems += [problem] if problem else []
                verb = "does not run" if problem else _verb(watched.connector)
                say(f"connector {watched.connector.name} {verb}")
        if time.monotonic() > started + seconds:
            return problems + [_timeout_problem(watched, seconds) for watched in unfinished]
        if time.monotonic() > started + _REPORT_SECONDS:
            _report_waiting(unfinished, say)
        if unfinished and cancelled.wait(_POLL_SECONDS):
            raise SluiceError("interrupted", status=Exit.INTERRUPTED)
    return problems


def _verb(connector: Connector) -> str:
    return "runs" if connector.state == "running" else f"is {connector.state}, as k8s/ says"


def _timeout_problem(watched: _Watched, seconds: float) -> StartupProblem:
    if watched.failed:
        return _failure_problem(watched)
    text = (
        f"connector {watched.connector.name} has not failed, but was not seen to {watched.pending_step} within "
        f"{seconds:.0f} s. `sluice status` says how it goes on."
    )
    return StartupProblem(text=text, status=Exit.UNAVAILABLE)


def _report_waiting(unfinished: list[_Watched], say: Callable[[str], None]) -> None:
    for watched in unfinished:
        if not watched.reported:
            say(f"waiting for {watched.connector.name} to {watched.pending_step} …")
            watched.reported = True


def _is_done(watched: _Watched, parts: list[Any]) -> bool:
    state = watched.connector.state
    if state in _FINAL_STATES:
        watched.pending_step = f"be {state}"
        return bool(parts) and all(part["state"] == _FINAL_STATES[state] for part in parts)
    watched.pending_step = "start"
    if len(parts) < 2 or any(part["state"] != "RUNNING" for part in parts):  # noqa: PLR2004 itself and a task
        return False
    step = watched.progress.pending_step() if watched.progress else None
    watched.pending_step = step or watched.pending_step
    return step is None


def _restart_or_give_up(connect: RestEndpoint, watched: _Watched, parts: list[Any]) -> StartupProblem | None:
    """Restart a failed connector; return its problem once it has been restarted _RESTARTS times."""
    watched.failed = next((part for part in parts if part["state"] == "FAILED"), None)
    if watched.failed is None:
        watched.seen = watched.seen or bool(parts)
        return None
    if time.monotonic() < watched.started_at + (_RESTART_SECONDS if watched.seen else _STALE_SECONDS):
        return None
    if watched.restarts == _RESTARTS:
        return _failure_problem(watched)
    # A restart that Connect refuses during a rebalance does not count and is requested again.
    if restart_failed(connect, watched.connector.name):
        watched.restarts += 1
        watched.started_at, watched.seen = time.monotonic(), False
    return None


def _failure_problem(watched: _Watched) -> StartupProblem:
    name, failed = watched.connector.name, watched.failed
    cause = innermost_message(failed.get("trace", ""))
    part = f"task {failed['id']} of connector {name}" if "id" in failed else f"connector {name}"
    return StartupProblem(text=f"{part} has FAILED: {cause}. {advise(cause, name)}", status=Exit.FAILED)


def _parts(connect: RestEndpoint, name: str) -> list[Any]:
    """Return Connect's status of a connector and its tasks; empty where it is not known yet."""
    try:
        status, answer = request("GET", connect, f"/connectors/{name}/status")
    except (OSError, HTTPException):
        return []
    return [answer["connector"], *answer["tasks"]] if status == HTTPStatus.OK else []
