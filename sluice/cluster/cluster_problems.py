"""Problems of a cluster: pods that are not ready, Strimzi resources that are not, errors in its operator's log."""

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
"""The resource category of all of Strimzi's resources."""
_OPERATOR = "deployment/strimzi-cluster-operator"
_RECENT = "10m"
"""Age up to which the operator's log is read: it reconciles every 2 minutes, and each takes up to 5."""
_WITH_CONDITIONS = {"Kafka", "KafkaConnect", "KafkaConnector", "KafkaTopic", "KafkaUser"}
_NEW = timedelta(seconds=60)
"""The operator may not have seen a resource that is younger."""
_REQUEST_TIMEOUT = "10s"
_MAX_LENGTH = 500
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem of one resource."""

    resource: str
    """Kind and name."""
    text: str
    exit: Exit
    """UNAVAILABLE for a pod that does not run, FAILED for a resource that is not ready, OK for what may pass."""


@dataclass(frozen=True, kw_only=True)
class Problems:
    """Problems of a cluster, and the queries that it did not answer."""

    found: tuple[Problem, ...]
    unanswered: tuple[str, ...]
    """A sentence for each query without an answer."""

    @property
    def exit(self) -> Exit:
        """The highest exit status of the problems."""
        return max((entry.exit for entry in self.found), default=Exit.OK)

    @property
    def as_object(self) -> dict[str, Any]:
        """JSON types."""
        problems = [{"about": problem.resource, "says": problem.text} for problem in self.found]
        return {"complaints": problems, "silent": list(self.unanswered)}


def find_problems(kubectl: Kubectl) -> Problems:
    """Query the cluster with `kubectl`, all queries at the same time."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        asked_pods = pool.submit(_objects, kubectl, _PODS)
        asked_strimzi = pool.submit(_objects, kubectl, _STRIMZI)
        asked_log = pool.submit(_ask, kubectl, "logs", _OPERATOR, "--since", _RECENT)
        unanswered: list[str] = []
        pods = _answer("pods and events", asked_pods, [], unanswered=unanswered)
        strimzi = _answer("Strimzi's resources", asked_strimzi, [], unanswered=unanswered)
        log = _answer("the log of Strimzi's operator", asked_log, "", unanswered=unanswered)
    now = datetime.now(UTC)
    resources = _resources(strimzi, now=now)
    found = (*_pods(pods, now=now), *resources, *_operator(log, known=resources))
    return Problems(found=found, unanswered=tuple(unanswered))


class _NoAnswerError(Exception):
    """The cluster does not answer a query; the message says why."""


def _answer(name: str, asked: "Future[Answer]", default: Answer, *, unanswered: list[str]) -> Answer:
    try:
        return asked.result()
    except _NoAnswerError as error:
        unanswered.append(f"{name} could not be read: {error}")
        return default


def _objects(kubectl: Kubectl, kinds: str) -> list[KubernetesObject]:
    text = _ask(kubectl, "get", kinds, "--output", "json")
    try:
        return json.loads(text)["items"] if text.strip() else []
    except (ValueError, TypeError, KeyError):
        raise _NoAnswerError(f"kubectl printed what is no list of objects: {_plain(text)[:80]!r}") from None


def _ask(kubectl: Kubectl, *words: str) -> str:
    try:
        done = kubectl(*words, "--request-timeout", _REQUEST_TIMEOUT)
    except OSError as error:
        raise _NoAnswerError(f"kubectl: {error.strerror}") from None
    if done.returncode:
        said = error_reason(done.stderr.decode(errors="replace").splitlines())
        raise _NoAnswerError(_plain(said) or f"kubectl ended with {done.returncode}")
    return done.stdout.decode(errors="replace")


def _pods(objects: Sequence[KubernetesObject], *, now: datetime) -> list[Problem]:
    return [
        Problem(resource=f"{entry.kind} {entry.name}", text=_plain(entry.reason), exit=Exit.UNAVAILABLE)
        for entry in find_pod_problems(objects, now=now)
    ]


def _resources(objects: Sequence[KubernetesObject], *, now: datetime) -> list[Problem]:
    found: list[Problem] = []
    for entry in objects:
        if reason := _not_ready(entry, now=now):
            resource = f"{entry['kind']} {entry['metadata']['name']}"
            found.append(Problem(resource=resource, text=_plain(reason), exit=Exit.FAILED))
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
    """Return the failures in the log that the resources do not report themselves."""
    found: list[Problem] = []
    for entry in operator_log.reconcile_failures(log.splitlines()):
        resource, reason = f"{entry.kind} {entry.name}".strip(), _plain(entry.reason)
        if any(reason in other.text for other in known if other.resource == resource):
            continue
        text = f"Strimzi's operator: {reason}" if resource else reason
        found.append(Problem(resource=resource or "Strimzi's operator", text=text, exit=Exit.OK))
    return found


def _plain(text: str) -> str:
    """Return a text as one line without control characters: it comes from whoever wrote the message."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _MAX_LENGTH else f"{line[:_MAX_LENGTH]} …"
