"""The process `auto-restart`: restarts connectors and tasks that have FAILED, as Strimzi does on a cluster.

It also keeps the servers' logs from growing without bound (sluice/local/log_files.py), and wakes the database after its
disk was full (sluice/local/disk_waits.py).

It is started as `python -m sluice.local.auto_restart STATE`. `spec.autoRestart` in k8s/connectors/ enables and limits
the restarts; connectors without it are not restarted.
"""

import json
import logging
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any

from producer.runtime.exit_status import SluiceError
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.connectors import restart_failed
from sluice.local.disk_waits import wake_disk_waits
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.log_files import cut_long_logs
from sluice.local.pipeline_spec import AutoRestart, PipelineSpec
from sluice.local.processes import Server
from sluice.stack_trace import NO_REASON, first_line, innermost_cause

NAME = "auto-restart"
_READY_FILE = "ready"
_POLL_SECONDS = 1.0
_POLLS_BETWEEN_LOOKS = 10
"""Polls between two looks at the sizes of the logs, where a server that fails again and again writes some MB a second,
and at the database."""
_TIMEOUT_SECONDS = 10
"""Time that Connect has to answer a request, s."""
_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0
_STABLE_SECONDS = 15.0
"""A connector that has failed counts as running again after this time without a failure, s."""
_FAILURES_FILE = f"{NAME}/failing.json"
_LOG = logging.getLogger(NAME)


def server(instance: Instance) -> Server:
    """Return the process `auto-restart`; ready after its first complete answer from Connect."""
    folder = instance.folder(NAME)
    ready = folder / _READY_FILE
    ready.unlink(missing_ok=True)
    return Server(
        name=NAME,
        command=[sys.executable, "-m", "sluice.local.auto_restart", str(instance.state)],
        folder=folder,
        ready=ready.exists,
    )


@dataclass
class RestartPlan:
    """Times of one connector's restarts: at once, then after pauses that double, up to a minute.

    After a run longer than the longest pause the count starts again at 0. Times are seconds of one monotonic clock.
    """

    policy: AutoRestart
    done: int = 0
    """Restarts so far."""
    not_before: float = 0.0
    """Time before which it is not restarted again."""
    failed_at: float = 0.0
    """Time at which it was last seen failed."""

    def due(self, now: float, *, failed: bool) -> bool:
        """Return whether to restart it now; `failed`: whether the connector or a task of it is FAILED."""
        if not failed:
            if now - self.failed_at > _LONGEST_PAUSE_SECONDS:
                self.done = 0
            return False
        self.failed_at = now
        return now >= self.not_before and not self.given_up

    @property
    def given_up(self) -> bool:
        """Whether it was restarted `policy.max_restarts` times."""
        return self.policy.max_restarts is not None and self.done >= self.policy.max_restarts

    def failed_recently(self, now: float) -> bool:
        """Return whether it was restarted, and its last failure is less than _STABLE_SECONDS ago."""
        return self.done > 0 and now - self.failed_at < _STABLE_SECONDS

    def count(self, now: float) -> float:
        """Count a restart; return the pause before the next one, s."""
        pause = min(_FIRST_PAUSE_SECONDS * 2.0 ** min(self.done, 10), _LONGEST_PAUSE_SECONDS)
        self.done += 1
        self.not_before = now + pause
        return pause


