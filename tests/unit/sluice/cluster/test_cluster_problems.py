"""What `sluice status` and scripts/kind-up tell of a cluster that cannot do what it was asked for."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.cluster.__main__ import follow
from sluice.cluster.cluster_problems import Problems, find_problems
from sluice.cluster.operator_log import reconcile_failures
from sluice.cluster.toolbox_pod import Toolbox
from tests.unit.sluice.cluster.conftest import Pod, call

ROOT = Path(__file__).resolve().parents[4]
FOLLOW = """
import sluice.cluster.__main__, sys
from producer.runtime import run_program
sluice.cluster.__main__.LOOK_SECONDS = 0.01
run_program.run("cluster", lambda: sluice.cluster.__main__.main(sys.argv[1:]))
"""
PODS, STRIMZI, LOG = "pods", "strimzi", "log"
WELL = "import json; print(json.dumps({'exit': 'OK', 'problems': []}))"
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
NOWHERE = "NullPointerException at io.strimzi.operator.cluster.model.KafkaCluster.fromCrd(KafkaCluster.java:1)"


def time(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_pod(name: str, *, ready: bool = False, since: str = "", **status: Any) -> dict[str, Any]:
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


def tell(there: Path, name: str, *items: Any) -> None:
    (there / name).write_text(json.dumps({"kind": "List", "items": items}))


def found(pod: Pod) -> Problems:
    pod("")
    return find_problems(Toolbox(context="kind-sluice", namespace="here").kubectl)


SCHEDULING = "0/1 nodes are available: 1 Insufficient memory."
PROBE = "Startup probe failed: HTTP probe failed with statuscode: 503"


@pytest.mark.parametrize(
    ("objects", "says"),
    [
        (
            lambda: [a_pod("p", conditions=[{"type": "PodScheduled", "status": "False", "message": SCHEDULING}])],
            f"cannot be scheduled: {SCHEDULING}",
        ),
        (
            lambda: [a_pod("p", containerStatuses=[waiting("ImagePullBackOff", 'Back-off pulling image "x:1"')])],
            'container main: ImagePullBackOff: Back-off pulling image "x:1"',
        ),
        (
            lambda: [a_pod("p", containerStatuses=[waiting("CrashLoopBackOff", restarts=6, last={"exitCode": 1})])],
            "container main: CrashLoopBackOff; it ended with exit status 1, 6 times in all",
        ),
        (
            lambda: [
                a_pod(
                    "p",
                    containerStatuses=[
                        waiting("CrashLoopBackOff", restarts=2, last={"exitCode": 137, "reason": "OOMKilled"})
                    ],
                )
            ],
            "container main: CrashLoopBackOff; it needed more memory than its limit and was killed, 2 times in all",
        ),
        (
            lambda: [
                a_pod("p", initContainerStatuses=[waiting("CreateContainerConfigError", 'secret "mysql" not found')])
            ],
            'container main: CreateContainerConfigError: secret "mysql" not found',
        ),
        (
            lambda: [
                a_pod("p", containerStatuses=[waiting("ContainerCreating")]),
                event("Pod", "p", "FailedMount", 'secret "redis-config" not found', count=9),
                event("Pod", "p", "Older", "is not the last", ago=99),
            ],
            'FailedMount: secret "redis-config" not found (9 times)',
        ),
        (
            lambda: [
                a_pod("p", containerStatuses=[container({"running": {}}, restarts=3)]),
                event("Pod", "p", "Unhealthy", PROBE),
            ],
            f"is not ready for 5 min, restarted 3 times: Unhealthy: {PROBE}",
        ),
    ],
)
def test_pod_that_is_not_ready_says_why(pod: Pod, there: Path, objects: Callable[[], list[Any]], says: str) -> None:
    tell(there, PODS, *objects())
    (complaint,) = found(pod).found
    assert (complaint.about, complaint.says, complaint.exit) == ("Pod p", says, Exit.UNAVAILABLE)


def test_what_is_well_or_only_starting_complains_of_nothing(pod: Pod, there: Path) -> None:
    tell(
        there,
        PODS,
        a_pod("well", ready=True),
        event("Pod", "well", "Unhealthy", "it was, once"),
        a_pod("starting", since=time(seconds=5), containerStatuses=[waiting("ErrImagePull")]),
        a_pod("probed", since=time(seconds=60), containerStatuses=[container({"running": {}})]),
        a_pod("ended", phase="Succeeded"),
        {"kind": "ReplicaSet", "metadata": {"name": "r"}, "spec": {"replicas": 1}, "status": {"replicas": 1}},
        event("ReplicaSet", "r", "FailedCreate", "it was, once"),
    )
    assert found(pod).found == ()


def test_pods_that_cannot_even_be_made_are_told_by_what_makes_them(pod: Pod, there: Path) -> None:
    tell(
        there,
        PODS,
        {
            "kind": "ReplicaSet",
            "metadata": {"name": "registry-7d9"},
            "spec": {"replicas": 1},
            "status": {"replicas": 0},
        },
        event("ReplicaSet", "registry-7d9", "FailedCreate", "exceeded quota: quota", count=4),
        {"kind": "PersistentVolumeClaim", "metadata": {"name": "data-mysql-0"}, "status": {"phase": "Pending"}},
        event("PersistentVolumeClaim", "data-mysql-0", "ProvisioningFailed", 'storageclass "fast" not found'),
    )
    assert [(entry.about, entry.says) for entry in found(pod).found] == [
        ("ReplicaSet registry-7d9", "FailedCreate: exceeded quota: quota (4 times)"),
        ("PersistentVolumeClaim data-mysql-0", 'ProvisioningFailed: storageclass "fast" not found'),
    ]


def test_pod_that_a_dead_node_keeps_is_named(pod: Pod, there: Path) -> None:
    stuck = a_pod("mysql-0")
    stuck["metadata"]["deletionTimestamp"] = time(minutes=8)
    tell(there, PODS, stuck)
    assert found(pod).found[0].says == "is being deleted and does not go: sluice-control-plane may be down"


def test_the_operators_last_word_on_each_resource_is_its_innermost_cause() -> None:
    told = {(entry.kind, entry.name): entry.why for entry in reconcile_failures(OPERATOR_LOG.splitlines())}
    # The user was reconciled afterwards.
    assert told == {("Kafka", "sluice"): FORBIDDEN, ("KafkaConnect", "sluice"): NOWHERE}


def test_an_operator_that_does_not_start_is_heard_too() -> None:
    log = [
        "2026-11-26 10:00:00 ERROR Main:154 - Cluster Operator verticle in namespace here failed to start",
        "io.fabric8.kubernetes.client.KubernetesClientException: Failure executing: GET at: https://10.96.0.1/apis/x. "
        "Message: Forbidden.",
        "        at io.fabric8.kubernetes.client.Something(Something.java:1)",
    ]
    (complaint,) = reconcile_failures(log)
    assert complaint.why == "Cluster Operator verticle in namespace here failed to start Forbidden."


def resource(kind: str, *conditions: dict[str, str], age: str = "") -> dict[str, Any]:
    status = {"status": {"conditions": list(conditions)}} if conditions else {}
    return {"kind": kind, "metadata": {"name": "sluice", "creationTimestamp": age or time(minutes=3)}, **status}


def test_what_strimzi_says_of_a_resource_and_its_log_is_told_once(pod: Pod, there: Path) -> None:
    not_ready = {"type": "NotReady", "status": "True", "reason": "KubernetesClientException", "message": FORBIDDEN}
    tell(there, STRIMZI, resource("Kafka", not_ready), resource("KafkaNodePool"))
    (there / LOG).write_text(OPERATOR_LOG)
    assert [(entry.about, entry.says, entry.exit) for entry in found(pod).found] == [
        ("Kafka sluice", f"KubernetesClientException: {FORBIDDEN}", Exit.FAILED),
        ("KafkaConnect sluice", f"Strimzi's operator: {NOWHERE}", Exit.OK),
    ]


def test_resource_without_any_status_is_told_with_what_the_log_says(pod: Pod, there: Path) -> None:
    topic = {"type": "Ready", "status": "False", "reason": "KafkaError", "message": "not authorized"}
    tell(
        there, STRIMZI, resource("Kafka"), resource("KafkaTopic", topic), resource("KafkaConnect", age=time(seconds=9))
    )
    (there / LOG).write_text(OPERATOR_LOG)
    told = [f"{entry.about}: {entry.says}" for entry in found(pod).found]
    assert told[0].startswith("Kafka sluice: has no status: Strimzi's operator has not taken it up, or fails")
    assert told[1] == "KafkaTopic sluice: KafkaError: not authorized"
    assert told[2] == f"Kafka sluice: Strimzi's operator: {FORBIDDEN}"


def test_words_of_others_cannot_steer_the_terminal(pod: Pod, there: Path) -> None:
    tell(there, PODS, a_pod("p", containerStatuses=[waiting("Bad", "\x1b[2Jgone\nnext line")]))
    assert found(pod).found[0].says == "container main: Bad: [2Jgone next line"


def test_what_cannot_be_asked_spoils_nothing_else(pod: Pod, there: Path) -> None:
    tell(there, PODS, a_pod("p", containerStatuses=[waiting("ErrImagePull")]))
    (there / "strimzi.error").write_text('error: the server doesn\'t have a resource type "strimzi"')
    (there / LOG).write_text("no log at all")
    complaints_ = found(pod)
    assert [entry.says for entry in complaints_.found] == ["container main: ErrImagePull"]
    assert complaints_.silent == (
        "Strimzi's resources could not be read: the server doesn't have a resource type \"strimzi\"",
    )


def test_status_shows_it_after_what_the_parts_answer(pod: Pod, there: Path) -> None:
    tell(there, PODS, a_pod("p", containerStatuses=[waiting("ErrImagePull")]))
    pod("print('Kafka  1 broker')")
    status, out = call("status")
    assert status is Exit.UNAVAILABLE
    assert out.splitlines() == [
        "Kafka  1 broker",
        "Cluster  complains of one thing",
        "  Pod p  container main: ErrImagePull",
    ]


def test_status_of_a_well_cluster_says_so(pod: Pod) -> None:
    pod("")
    assert call("status") == (Exit.OK, "Cluster  complains of nothing\n")


def test_status_without_a_toolbox_shows_what_the_cluster_says(
    pod: Pod, there: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    pod("")
    monkeypatch.setenv("READY", "")
    with pytest.raises(SluiceError, match="does not run"):  # nothing to show besides
        call("status")
    tell(there, PODS, a_pod("toolbox-5f", containerStatuses=[waiting("ErrImagePull")]))
    with pytest.raises(SluiceError, match="no pod of deployment/toolbox is ready") as caught:
        call("status")
    assert caught.value.status is Exit.UNAVAILABLE
    status, out = call("status", "--json")
    assert status is Exit.UNAVAILABLE
    told = json.loads(out)
    assert told["exit"] == "UNAVAILABLE"
    assert "is ready" in told["problems"][0]
    assert told["cluster"]["complaints"] == [{"about": "Pod toolbox-5f", "says": "container main: ErrImagePull"}]


def test_status_as_json_has_it_too(pod: Pod, there: Path) -> None:
    pod(WELL)
    status, out = call("status", "--json")
    assert (status, json.loads(out)) == (
        Exit.OK,
        {"exit": "OK", "problems": [], "cluster": {"complaints": [], "silent": []}},
    )
    tell(there, STRIMZI, resource("Kafka"))
    status, out = call("status", "--json")
    assert (status, json.loads(out)["exit"]) == (Exit.FAILED, "FAILED")


def test_status_that_is_watched_has_it_in_each_line(pod: Pod, there: Path) -> None:
    pod(f"{WELL}; {WELL}")
    (there / "pods.error").write_text("error: Forbidden")
    lines = [json.loads(line) for line in call("status", "--json", "--watch")[1].splitlines()]
    assert [line["cluster"]["silent"] for line in lines] == [["pods and events could not be read: Forbidden"]] * 2


def test_a_status_that_could_not_be_understood_stays_as_it_is(pod: Pod) -> None:
    pod("print('sluice: no'); sys.exit(2)")
    assert call("status", "--json") == (Exit.USAGE, "sluice: no\n")


def test_what_comes_up_meanwhile_is_said_once_if_it_does_not_pass(pod: Pod, there: Path) -> None:
    pod("")
    looks = 0
    said: list[str] = []

    def look(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            tell(there, PODS, a_pod("stays", containerStatuses=[waiting("ErrImagePull")]))
        if looks == 5:
            raise KeyboardInterrupt

    tell(
        there,
        PODS,
        a_pod("stays", containerStatuses=[waiting("ImagePullBackOff")]),
        a_pod("passes", containerStatuses=[waiting("ErrImagePull")]),
    )
    with pytest.raises(KeyboardInterrupt):
        follow(Toolbox(context="kind-sluice", namespace="here").kubectl, say=said.append, wait=look)
    assert said == ["the cluster complains: Pod stays: container main: ErrImagePull"]


def test_sigterm_ends_the_watch_at_once_and_without_a_word(pod: Pod, there: Path) -> None:
    pod("")
    tell(there, PODS, a_pod("stays", containerStatuses=[waiting("ErrImagePull")]))
    words = ["--context", "kind-sluice", "--namespace", "here", "--follow"]
    with subprocess.Popen(
        [sys.executable, "-c", FOLLOW, *words], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=-1, stderr=-1
    ) as process:
        assert process.stdout
        assert b"Pod stays" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM
        assert process.communicate() == (b"", b"")
