"""Failures parsed from the log of Strimzi's operator."""

from sluice.cluster.operator_log import reconcile_failures
from tests.unit.sluice.cluster.cluster_objects import FORBIDDEN, NULL_POINTER, OPERATOR_LOG


def test_last_failure_of_each_resource_with_its_innermost_cause() -> None:
    failures = {(entry.kind, entry.name): entry.reason for entry in reconcile_failures(OPERATOR_LOG.splitlines())}
    # The user was reconciled afterwards.
    assert failures == {("Kafka", "sluice"): FORBIDDEN, ("KafkaConnect", "sluice"): NULL_POINTER}


def test_error_of_the_operator_itself() -> None:
    log = [
        "2026-11-26 10:00:00 ERROR Main:154 - Cluster Operator verticle in namespace here failed to start",
        "io.fabric8.kubernetes.client.KubernetesClientException: Failure executing: GET at: https://10.96.0.1/apis/x. "
        "Message: Forbidden.",
        "        at io.fabric8.kubernetes.client.Something(Something.java:1)",
    ]
    (failure,) = reconcile_failures(log)
    assert failure.reason == "Cluster Operator verticle in namespace here failed to start Forbidden."
