"""Problems of a cluster: Strimzi's resources, its operator's log, queries without an answer."""

from pathlib import Path

from producer.runtime.exit_status import Exit
from tests.unit.sluice.cluster.cluster_objects import (
    FORBIDDEN,
    LOG,
    NULL_POINTER,
    OPERATOR_LOG,
    PODS,
    STRIMZI,
    pod_object,
    problems_of,
    resource,
    time,
    waiting,
    write_objects,
)
from tests.unit.sluice.cluster.conftest import Pod


def test_error_in_both_resource_and_log_is_reported_once(pod: Pod, there: Path) -> None:
    not_ready = {"type": "NotReady", "status": "True", "reason": "KubernetesClientException", "message": FORBIDDEN}
    write_objects(there, STRIMZI, resource("Kafka", not_ready), resource("KafkaNodePool"))
    (there / LOG).write_text(OPERATOR_LOG)
    assert [(entry.resource, entry.text, entry.exit) for entry in problems_of(pod).found] == [
        ("Kafka sluice", f"KubernetesClientException: {FORBIDDEN}", Exit.FAILED),
        ("KafkaConnect sluice", f"Strimzi's operator: {NULL_POINTER}", Exit.OK),
    ]


def test_resource_without_status_is_reported_with_the_error_in_the_log(pod: Pod, there: Path) -> None:
    topic = {"type": "Ready", "status": "False", "reason": "KafkaError", "message": "not authorized"}
    write_objects(
        there, STRIMZI, resource("Kafka"), resource("KafkaTopic", topic), resource("KafkaConnect", age=time(seconds=9))
    )
    (there / LOG).write_text(OPERATOR_LOG)
    problems = [f"{entry.resource}: {entry.text}" for entry in problems_of(pod).found]
    assert problems[0].startswith("Kafka sluice: has no status: Strimzi's operator has not taken it up, or fails")
    assert problems[1] == "KafkaTopic sluice: KafkaError: not authorized"
    assert problems[2] == f"Kafka sluice: Strimzi's operator: {FORBIDDEN}"


def test_control_characters_are_removed(pod: Pod, there: Path) -> None:
    write_objects(there, PODS, pod_object("p", containerStatuses=[waiting("Bad", "\x1b[2Jgone\nnext line")]))
    assert problems_of(pod).found[0].text == "container main: Bad: [2Jgone next line"


def test_failed_query_does_not_hide_other_problems(pod: Pod, there: Path) -> None:
    write_objects(there, PODS, pod_object("p", containerStatuses=[waiting("ErrImagePull")]))
    (there / "strimzi.error").write_text('error: the server doesn\'t have a resource type "strimzi"')
    (there / LOG).write_text("no log at all")
    problems = problems_of(pod)
    assert [problem.text for problem in problems.found] == ["container main: ErrImagePull"]
    assert problems.unanswered == (
        "Strimzi's resources could not be read: the server doesn't have a resource type \"strimzi\"",
    )


def test_network_policy_that_strimzi_left_is_named_with_the_command_that_deletes_it(pod: Pod, there: Path) -> None:
    policy = {"kind": "NetworkPolicy", "metadata": {"name": "sluice-connect", "namespace": "here"}}
    write_objects(there, "networkpolicies", policy)
    (problem,) = problems_of(pod).found
    assert (problem.resource, problem.exit) == ("NetworkPolicy sluice-connect", Exit.FAILED)
    assert problem.text.endswith("kubectl --namespace here delete networkpolicy sluice-connect")
