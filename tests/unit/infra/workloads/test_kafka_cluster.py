"""The Kafka resources: k8s/kafka.yaml with what a cluster adds; and probes that wait for a broker."""

from infra.workloads.connect_cluster import kafka_connect_manifest
from infra.workloads.k8s_manifests import read_manifest
from infra.workloads.kafka_cluster import kafka_manifest, node_pool_manifests
from infra.workloads.topics_and_users import topic_manifests
from infra.workloads.workload_context import WorkloadContext
from tests.unit.infra.conftest import workload_context
from tests.unit.infra.created_objects import containers
from tests.unit.infra.recording_monitor import Made


def test_small_cluster_is_k8s_kafka_yaml(context: WorkloadContext) -> None:
    (pool,) = node_pool_manifests(context)
    assert pool == read_manifest("kafka.yaml", "KafkaNodePool")
    kafka, base = kafka_manifest(context)["spec"], read_manifest("kafka.yaml", "Kafka")["spec"]
    assert kafka["kafka"]["config"] == base["kafka"]["config"]
    assert "rack" not in kafka["kafka"]


def test_large_cluster_has_separate_brokers_and_controllers() -> None:
    pools = {pool["metadata"]["name"]: pool["spec"] for pool in node_pool_manifests(workload_context(profile="large"))}
    assert {name: (pool["replicas"], pool["roles"]) for name, pool in pools.items()} == {
        "broker": (3, ["broker"]),
        "controller": (3, ["controller"]),
    }
    for name, pool in pools.items():
        spread = {entry["topologyKey"]: entry for entry in pool["template"]["pod"]["topologySpreadConstraints"]}
        assert spread["kubernetes.io/hostname"]["whenUnsatisfiable"] == "DoNotSchedule"
        assert "topology.kubernetes.io/zone" in spread
        assert all(entry["labelSelector"]["matchLabels"]["strimzi.io/pool-name"] == name for entry in spread.values())
    assert kafka_manifest(workload_context(profile="large"))["spec"]["kafka"]["rack"]


def test_large_cluster_acknowledges_what_two_brokers_have() -> None:
    context = workload_context(profile="large")
    config = kafka_manifest(context)["spec"]["kafka"]["config"]
    assert (config["default.replication.factor"], config["min.insync.replicas"]) == (3, 2)
    assert config["auto.create.topics.enable"] is False
    assert {topic["spec"]["replicas"] for topic in topic_manifests(context)} == {3}


def test_a_stack_may_have_more_brokers_and_larger_disks() -> None:
    context = workload_context(
        **{"profile": "large", "kafka.brokers": "5", "kafka.storage": "1Ti", "kubernetes.storageClass": "fast"}
    )
    broker, controller = node_pool_manifests(context)
    assert broker["spec"]["replicas"] == 5
    assert broker["spec"]["storage"]["volumes"][0]["size"] == "1Ti"
    assert controller["spec"]["storage"]["volumes"][0]["size"] != "1Ti"
    assert {pool["spec"]["storage"]["volumes"][0]["class"] for pool in (broker, controller)} == {"fast"}


def test_topics_have_no_finalizers(context: WorkloadContext) -> None:
    env = kafka_manifest(context)["spec"]["entityOperator"]["template"]["topicOperatorContainer"]["env"]
    assert {"name": "STRIMZI_USE_FINALIZERS", "value": "false"} in env


BROKER_SECONDS = 150
"""Seconds until a broker is ready after its node's restart, on a slow machine."""


def patience(probe: dict[str, int]) -> int:
    """Seconds after which a container that does not answer is restarted."""
    return probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)


def test_nothing_is_restarted_while_it_waits_for_a_broker(context: WorkloadContext) -> None:
    kafka = kafka_manifest(context)["spec"]
    operators = kafka["entityOperator"]
    assert patience(operators["topicOperator"]["startupProbe"]) >= BROKER_SECONDS
    assert patience(operators["userOperator"]["livenessProbe"]) >= BROKER_SECONDS
    assert patience(kafka["kafka"]["livenessProbe"]) >= BROKER_SECONDS
    assert patience(kafka_connect_manifest(context)["spec"]["livenessProbe"]) >= BROKER_SECONDS
    # nor does it exit by itself, as Kafka clients do after a minute
    assert kafka_connect_manifest(context)["spec"]["config"]["default.api.timeout.ms"] >= BROKER_SECONDS * 1000
    settings = read_manifest("registry.yaml", "ConfigMap")["data"]
    assert int(settings["APICURIO_KAFKA_COMMON_DEFAULT_API_TIMEOUT_MS"]) >= BROKER_SECONDS * 1000


def test_every_pod_of_ours_has_a_startup_probe(made: list[Made]) -> None:
    for name, container in containers(made):
        if "livenessProbe" in container:
            assert patience(container["startupProbe"]) >= BROKER_SECONDS, name


def test_readiness_is_detected_soon(context: WorkloadContext) -> None:
    kafka = kafka_manifest(context)["spec"]
    parts = (kafka["kafka"], *(kafka["entityOperator"][name] for name in ("topicOperator", "userOperator")))
    for part in (*parts, kafka_connect_manifest(context)["spec"]):
        assert part["readinessProbe"]["initialDelaySeconds"] <= 10
        assert part["readinessProbe"]["periodSeconds"] <= 5
