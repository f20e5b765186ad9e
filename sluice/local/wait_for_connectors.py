"""Waits until every connector has been seen to work, or to fail."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local.connector_errors import advise
from sluice.local.connector_progress import Progress
from sluice.local.connectors import restart_failed
from sluice.local.http_requests import request
from sluice.local.pipeline_spec import Connector
from sluice.stack_trace import innermost_message

_POLL_SECONDS = 0.1
_RESTARTS = 3
_RESTART_SECONDS = 1.0
_SILENT_SECONDS = 5.0
"""What takes longer than this is said."""
_DONE = {"paused": "PAUSED", "stopped": "STOPPED"}
"""The state in which a connector that is not to run has come to what it is to do."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A connector that does not do its work."""

    text: str
    status: Exit
    """FAILED where it has failed, UNAVAILABLE where it has not been seen to work in time."""


@dataclass(kw_only=True)
class _Watched:
    connector: Connector
    progress: Progress | None
    failed: Any = None
    """The part that has failed, as Connect tells it; None where none has."""
    restarts: int = 0
    restarted_at: float = field(default=0.0)
    waits_for: str = "start"
    reported: bool = False


def wait_for_connectors(
    url: str,
    connectors: Sequence[tuple[Connector, Progress | None]],
    *,
    seconds: float,
    cancelled: threading.Event,
    say: Callable[[str], None],
) -> list[Problem]:
    """Wait until each connector has done what its Progress asks (None: until its tasks run) or has failed.

    What has failed is restarted up to three times, whatever its autoRestart says: a worker that comes back starts its
    tasks at once, maybe before the database is there. What waits for something that is away has not failed. Raises
    SluiceError where it is interrupted.
    """
    begun = time.monotonic()
    open_ones = [_Watched(connector=connector, progress=progress) for connector, progress in connectors]
    troubles: list[Problem] = []
    while open_ones:
        for watched in list(open_ones):
            parts = _parts(url, watched.connector.name)
            trouble = _failure(url, watched, parts)
            if trouble or _works(watched, parts):
                open_ones.remove(watched)
                troubles += [trouble] if trouble else []
                verb = "does not run" if trouble else _verb(watched.connector)
                say(f"connector {watched.connector.name} {verb}")
        if time.monotonic() > begun + seconds:
            return troubles + [_late(watched, seconds) for watched in open_ones]
        if time.monotonic() > begun + _SILENT_SECONDS:
            _report_waiting(open_ones, say)
        if open_ones and cancelled.wait(_POLL_SECONDS):
            raise SluiceError("interrupted", status=Exit.INTERRUPTED)
    return troubles


def _verb(connector: Connector) -> str:
    return "runs" if connector.state == "running" else f"is {connector.state}, as k8s/ says"


def _late(watched: _Watched, seconds: float) -> Problem:
    if watched.failed:
        return _has_failed(watched)
    text = (
        f"connector {watched.connector.name} has not failed, but was not seen to {watched.waits_for} within "
        f"{seconds:.0f} s. `sluice status` says how it goes on."
    )
    return Problem(text=text, status=Exit.UNAVAILABLE)


def _report_waiting(open_ones: list[_Watched], say: Callable[[str], None]) -> None:
    for watched in open_ones:
        if not watched.reported:
            say(f"waiting for {watched.connector.name} to {watched.waits_for} …")
            watched.reported = True


def _works(watched: _Watched, parts: list[Any]) -> bool:
    state = watched.connector.state
    if state in _DONE:
        watched.waits_for = f"be {state}"
        return bool(parts) and all(part["state"] == _DONE[state] for part in parts)
    watched.waits_for = "start"
    if len(parts) < 2 or any(part["state"] != "RUNNING" for part in parts):  # noqa: PLR2004 itself and a task
        return False
    waits_for = watched.progress.pending_step() if watched.progress else None
    watched.waits_for = waits_for or watched.waits_for
    return waits_for is None


def _failure(url: str, watched: _Watched, parts: list[Any]) -> Problem | None:
    """Start again what has failed; the trouble where that was done often enough."""
    watched.failed = next((part for part in parts if part["state"] == "FAILED"), None)
    if watched.failed is None or time.monotonic() < watched.restarted_at + _RESTART_SECONDS:
        return None
    if watched.restarts == _RESTARTS:
        return _has_failed(watched)
    # What Connect refuses while it rebalances is no restart, and is asked for again.
    if restart_failed(url, watched.connector.name):
        watched.restarts += 1
        watched.restarted_at = time.monotonic()
    return None


def _has_failed(watched: _Watched) -> Problem:
    name, failed = watched.connector.name, watched.failed
    cause = innermost_message(failed.get("trace", ""))
    who = f"task {failed['id']} of connector {name}" if "id" in failed else f"connector {name}"
    return Problem(text=f"{who} has FAILED: {cause}. {advise(cause, name)}", status=Exit.FAILED)


def _parts(url: str, name: str) -> list[Any]:
    """The states of a connector and its tasks; nothing where they are not known yet."""
    try:
        status, answer = request("GET", f"{url}/connectors/{name}/status")
    except (OSError, HTTPException):
        return []
    return [answer["connector"], *answer["tasks"]] if status == HTTPStatus.OK else []