class AutoRestarter:
    """Polls the connectors of one Connect cluster and restarts those that have failed."""

    def __init__(self, spec: PipelineSpec, workers: Iterable[RestEndpoint]) -> None:
        self._workers = tuple(workers)
        self._plans = {
            connector.name: RestartPlan(policy=connector.auto_restart)
            for connector in spec.connectors
            if connector.auto_restart
        }
        self._reasons: dict[str, str] = {}

    def recent_failures(self) -> dict[str, str]:
        """Return a sentence, by name, for each connector that failed shortly before, even if it is RUNNING now."""
        now = time.monotonic()
        return {
            name: f"{name} has just been restarted (restart {plan.done}), for it had FAILED: {self._reasons[name]}"
            for name, plan in self._plans.items()
            if plan.failed_recently(now)
        }

    def poll(self) -> bool:
        """Ask Connect once, and restart the connectors that are due; return False where no worker answers."""
        worker, statuses = self._read_statuses()
        for name, plan in self._plans.items():
            if worker and name in statuses:
                self._restart_if_due(worker, name, statuses[name]["status"], plan)
        return bool(worker)

    def _restart_if_due(self, worker: RestEndpoint, name: str, status: dict[str, Any], plan: RestartPlan) -> None:
        failed = [part for part in (status["connector"], *status["tasks"]) if part["state"] == "FAILED"]
        now = time.monotonic()
        if not plan.due(now, failed=bool(failed)):
            return
        if not restart_failed(worker, name, seconds=_TIMEOUT_SECONDS):
            return  # the next poll tries again
        pause = plan.count(now)
        self._reasons[name] = _reason(failed[0])
        then = "no more after this" if plan.given_up else f"again after {pause:.0f} s at the soonest"
        which = ", ".join(f"task {part['id']}" if "id" in part else "the connector" for part in failed)
        _LOG.warning(
            "%s: restart %d (%s) of what has FAILED: %s: %s", name, plan.done, then, which, self._reasons[name]
        )

    def _read_statuses(self) -> tuple[RestEndpoint | None, dict[str, Any]]:
        """Return the first worker that answers, and the status of every connector."""
        for worker in self._workers:
            try:
                status, answer = request("GET", worker, "/connectors?expand=status", seconds=_TIMEOUT_SECONDS)
            except (OSError, HTTPException):
                continue
            if status == HTTPStatus.OK and isinstance(answer, dict):
                return worker, answer
        return None, {}


def _reason(part: dict[str, Any]) -> str:
    """Return the first line of the trace and the innermost cause of a failed connector or task."""
    trace = part.get("trace") or NO_REASON
    cause = innermost_cause(trace)
    return f"{first_line(trace)} … Caused by: {cause}" if cause else first_line(trace) or NO_REASON


def recent_failures(instance: Instance) -> tuple[str, ...]:
    """Return a sentence for each connector of an instance that failed shortly before, as `auto-restart` recorded it.

    A connector that fails again after each restart is RUNNING for some seconds in between: Connect's status alone does
    not show it.
    """
    try:
        found = json.loads((instance.state / _FAILURES_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return ()
    return tuple(map(str, found.values())) if isinstance(found, dict) else ()


def run(instance: Instance) -> None:
    """Restart failed connectors of an instance until the process is ended."""
    restarter = AutoRestarter(PipelineSpec.read(), map(instance.connect, range(instance.workers)))
    written: dict[str, str] | None = None
    said = ""
    for poll in count():
        try:
            if poll % _POLLS_BETWEEN_LOOKS == 0:
                cut_long_logs(instance)
                if woken := wake_disk_waits(instance):
                    _LOG.warning("the database's disk has space again: %d waiting connection(s) woken", woken)
            written = _poll(instance, restarter, written)
        except (SluiceError, OSError, LookupError, TypeError) as error:
            # A full disk, or an answer that is not Connect's. Nobody would start this process again.
            if said != str(error):
                said = str(error)
                _LOG.warning("trying again every %.0f s: %s: %s", _POLL_SECONDS, type(error).__name__, error)
        time.sleep(_POLL_SECONDS)


def _poll(instance: Instance, restarter: AutoRestarter, written: dict[str, str] | None) -> dict[str, str]:
    """Restart what is due and record recent failures where they are not those `written` before; return them."""
    answered = restarter.poll()
    if (failures := restarter.recent_failures()) != written:
        instance.write(_FAILURES_FILE, json.dumps(failures))
    if answered:
        (instance.folder(NAME) / _READY_FILE).touch()
    return failures


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        run(Instance.open(Path(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit()
    except SluiceError as error:
        sys.exit(str(error))
