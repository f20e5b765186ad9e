"""Restarts connectors and tasks that have FAILED, as Strimzi's autoRestart does on a cluster.

`python -m sluice.local.auto_restart STATE` is one of the pipeline's processes. `spec.autoRestart` in k8s/connectors/
says what may be restarted, and how often; other connectors are left alone.
"""

import json
import logging
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any

from producer.runtime.exit_status import SluiceError
from sluice.local.connectors import restart_failed
from sluice.local.http_requests import request
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import AutoRestart, PipelineSpec
from sluice.local.processes import Server
from sluice.stack_trace import NO_REASON, first_line, innermost_cause

NAME = "auto-restart"
_READY = "ready"
_POLL_SECONDS = 1.0
_SECONDS = 10
"""Given to Connect for an answer."""
_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0
_SETTLED_SECONDS = 15.0
"""What has failed is not taken to run before it has run for so long."""
_FAILING = f"{NAME}/failing.json"
_LOG = logging.getLogger(NAME)


def server(instance: Instance) -> Server:
    """The process; ready when Connect has told it of every connector once."""
    folder = instance.folder(NAME)
    ready = folder / _READY
    ready.unlink(missing_ok=True)
    return Server(
        name=NAME,
        command=[sys.executable, "-m", "sluice.local.auto_restart", str(instance.state)],
        folder=folder,
        ready=ready.exists,
    )


@dataclass
class RestartPlan:
    """When one connector may be restarted: at once, then after pauses that double, up to a minute.

    A connector that has run for longer than the longest pause begins anew. Times are seconds of one clock.
    """

    policy: AutoRestart
    done: int = 0
    not_before: float = 0.0
    failed_at: float = 0.0

    def due(self, now: float, *, failed: bool) -> bool:
        """Say whether to restart it now, given whether a part of it has failed."""
        if not failed:
            if now - self.failed_at > _LONGEST_PAUSE_SECONDS:
                self.done = 0
            return False
        self.failed_at = now
        return now >= self.not_before and not self.given_up

    @property
    def given_up(self) -> bool:
        """Whether it has been restarted as often as it may be."""
        return self.policy.max_restarts is not None and self.done >= self.policy.max_restarts

    def just_failed(self, now: float) -> bool:
        """Whether it was restarted and has not run since for long enough to say that it runs."""
        return self.done > 0 and now - self.failed_at < _SETTLED_SECONDS

    def count(self, now: float) -> float:
        """Count a restart; returns the pause, in seconds, before the next one."""
        pause = min(_FIRST_PAUSE_SECONDS * 2.0 ** min(self.done, 10), _LONGEST_PAUSE_SECONDS)
        self.done += 1
        self.not_before = now + pause
        return pause


class AutoRestarter:
    """Looks at the connectors of one Connect cluster and restarts what has failed."""

    def __init__(self, spec: PipelineSpec, urls: Iterable[str]) -> None:
        self._urls = tuple(urls)
        self._plans = {
            connector.name: RestartPlan(policy=connector.auto_restart)
            for connector in spec.connectors
            if connector.auto_restart
        }
        self._reasons: dict[str, str] = {}

    def recent_failures(self) -> dict[str, str]:
        """A sentence for each connector that has failed a moment ago, by its name; also where it says RUNNING."""
        now = time.monotonic()
        return {
            name: f"{name} has just been restarted (restart {plan.done}), for it had FAILED: {self._reasons[name]}"
            for name, plan in self._plans.items()
            if plan.just_failed(now)
        }

    def poll(self) -> bool:
        """Look once, and restart what is due; False where no worker answers."""
        url, found = self._ask()
        for name, plan in self._plans.items():
            if name in found:
                self._restart_if_due(url, name, found[name]["status"], plan)
        return bool(url)

    def _restart_if_due(self, url: str, name: str, status: dict[str, Any], plan: RestartPlan) -> None:
        failed = [part for part in (status["connector"], *status["tasks"]) if part["state"] == "FAILED"]
        now = time.monotonic()
        if not plan.due(now, failed=bool(failed)):
            return
        if not restart_failed(url, name, seconds=_SECONDS):
            return  # the next look tries again
        pause = plan.count(now)
        self._reasons[name] = _reason(failed[0])
        then = "no more after this" if plan.given_up else f"again after {pause:.0f} s at the soonest"
        which = ", ".join(f"task {part['id']}" if "id" in part else "the connector" for part in failed)
        _LOG.warning(
            "%s: restart %d (%s) of what has FAILED: %s: %s", name, plan.done, then, which, self._reasons[name]
        )

    def _ask(self) -> tuple[str, dict[str, Any]]:
        """A worker that answers, and what it says of every connector."""
        for url in self._urls:
            try:
                status, answer = request("GET", f"{url}/connectors?expand=status", seconds=_SECONDS)
            except (OSError, HTTPException):
                continue
            if status == HTTPStatus.OK and isinstance(answer, dict):
                return url, answer
        return "", {}


def _reason(part: dict[str, Any]) -> str:
    """Return the first line of the trace and the innermost cause of a failed connector or task."""
    trace = part.get("trace") or NO_REASON
    cause = innermost_cause(trace)
    return f"{first_line(trace)} … Caused by: {cause}" if cause else first_line(trace) or NO_REASON


def recent_failures(instance: Instance) -> tuple[str, ...]:
    """A sentence for each connector of an instance that has failed a moment ago; empty where nobody has written any.

    One that fails at each restart says RUNNING for some seconds in between: Connect alone does not say it all.
    """
    try:
        found = json.loads((instance.state / _FAILING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(map(str, found.values())) if isinstance(found, dict) else ()


def run(instance: Instance) -> None:
    """Watch the connectors of an instance until the process is ended."""
    urls = (f"http://127.0.0.1:{instance.port('connect', index)}" for index in range(instance.workers))
    restarter = AutoRestarter(PipelineSpec.read(), urls)
    failures: dict[str, str] | None = None
    while True:
        answered = restarter.poll()
        if (now := restarter.recent_failures()) != failures:
            failures = now
            instance.write(_FAILING, json.dumps(failures))
        if answered:
            (instance.folder(NAME) / _READY).touch()
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        run(Instance.open(Path(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit()
    except SluiceError as error:
        sys.exit(str(error))
