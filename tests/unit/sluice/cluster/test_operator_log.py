"""Failures parsed from the log of Strimzi's operator."""

from sluice.cluster.operator_log import reconcile_failures
from tests.unit.sluice.cluster.cluster_objects import FORBIDDEN, NULL_POINTER, OPERATOR_LOG


def test_the_operators_last_word_on_each_resource_is_its_innermost_cause() -> None:
    told = {(entry.kind, entry.name): entry.reason for entry in reconcile_failures(OPERATOR_LOG.splitlines())}
    # The user was reconciled afterwards.
    assert told == {("Kafka", "sluice"): FORBIDDEN, ("KafkaConnect", "sluice"): NULL_POINTER}


def test_an_operator_that_does_not_start_is_heard_too() -> None:
    log = [
        "2026-11-26 10:00:00 ERROR Main:154 - Cluster Operator verticle in namespace here failed to start",
        "io.fabric8.kubernetes.client.KubernetesClientException: Failure executing: GET at: https://10.96.0.1/apis/x. "
        "Message: Forbidden.",
        "        at io.fabric8.kubernetes.client.Something(Something.java:1)",
    ]
    (failure,) = reconcile_failures(log)
    assert failure.reason == "Cluster Operator verticle in namespace here failed to start Forbidden."
