"""Tests of the reasons why pods are not ready."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producer.runtime.exit_status import Exit
from tests.unit.sluice.cluster.cluster_objects import (
    PODS,
    container,
    event,
    pod_object,
    problems_of,
    time,
    waiting,
    write_objects,
)
from tests.unit.sluice.cluster.conftest import Pod

SCHEDULING = "0/1 nodes are available: 1 Insufficient memory."
PROBE = "Startup probe failed: HTTP probe failed with statuscode: 503"


@pytest.mark.parametrize(
    ("objects", "text"),
    [
        (
            lambda: [pod_object("p", conditions=[{"type": "PodScheduled", "status": "False", "message": SCHEDULING}])],
            f"cannot be scheduled: {SCHEDULING}",
        ),
        (
            lambda: [pod_object("p", containerStatuses=[waiting("ImagePullBackOff", 'Back-off pulling image "x:1"')])],
            'container main: ImagePullBackOff: Back-off pulling image "x:1"',
        ),
        (
            lambda: [
                pod_object("p", containerStatuses=[waiting("CrashLoopBackOff", restarts=6, last={"exitCode": 1})])
            ],
            "container main: CrashLoopBackOff; it ended with exit status 1, 6 times in all",
        ),
        (
            lambda: [
                pod_object(
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
                pod_object(
                    "p", initContainerStatuses=[waiting("CreateContainerConfigError", 'secret "mysql" not found')]
                )
            ],
            'container main: CreateContainerConfigError: secret "mysql" not found',
        ),
        (
            lambda: [
                pod_object("p", containerStatuses=[waiting("ContainerCreating")]),
                event("Pod", "p", "FailedMount", 'secret "redis-config" not found', count=9),
                event("Pod", "p", "Older", "is not the last", ago=99),
            ],
            'FailedMount: secret "redis-config" not found (9 times)',
        ),
        (
            lambda: [
                pod_object("p", containerStatuses=[container({"running": {}}, restarts=3)]),
                event("Pod", "p", "Unhealthy", PROBE),
            ],
            f"is not ready for 5 min, restarted 3 times: Unhealthy: {PROBE}",
        ),
    ],
)
def test_pod_that_is_not_ready_says_why(pod: Pod, there: Path, objects: Callable[[], list[Any]], text: str) -> None:
    write_objects(there, PODS, *objects())
    (problem,) = problems_of(pod).found
    assert (problem.resource, problem.text, problem.exit) == ("Pod p", text, Exit.UNAVAILABLE)


def test_a_pod_that_is_ready_or_only_starting_is_no_problem(pod: Pod, there: Path) -> None:
    write_objects(
        there,
        PODS,
        pod_object("well", ready=True),
        event("Pod", "well", "Unhealthy", "it was, once"),
        pod_object("starting", since=time(seconds=5), containerStatuses=[waiting("ErrImagePull")]),
        pod_object("probed", since=time(seconds=60), containerStatuses=[container({"running": {}})]),
        pod_object("ended", phase="Succeeded"),
        {"kind": "ReplicaSet", "metadata": {"name": "r"}, "spec": {"replicas": 1}, "status": {"replicas": 1}},
        event("ReplicaSet", "r", "FailedCreate", "it was, once"),
    )
    assert problems_of(pod).found == ()


def test_pods_that_cannot_be_created_are_reported_for_their_owner(pod: Pod, there: Path) -> None:
    write_objects(
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
    assert [(entry.resource, entry.text) for entry in problems_of(pod).found] == [
        ("ReplicaSet registry-7d9", "FailedCreate: exceeded quota: quota (4 times)"),
        ("PersistentVolumeClaim data-mysql-0", 'ProvisioningFailed: storageclass "fast" not found'),
    ]


def test_pod_on_a_dead_node(pod: Pod, there: Path) -> None:
    stuck = pod_object("mysql-0")
    stuck["metadata"]["deletionTimestamp"] = time(minutes=8)
    write_objects(there, PODS, stuck)
    assert problems_of(pod).found[0].text == "is being deleted and does not go: sluice-control-plane may be down"
