"""Reasons why pods are not ready, from their status and their events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

KubernetesObject = dict[str, Any]
"""A Kubernetes object as parsed JSON."""

_START_TIME = timedelta(seconds=30)
"""A pod that is unready for a shorter time may just be starting."""
_PROBE_TIME = timedelta(seconds=90)
"""A pod that is unready without a reason for a shorter time may be waiting for its probes."""
_DELETION_TIME = timedelta(minutes=2)
"""A pod that is being deleted for a shorter time may just be ending."""
_CREATING = {"ContainerCreating", "PodInitializing"}
_OUT_OF_MEMORY = "OOMKilled"


@dataclass(frozen=True, kw_only=True)
class PodProblem:
    """An object whose pods are not all ready."""

    kind: str
    name: str
    reason: str


def find_pod_problems(objects: Sequence[KubernetesObject], *, now: datetime) -> list[PodProblem]:
    """Return the problems of the pods, owners of pods and volume claims in `objects`, which include the Events."""
    warnings = _Warnings(entry for entry in objects if entry["kind"] == "Event")
    explain = {
        "Pod": lambda entry: _pod(entry, warnings, now=now),
        "ReplicaSet": lambda entry: _owner(entry, warnings, replicas=entry["spec"].get("replicas", 1)),
        "StatefulSet": lambda entry: _owner(entry, warnings, replicas=entry["spec"].get("replicas", 1)),
        "Job": lambda entry: _owner(entry, warnings, replicas=_pods_of_job(entry)),
        "PersistentVolumeClaim": lambda entry: _claim(entry, warnings),
    }
    found: list[PodProblem] = []
    for entry in objects:
        reason = explain[entry["kind"]](entry) if entry["kind"] in explain else ""
        if reason:
            found.append(PodProblem(kind=entry["kind"], name=entry["metadata"]["name"], reason=reason))
    return found


def age(text: str | None, *, now: datetime) -> timedelta:
    """Return the time since a timestamp of Kubernetes; 0 if it is missing."""
    return now - datetime.fromisoformat(text).astimezone(UTC) if text else timedelta(0)


class _Warnings:
    """The last warning event of each object."""

    def __init__(self, events: Iterable[KubernetesObject]) -> None:
        self._last: dict[tuple[str, str], KubernetesObject] = {}
        for event in sorted(events, key=_time):
            about = event["involvedObject"]
            if event.get("type") == "Warning":
                self._last[about.get("kind", ""), about.get("name", "")] = event

    def about(self, entry: KubernetesObject, *, ignore: str = "") -> str:
        """Return reason and message of an object's last warning; empty if there is none or its reason is `ignore`."""
        event = self._last.get((entry["kind"], entry["metadata"]["name"]))
        if event is None or event.get("reason") == ignore:
            return ""
        times = (event.get("series") or {}).get("count") or event.get("count") or 1
        return f"{event.get('reason', '')}: {event.get('message', '')}" + (f" ({times} times)" if times > 1 else "")


def _time(event: KubernetesObject) -> str:
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return max((time for time in times if time), default="")


def _pod(pod: KubernetesObject, warnings: _Warnings, *, now: datetime) -> str:
    status = pod["status"]
    if status.get("phase") in {"Succeeded", "Failed"}:
        return ""
    if deleted := pod["metadata"].get("deletionTimestamp"):
        where = pod["spec"].get("nodeName", "its node")
        return (
            f"is being deleted and does not go: {where} may be down" if age(deleted, now=now) > _DELETION_TIME else ""
        )
    conditions = {entry["type"]: entry for entry in status.get("conditions", [])}
    ready = conditions.get("Ready", {})
    if ready.get("status") == "True":
        return ""
    since = age(ready.get("lastTransitionTime") or pod["metadata"].get("creationTimestamp"), now=now)
    if since < _START_TIME:
        return ""
    return _reasons(pod, conditions, warnings) or _unexplained(pod, warnings, since=since)


def _reasons(pod: KubernetesObject, conditions: dict[str, KubernetesObject], warnings: _Warnings) -> str:
    """Return why the pod does not run; empty if it runs but is not ready."""
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"cannot be scheduled: {scheduled.get('message', scheduled.get('reason', ''))}"
    status = pod["status"]
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    if reasons := "; ".join(filter(None, map(_container, containers))):
        return reasons
    creating = any((entry.get("state", {}).get("waiting") or {}).get("reason") in _CREATING for entry in containers)
    return warnings.about(pod) if creating else ""


def _container(entry: KubernetesObject) -> str:
    state, last = entry.get("state", {}), entry.get("lastState", {}).get("terminated")
    waiting, ended = state.get("waiting"), state.get("terminated")
    name = f"container {entry['name']}"
    if ended and ended.get("exitCode"):
        return f"{name} {_ended(ended)}"
    if waiting and waiting.get("reason") not in _CREATING:
        message = f": {waiting['message']}" if waiting.get("message") else ""
        before = f"; it {_ended(last)}, {entry.get('restartCount', 0)} times in all" if last else ""
        return f"{name}: {waiting.get('reason', 'waiting')}{message}{before}"
    return ""


def _ended(state: KubernetesObject) -> str:
    if state.get("reason") == _OUT_OF_MEMORY:
        return "needed more memory than its limit and was killed"
    message = f": {state['message'].strip()}" if state.get("message") else ""
    return f"ended with exit status {state.get('exitCode')}{message}"


def _unexplained(pod: KubernetesObject, warnings: _Warnings, *, since: timedelta) -> str:
    if since < _PROBE_TIME:
        return ""
    times = max((entry.get("restartCount", 0) for entry in pod["status"].get("containerStatuses", [])), default=0)
    restarted = f", restarted {times} times" if times else ""
    minutes = since.total_seconds() / 60
    warning = warnings.about(pod)
    return f"is not ready for {minutes:.0f} min{restarted}" + (f": {warning}" if warning else "")


def _owner(owner: KubernetesObject, warnings: _Warnings, *, replicas: int) -> str:
    status = owner.get("status", {})
    existing = status.get("replicas", sum(status.get(name, 0) for name in ("active", "succeeded", "failed")))
    return warnings.about(owner) if existing < replicas else ""


def _pods_of_job(job: KubernetesObject) -> int:
    ended = any(entry["status"] == "True" for entry in job.get("status", {}).get("conditions", []))
    return 0 if ended or job["spec"].get("suspend") else 1


def _claim(claim: KubernetesObject, warnings: _Warnings) -> str:
    return warnings.about(claim, ignore="WaitForFirstConsumer") if claim["status"].get("phase") == "Pending" else ""
