"""Kubernetes objects, events and an operator's log for the tests of a cluster's problems."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sluice.cluster.cluster_problems import Problems, find_problems
from sluice.cluster.toolbox_pod import Toolbox
from tests.unit.sluice.cluster.conftest import Pod

PODS, STRIMZI, LOG = "pods", "strimzi", "log"
"""Files with the answers of the tests' kubectl."""
OPERATOR_LOG = """\
2026-11-26 10:00:00 INFO  AbstractOperator:257 - Reconciliation #1(watch) Kafka(here/sluice): will be checked
2026-11-26 10:00:02 ERROR AbstractOperator:284 - Reconciliation #1(watch) Kafka(here/sluice): createOrUpdate failed
io.fabric8.kubernetes.client.KubernetesClientException: Failure executing: POST at: https://10.96.0.1:443/api/v1/\
namespaces/here/pods. Message: pods "sluice-dual-0" is forbidden: violates PodSecurity \
"restricted:latest": runAsNonRoot != true. Received status: Status(apiVersion=v1, code=403, reason=Forbidden).
\tat io.fabric8.kubernetes.client.KubernetesClientException.copyAsCause(KubernetesClientException.java:205)
\t... 12 more
2026-11-26 10:00:02 WARN  AbstractOperator:557 - Reconciliation #1(watch) Kafka(here/sluice): Failed to reconcile
io.fabric8.kubernetes.client.KubernetesClientException: Failure executing: POST at: https://10.96.0.1:443/api/v1/\
namespaces/here/pods. Message: pods "sluice-dual-0" is forbidden: violates PodSecurity \
"restricted:latest": runAsNonRoot != true. Received status: Status(apiVersion=v1, code=403, reason=Forbidden).
\tat io.fabric8.kubernetes.client.KubernetesClientException.copyAsCause(KubernetesClientException.java:205)
2026-11-26 10:00:03 WARN  AbstractOperator:557 - Reconciliation #2(watch) KafkaConnect(here/sluice): Failed to reconcile
java.util.concurrent.CompletionException: java.lang.RuntimeException: outer
\tat java.base/java.util.concurrent.CompletableFuture.encodeThrowable(CompletableFuture.java:332)
Caused by: java.lang.RuntimeException: outer
Caused by: java.lang.NullPointerException
\tat io.strimzi.operator.cluster.model.KafkaCluster.fromCrd(KafkaCluster.java:1)
2026-11-26 10:00:04 WARN  AbstractOperator:557 - Reconciliation #3(watch) KafkaUser(here/connect): Failed to reconcile
java.lang.RuntimeException: it passed
2026-11-26 10:00:05 INFO  AbstractOperator:543 - Reconciliation #4(watch) KafkaUser(here/connect): reconciled
"""
FORBIDDEN = 'pods "sluice-dual-0" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
NULL_POINTER = "NullPointerException at io.strimzi.operator.cluster.model.KafkaCluster.fromCrd(KafkaCluster.java:1)"


def time(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod_object(name: str, *, ready: bool = False, since: str = "", **status: Any) -> dict[str, Any]:
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": since or time(minutes=5)}
    conditions = [condition, *status.pop("conditions", [])]
    return {
        "kind": "Pod",
        "metadata": {"name": name, "creationTimestamp": time(minutes=6)},
        "spec": {"nodeName": "sluice-control-plane"},
        "status": {"phase": "Pending", "conditions": conditions, **status},
    }


def container(state: dict[str, Any], *, restarts: int = 0, last: dict[str, Any] | None = None) -> dict[str, Any]:
    last_state = {"terminated": last} if last else {}
    return {"name": "main", "state": state, "lastState": last_state, "restartCount": restarts, "ready": False}


def waiting(reason: str, message: str = "", **rest: Any) -> dict[str, Any]:
    return container({"waiting": {"reason": reason, "message": message}}, **rest)


def event(kind: str, name: str, reason: str, message: str, *, count: int = 1, ago: float = 10) -> dict[str, Any]:
    return {
        "kind": "Event",
        "metadata": {"name": f"{name}.{reason}"},
        "type": "Warning",
        "involvedObject": {"kind": kind, "name": name},
        "reason": reason,
        "message": message,
        "count": count,
        "lastTimestamp": time(seconds=ago),
    }


def resource(kind: str, *conditions: dict[str, str], age: str = "") -> dict[str, Any]:
    status = {"status": {"conditions": list(conditions)}} if conditions else {}
    return {"kind": kind, "metadata": {"name": "sluice", "creationTimestamp": age or time(minutes=3)}, **status}


def write_objects(there: Path, name: str, *items: Any) -> None:
    (there / name).write_text(json.dumps({"kind": "List", "items": items}))


def problems_of(pod: Pod) -> Problems:
    pod("")
    return find_problems(Toolbox(context="kind-sluice", namespace="here").kubectl)
