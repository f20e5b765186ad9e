"""What a cluster complains of: pods that are not ready, resources that Strimzi says are not, and its operator's log."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from subprocess import CompletedProcess
from typing import Any, TypeVar

from producer.runtime.exit_status import Exit
from sluice.cluster import operator_log
from sluice.cluster.kubectl_exec import error_reason
from sluice.cluster.pod_problems import KubernetesObject, age, find_pod_problems

Kubectl = Callable[..., "CompletedProcess[bytes]"]
"""Runs kubectl with these arguments in the pipeline's namespace."""

_PODS = "pods,events,replicasets,statefulsets,jobs,persistentvolumeclaims"
_STRIMZI = "strimzi"
"""The category that all of Strimzi's resources are in."""
_OPERATOR = "deployment/strimzi-cluster-operator"
_RECENT = "10m"
"""How far back the operator's log is read: it tries again every 2 minutes, and waits up to 5 for what it does."""
_WITH_CONDITIONS = {"Kafka", "KafkaConnect", "KafkaConnector", "KafkaTopic", "KafkaUser"}
_NEW = timedelta(seconds=60)
"""Younger ones may not have been looked at yet."""
_PATIENCE = "10s"
_LONGEST = 500
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What something is, and what it lacks."""

    about: str
    says: str
    exit: Exit
    """UNAVAILABLE for what does not run, FAILED for what is not as it was asked for, OK for what may pass."""


@dataclass(frozen=True, kw_only=True)
class Problems:
    """What was found, and what could not be asked."""

    found: tuple[Problem, ...]
    silent: tuple[str, ...]
    """A sentence for each question that the cluster did not answer."""

    @property
    def exit(self) -> Exit:
        """The worst of what was found."""
        return max((entry.exit for entry in self.found), default=Exit.OK)

    @property
    def as_object(self) -> dict[str, Any]:
        """As JSON types."""
        complaints = [{"about": entry.about, "says": entry.says} for entry in self.found]
        return {"complaints": complaints, "silent": list(self.silent)}


def find_problems(kubectl: Kubectl) -> Problems:
    """Ask the cluster, all questions at the same time."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        asked_pods = pool.submit(_objects, kubectl, _PODS)
        asked_strimzi = pool.submit(_objects, kubectl, _STRIMZI)
        asked_log = pool.submit(_ask, kubectl, "logs", _OPERATOR, "--since", _RECENT)
        silent: list[str] = []
        pods = _answer("pods and events", asked_pods, [], silent=silent)
        strimzi = _answer("Strimzi's resources", asked_strimzi, [], silent=silent)
        log = _answer("the log of Strimzi's operator", asked_log, "", silent=silent)
    now = datetime.now(UTC)
    resources = _resources(strimzi, now=now)
    found = (*_pods(pods, now=now), *resources, *_operator(log, known=resources))
    return Problems(found=found, silent=tuple(silent))


class _SilentError(Exception):
    """The cluster does not answer a question; the text says why."""


def _answer(what: str, asked: "Future[Answer]", otherwise: Answer, *, silent: list[str]) -> Answer:
    try:
        return asked.result()
    except _SilentError as error:
        silent.append(f"{what} could not be read: {error}")
        return otherwise


def _objects(kubectl: Kubectl, kinds: str) -> list[KubernetesObject]:
    text = _ask(kubectl, "get", kinds, "--output", "json")
    try:
        return json.loads(text)["items"] if text.strip() else []
    except (ValueError, TypeError, KeyError):
        raise _SilentError(f"kubectl printed what is no list of objects: {_plain(text)[:80]!r}") from None


def _ask(kubectl: Kubectl, *words: str) -> str:
    try:
        done = kubectl(*words, "--request-timeout", _PATIENCE)
    except OSError as error:
        raise _SilentError(f"kubectl: {error.strerror}") from None
    if done.returncode:
        said = error_reason(done.stderr.decode(errors="replace").splitlines())
        raise _SilentError(_plain(said) or f"kubectl ended with {done.returncode}")
    return done.stdout.decode(errors="replace")


def _pods(objects: Sequence[KubernetesObject], *, now: datetime) -> list[Problem]:
    return [
        Problem(about=f"{entry.kind} {entry.name}", says=_plain(entry.why), exit=Exit.UNAVAILABLE)
        for entry in find_pod_problems(objects, now=now)
    ]


def _resources(objects: Sequence[KubernetesObject], *, now: datetime) -> list[Problem]:
    found: list[Problem] = []
    for entry in objects:
        if why := _not_ready(entry, now=now):
            about = f"{entry['kind']} {entry['metadata']['name']}"
            found.append(Problem(about=about, says=_plain(why), exit=Exit.FAILED))
    return found


def _not_ready(entry: KubernetesObject, *, now: datetime) -> str:
    conditions = entry.get("status", {}).get("conditions", [])
    for condition in conditions:
        # Topics say Ready=False, all others NotReady=True.
        if (condition["type"], condition["status"]) in {("NotReady", "True"), ("Ready", "False")}:
            words = filter(None, (condition.get("reason"), condition.get("message")))
            return ": ".join(words) or "is not ready and does not say why"
    if conditions or entry["kind"] not in _WITH_CONDITIONS:
        return ""
    if age(entry["metadata"].get("creationTimestamp"), now=now) < _NEW:
        return ""
    return "has no status: Strimzi's operator has not taken it up, or fails before it can say why"


def _operator(log: str, *, known: Sequence[Problem]) -> list[Problem]:
    """What the log adds to what the resources say themselves."""
    found: list[Problem] = []
    for entry in operator_log.reconcile_failures(log.splitlines()):
        about, why = f"{entry.kind} {entry.name}".strip(), _plain(entry.why)
        if any(why in other.says for other in known if other.about == about):
            continue
        says = f"Strimzi's operator: {why}" if about else why
        found.append(Problem(about=about or "Strimzi's operator", says=says, exit=Exit.OK))
    return found


def _plain(text: str) -> str:
    """One line without control characters, which come from whoever wrote a message."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"
