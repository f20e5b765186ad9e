"""The KafkaConnect resource: k8s/connect.yaml with what a cluster adds."""

from infra.workloads.connect_cluster import kafka_connect_manifest
from infra.workloads.k8s_manifests import read_manifest
from infra.workloads.workload_context import WorkloadContext


def test_connect_keeps_the_settings_of_every_target(context: WorkloadContext) -> None:
    here, base = kafka_connect_manifest(context), read_manifest("connect.yaml", "KafkaConnect")
    assert here["spec"]["config"] == base["spec"]["config"]
    assert here["spec"]["template"]["connectContainer"] == base["spec"]["template"]["connectContainer"]
    assert here["metadata"]["annotations"]["strimzi.io/use-connector-resources"] == "true"
    # By default readiness was detected 60 s late, and workers were restarted while a broker was away.
    assert here["spec"]["readinessProbe"]["initialDelaySeconds"] == 10
    assert here["spec"]["livenessProbe"]["failureThreshold"] == 6


def test_manifests_that_were_read_are_not_changed(context: WorkloadContext) -> None:
    before = read_manifest("connect.yaml", "KafkaConnect")
    kafka_connect_manifest(context)
    assert read_manifest("connect.yaml", "KafkaConnect") == before
