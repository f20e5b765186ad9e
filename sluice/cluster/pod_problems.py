"""Why pods are not ready, from what Kubernetes says of them and from the events about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

KubernetesObject = dict[str, Any]
"""An object of Kubernetes, as JSON has it."""

_STARTS = timedelta(seconds=30)
"""For so long what a pod lacks may be what it is about to get."""
_QUIET = timedelta(seconds=90)
"""For so long a pod may be unready without a reason: its probes have not passed yet."""
_STILL_GOING = timedelta(minutes=2)
_ON_ITS_WAY = {"ContainerCreating", "PodInitializing"}
_OUT_OF_MEMORY = "OOMKilled"


@dataclass(frozen=True, kw_only=True)
class PodProblem:
    """An object that should have pods ready and has not, and why as far as that is said."""

    kind: str
    name: str
    why: str


def find_pod_problems(objects: Sequence[KubernetesObject], *, now: datetime) -> list[PodProblem]:
    """What is not ready among Pods, their owners and their claims; `objects` holds the Events too."""
    warnings = _Warnings(entry for entry in objects if entry["kind"] == "Event")
    explain = {
        "Pod": lambda entry: _pod(entry, warnings, now=now),
        "ReplicaSet": lambda entry: _owner(entry, warnings, wanted=entry["spec"].get("replicas", 1)),
        "StatefulSet": lambda entry: _owner(entry, warnings, wanted=entry["spec"].get("replicas", 1)),
        "Job": lambda entry: _owner(entry, warnings, wanted=_pods_of_job(entry)),
        "PersistentVolumeClaim": lambda entry: _claim(entry, warnings),
    }
    found: list[PodProblem] = []
    for entry in objects:
        why = explain[entry["kind"]](entry) if entry["kind"] in explain else ""
        if why:
            found.append(PodProblem(kind=entry["kind"], name=entry["metadata"]["name"], why=why))
    return found


def age(text: str | None, *, now: datetime) -> timedelta:
    """How long ago a time of Kubernetes was; none for one that is missing."""
    return now - datetime.fromisoformat(text).astimezone(UTC) if text else timedelta(0)


class _Warnings:
    """The last warning about each object."""

    def __init__(self, events: Iterable[KubernetesObject]) -> None:
        self._last: dict[tuple[str, str], KubernetesObject] = {}
        for event in sorted(events, key=_time):
            about = event["involvedObject"]
            if event.get("type") == "Warning":
                self._last[about.get("kind", ""), about.get("name", "")] = event

    def about(self, entry: KubernetesObject, *, but: str = "") -> str:
        """Reason and message of the last one, unless its reason is `but`; empty where there is none."""
        event = self._last.get((entry["kind"], entry["metadata"]["name"]))
        if event is None or event.get("reason") == but:
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
        return f"is being deleted and does not go: {where} may be down" if age(deleted, now=now) > _STILL_GOING else ""
    conditions = {entry["type"]: entry for entry in status.get("conditions", [])}
    ready = conditions.get("Ready", {})
    if ready.get("status") == "True":
        return ""
    since = age(ready.get("lastTransitionTime") or pod["metadata"].get("creationTimestamp"), now=now)
    if since < _STARTS:
        return ""
    return _reasons(pod, conditions, warnings) or _unexplained(pod, warnings, since=since)


def _reasons(pod: KubernetesObject, conditions: dict[str, KubernetesObject], warnings: _Warnings) -> str:
    """What keeps the pod from running; empty where it runs and is not ready."""
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"cannot be scheduled: {scheduled.get('message', scheduled.get('reason', ''))}"
    status = pod["status"]
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    if said := "; ".join(filter(None, map(_container, containers))):
        return said
    creating = any((entry.get("state", {}).get("waiting") or {}).get("reason") in _ON_ITS_WAY for entry in containers)
    return warnings.about(pod) if creating else ""


def _container(entry: KubernetesObject) -> str:
    state, last = entry.get("state", {}), entry.get("lastState", {}).get("terminated")
    waiting, ended = state.get("waiting"), state.get("terminated")
    name = f"container {entry['name']}"
    if ended and ended.get("exitCode"):
        return f"{name} {_ended(ended)}"
    if waiting and waiting.get("reason") not in _ON_ITS_WAY:
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
    if since < _QUIET:
        return ""
    times = max((entry.get("restartCount", 0) for entry in pod["status"].get("containerStatuses", [])), default=0)
    restarted = f", restarted {times} times" if times else ""
    minutes = since.total_seconds() / 60
    said = warnings.about(pod)
    return f"is not ready for {minutes:.0f} min{restarted}" + (f": {said}" if said else "")


def _owner(owner: KubernetesObject, warnings: _Warnings, *, wanted: int) -> str:
    status = owner.get("status", {})
    there = status.get("replicas", sum(status.get(name, 0) for name in ("active", "succeeded", "failed")))
    return warnings.about(owner) if there < wanted else ""


def _pods_of_job(job: KubernetesObject) -> int:
    ended = any(entry["status"] == "True" for entry in job.get("status", {}).get("conditions", []))
    return 0 if ended or job["spec"].get("suspend") else 1


def _claim(claim: KubernetesObject, warnings: _Warnings) -> str:
    return warnings.about(claim, but="WaitForFirstConsumer") if claim["status"].get("phase") == "Pending" else ""
