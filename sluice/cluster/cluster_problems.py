"""Problems of a cluster: pods and Strimzi resources not ready, leftover policies, errors in the operator's log."""

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
_POLICIES = "networkpolicies"
_OF_STRIMZI = "app.kubernetes.io/managed-by=strimzi-cluster-operator"
"""Label of what Strimzi's operator creates."""
_STRIMZI = "strimzi"
"""The resource category of all of Strimzi's resources."""
_OPERATOR = "deployment/strimzi-cluster-operator"
_RECENT = "10m"
"""Age up to which the operator's log is read: it reconciles every 2 min, and a reconciliation takes up to 5 min."""
_WITH_CONDITIONS = {"Kafka", "KafkaConnect", "KafkaConnector", "KafkaTopic", "KafkaUser"}
_NEW = timedelta(seconds=60)
"""The operator may not yet have taken up a resource younger than this."""
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
    """UNAVAILABLE for a pod that is not ready, FAILED for another resource, OK for an error in the operator's log."""


@dataclass(frozen=True, kw_only=True)
class Problems:
    """Problems of a cluster, and the queries that it did not answer."""

    found: tuple[Problem, ...]
    unanswered: tuple[str, ...]
    """A sentence for each query without an answer."""

    @property
    def exit(self) -> Exit:
        """The highest exit status of the problems; OK if there are none."""
        return max((entry.exit for entry in self.found), default=Exit.OK)

    @property
    def as_object(self) -> dict[str, Any]:
        """JSON types."""
        problems = [{"about": problem.resource, "says": problem.text} for problem in self.found]
        return {"complaints": problems, "silent": list(self.unanswered)}


def find_problems(kubectl: Kubectl) -> Problems:
    """Query the cluster with `kubectl`, all queries at the same time."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        pods_query = pool.submit(_objects, kubectl, _PODS)
        strimzi_query = pool.submit(_objects, kubectl, _STRIMZI)
        policies_query = pool.submit(_objects, kubectl, _POLICIES, "--selector", _OF_STRIMZI)
        log_query = pool.submit(_ask, kubectl, "logs", _OPERATOR, "--since", _RECENT)
        unanswered: list[str] = []
        pods = _answer("pods and events", pods_query, [], unanswered=unanswered)
        strimzi = _answer("Strimzi's resources", strimzi_query, [], unanswered=unanswered)
        policies = _answer("network policies", policies_query, [], unanswered=unanswered)
        log = _answer("the log of Strimzi's operator", log_query, "", unanswered=unanswered)
    resources = _found("Strimzi's resources", strimzi, _resources, unanswered=unanswered)
    ill = _found("pods and events", pods, _pods, unanswered=unanswered)
    open_ports = _found("network policies", policies, lambda found, **_: _policies(found), unanswered=unanswered)
    found = (*ill, *resources, *open_ports, *_operator(log, known=resources))
    return Problems(found=found, unanswered=tuple(unanswered))


class _NoAnswerError(Exception):
    """The cluster does not answer a query; the message says why."""


def _answer(name: str, query: "Future[Answer]", default: Answer, *, unanswered: list[str]) -> Answer:
    try:
        return query.result()
    except _NoAnswerError as error:
        unanswered.append(f"{name} could not be read: {error}")
        return default


def _objects(kubectl: Kubectl, kinds: str, *options: str) -> list[KubernetesObject]:
    text = _ask(kubectl, "get", kinds, *options, "--output", "json")
    try:
        return json.loads(text)["items"] if text.strip() else []
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _NoAnswerError(f"kubectl printed what is no list of objects: {_plain(text)[:80]!r}") from None


def _found(
    name: str, objects: Sequence[KubernetesObject], find: "Callable[..., list[Problem]]", *, unanswered: list[str]
) -> list[Problem]:
    now = datetime.now(UTC)
    try:
        return find(objects, now=now)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        unanswered.append(f"{name} could not be read: an object is not of the form that Kubernetes gives ({error!r})")
        return []


def _ask(kubectl: Kubectl, *arguments: str) -> str:
    try:
        done = kubectl(*arguments, "--request-timeout", _REQUEST_TIMEOUT)
    except OSError as error:
        raise _NoAnswerError(f"kubectl: {error.strerror}") from None
    if done.returncode:
        reason = error_reason(done.stderr.decode(errors="replace").splitlines())
        raise _NoAnswerError(_plain(reason) or f"kubectl ended with {done.returncode}")
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


def _policies(objects: Sequence[KubernetesObject]) -> list[Problem]:
    """Return the network policies that Strimzi made for an older version: told to make none, it deletes none either."""
    return [
        Problem(
            resource=f"NetworkPolicy {entry['metadata']['name']}",
            text="was made by Strimzi for an older version and opens ports to every pod of the cluster; delete it: "
            f"kubectl --namespace {entry['metadata']['namespace']} delete networkpolicy {entry['metadata']['name']}",
            exit=Exit.FAILED,
        )
        for entry in objects
    ]


def _not_ready(entry: KubernetesObject, *, now: datetime) -> str:
    conditions = entry.get("status", {}).get("conditions", [])
    for condition in conditions:
        # A KafkaTopic has Ready=False, all other kinds NotReady=True.
        if (condition["type"], condition["status"]) in {("NotReady", "True"), ("Ready", "False")}:
            parts = filter(None, (condition.get("reason"), condition.get("message")))
            return ": ".join(parts) or "is not ready and does not say why"
    if conditions or entry["kind"] not in _WITH_CONDITIONS:
        return ""
    if age(entry["metadata"].get("creationTimestamp"), now=now) < _NEW:
        return ""
    return "has no status: Strimzi's operator has not taken it up, or fails before it can say why"


def _operator(log: str, *, known: Sequence[Problem]) -> list[Problem]:
    """Return the failures in the operator's log that no resource reports itself."""
    found: list[Problem] = []
    for entry in operator_log.reconcile_failures(log.splitlines()):
        resource, reason = f"{entry.kind} {entry.name}".strip(), _plain(entry.reason)
        if any(reason in other.text for other in known if other.resource == resource):
            continue
        text = f"Strimzi's operator: {reason}" if resource else reason
        found.append(Problem(resource=resource or "Strimzi's operator", text=text, exit=Exit.OK))
    return found


def _plain(text: str) -> str:
    """Return a text of the cluster as one line without control characters, cut to _MAX_LENGTH."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _MAX_LENGTH else f"{line[:_MAX_LENGTH]} …"
