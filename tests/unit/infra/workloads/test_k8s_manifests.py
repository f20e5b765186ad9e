"""The created resources match the manifests that the local pipeline reads, in each profile."""

from collections.abc import Mapping
from typing import Any

from sluice.local.pipeline_spec import PipelineSpec
from tests.unit.infra.created_objects import objects
from tests.unit.infra.recording_monitor import Made


def test_the_cluster_gets_what_the_local_pipeline_reads(made: list[Made]) -> None:
    spec = PipelineSpec.read()
    resources = {
        kind: [entry.plain for entry in made if entry.kind == kind and entry.type.startswith("kubernetes:")]
        for kind in ("KafkaTopic", "KafkaUser", "KafkaConnector")
    }
    topics = {
        entry["spec"].get("topicName", entry["metadata"]["name"]): entry["spec"] for entry in resources["KafkaTopic"]
    }
    assert topics.keys() == {topic.name for topic in spec.topics}
    for topic in spec.topics:
        assert topics[topic.name]["partitions"] == topic.partitions
        assert _texts(topics[topic.name].get("config", {})) == topic.config
    users = {entry["metadata"]["name"]: entry["spec"]["authorization"]["acls"] for entry in resources["KafkaUser"]}
    assert users.keys() == {user.name for user in spec.users}
    for user in spec.users:
        created = {
            (rule["resource"]["name"], operation) for rule in users[user.name] for operation in rule["operations"]
        }
        assert created == {(acl.name, acl.operation) for acl in user.acls}
    connectors = {entry["metadata"]["name"]: entry["spec"] for entry in resources["KafkaConnector"]}
    assert connectors.keys() == {connector.name for connector in spec.connectors}
    for connector in spec.connectors:
        spec = connectors[connector.name]
        created = {**_texts(spec["config"]), "connector.class": spec["class"], "tasks.max": f"{spec['tasksMax']:.0f}"}
        assert created == connector.config


def _texts(config: Mapping[str, Any]) -> dict[str, str]:
    """Settings as in a properties file; the engine has only floating-point numbers."""
    return {name: _text(value) for name, value in config.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def test_no_topic_has_two_resources(made: list[Made]) -> None:
    # Without finalizers, deleting one of two resources for one topic deletes the topic and its data.
    topics = [entry.plain for entry in made if entry.kind == "KafkaTopic"]
    names = [entry["spec"].get("topicName", entry["metadata"]["name"]) for entry in topics]
    assert len(names) == len(set(names))


def test_replicas_can_be_placed_and_acknowledged(made: list[Made]) -> None:
    pools = [entry.plain["spec"] for entry in made if entry.kind == "KafkaNodePool"]
    brokers = sum(pool["replicas"] for pool in pools if "broker" in pool["roles"])
    (kafka,) = (entry.plain["spec"]["kafka"]["config"] for entry in objects(made) if entry.kind == "Kafka")
    factors = {name: value for name, value in kafka.items() if name.endswith("replication.factor")}
    assert len(factors) == 4
    assert all(value <= brokers for value in factors.values())
    for name in ("min.insync.replicas", "transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr"):
        assert kafka[name] < min(factors.values()) or brokers == 1
    for topic in (entry.plain for entry in made if entry.kind == "KafkaTopic"):
        assert topic["spec"]["replicas"] == kafka["default.replication.factor"]


def test_disks_are_deleted_with_their_owners(made: list[Made]) -> None:
    for entry in objects(made):
        if entry.kind == "StatefulSet":
            policy = entry.plain["spec"]["persistentVolumeClaimRetentionPolicy"]
            assert policy == {"whenDeleted": "Delete", "whenScaled": "Retain"}
        if entry.kind == "KafkaNodePool":
            assert all(volume["deleteClaim"] for volume in entry.plain["spec"]["storage"]["volumes"])


def test_no_setting_replaces_a_stores_disk(made: list[Made]) -> None:
    for entry in objects(made):
        if entry.kind == "StatefulSet":
            assert "spec.volumeClaimTemplates" in entry.ignore_changes
