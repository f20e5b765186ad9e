"""Kafka and Connect: what a place adds to the resources of k8s/."""

from infra.workloads.connect_cluster import kafka_connect_manifest
from infra.workloads.k8s_manifests import read_manifest
from infra.workloads.kafka_cluster import kafka_manifest, node_pool_manifests
from infra.workloads.topics_and_users import topic_manifests
from infra.workloads.workload_context import WorkloadContext
from tests.unit.infra.conftest import workload_context
from tests.unit.infra.engine import Made
from tests.unit.infra.parts import containers


def test_small_cluster_is_the_one_of_the_file(context: WorkloadContext) -> None:
    (pool,) = node_pool_manifests(context)
    assert pool == read_manifest("kafka.yaml", "KafkaNodePool")
    kafka, base = kafka_manifest(context, console=False)["spec"], read_manifest("kafka.yaml", "Kafka")["spec"]
    assert kafka["kafka"]["config"] == base["kafka"]["config"]
    assert "rack" not in kafka["kafka"]


def test_large_cluster_has_brokers_and_controllers_apart() -> None:
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
    assert kafka_manifest(workload_context(profile="large"), console=False)["spec"]["kafka"]["rack"]


def test_large_cluster_acknowledges_what_two_brokers_have() -> None:
    context = workload_context(profile="large")
    config = kafka_manifest(context, console=False)["spec"]["kafka"]["config"]
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
    env = kafka_manifest(context, console=False)["spec"]["entityOperator"]["template"]["topicOperatorContainer"]["env"]
    assert {"name": "STRIMZI_USE_FINALIZERS", "value": "false"} in env


def test_console_may_call_the_brokers_only_where_there_is_one(context: WorkloadContext) -> None:
    def peers(*, console: bool) -> str:
        return str(kafka_manifest(context, console=console)["spec"]["kafka"]["listeners"])

    assert "console" in peers(console=True)
    assert "console" not in peers(console=False)


def test_connect_keeps_the_settings_of_every_place(context: WorkloadContext) -> None:
    here, base = kafka_connect_manifest(context), read_manifest("connect.yaml", "KafkaConnect")
    assert here["spec"]["config"] == base["spec"]["config"]
    assert here["spec"]["template"]["connectContainer"] == base["spec"]["template"]["connectContainer"]
    assert here["metadata"]["annotations"]["strimzi.io/use-connector-resources"] == "true"
    # seen: 60 s of waiting for nothing, and workers that are started again while a broker is away
    assert here["spec"]["readinessProbe"]["initialDelaySeconds"] == 10
    assert here["spec"]["livenessProbe"]["failureThreshold"] == 6


BROKER_SECONDS = 150
"""Within which a broker is there after its node's restart, on a slow machine."""


def patience(probe: dict[str, int]) -> int:
    """Seconds after which a container without an answer is started again."""
    return probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)


def test_nothing_is_started_again_while_it_waits_for_a_broker(context: WorkloadContext) -> None:
    kafka = kafka_manifest(context, console=False)["spec"]
    operators = kafka["entityOperator"]
    assert patience(operators["topicOperator"]["startupProbe"]) >= BROKER_SECONDS
    assert patience(operators["userOperator"]["livenessProbe"]) >= BROKER_SECONDS
    assert patience(kafka["kafka"]["livenessProbe"]) >= BROKER_SECONDS
    assert patience(kafka_connect_manifest(context)["spec"]["livenessProbe"]) >= BROKER_SECONDS
    # nor does it end by itself, as clients of Kafka do after a minute
    assert kafka_connect_manifest(context)["spec"]["config"]["default.api.timeout.ms"] >= BROKER_SECONDS * 1000
    settings = read_manifest("registry.yaml", "ConfigMap")["data"]
    assert int(settings["APICURIO_KAFKA_COMMON_DEFAULT_API_TIMEOUT_MS"]) >= BROKER_SECONDS * 1000


def test_what_can_have_one_has_a_startup_probe(made: list[Made]) -> None:
    for name, container in containers(made):
        if "livenessProbe" in container:
            assert patience(container["startupProbe"]) >= BROKER_SECONDS, name


def test_that_something_is_ready_is_seen_soon(context: WorkloadContext) -> None:
    kafka = kafka_manifest(context, console=False)["spec"]
    parts = (kafka["kafka"], *(kafka["entityOperator"][name] for name in ("topicOperator", "userOperator")))
    for part in (*parts, kafka_connect_manifest(context)["spec"]):
        assert part["readinessProbe"]["initialDelaySeconds"] <= 10
        assert part["readinessProbe"]["periodSeconds"] <= 5


def test_what_is_read_is_never_changed(context: WorkloadContext) -> None:
    before = read_manifest("connect.yaml", "KafkaConnect")
    kafka_connect_manifest(context)
    assert read_manifest("connect.yaml", "KafkaConnect") == before
