"""The manifests of k8s/ are consistent: with one another, and with connect/, schemas/ and the local pipeline."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import fastavro
import pytest
import yaml

from sluice.local import connect_workers, connectors
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import Acl, AutoRestart, Connector, PipelineSpec, Topic
from sluice.view.connector_status import MYSQL, REDIS, REGISTRY, parts_needed

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
SPEC = PipelineSpec.read()
SINKS = [connector for connector in SPEC.connectors if "topics" in connector.config]
SOURCES = [connector for connector in SPEC.connectors if "topics" not in connector.config]


def each(connectors: Sequence[Connector]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("connector", connectors, ids=lambda connector: connector.name)


KAFKAS_LARGEST = 1048588
"""Kafka's default of max.message.bytes."""
KAFKAS_SEGMENT_MS = 604800000
"""Kafka's default of segment.ms and retention.ms."""
VARIABLE = re.compile(r"\$\{env:([^}]*)\}")


def objects(kind: str) -> list[dict]:
    documents = [entry for path in K8S.rglob("*.yaml") for entry in yaml.safe_load_all(path.read_text())]
    return [entry for entry in documents if entry["kind"] == kind]


def allowed(user: str, type_: str, name: str, operation: str) -> bool:
    acls = next(entry.acls for entry in SPEC.users if entry.name == user)
    return any(acl.type == type_ and acl.operation == operation and covers(acl, name) for acl in acls)


def covers(acl: Acl, name: str) -> bool:
    return name.startswith(acl.name) if acl.pattern == "prefix" else name == acl.name


def topic_names() -> set[str]:
    return {topic.name for topic in SPEC.topics}


def topic(name: str) -> Topic:
    return next(topic for topic in SPEC.topics if topic.name == name)


def largest_message(name: str) -> int:
    return int(topic(name).config.get("max.message.bytes", KAFKAS_LARGEST))


def change_topic(connector: Connector) -> str:
    """Return the topic to which a source writes the changes of its table."""
    return f"{connector.config['topic.prefix']}.{connector.config['table.include.list']}"


# kind.yaml configures kind itself and holds no object of a cluster.
@pytest.mark.parametrize("path", sorted(set(K8S.rglob("*.yaml")) - {K8S / "kind.yaml"}), ids=lambda path: path.name)
def test_every_file_holds_kubernetes_objects(path: Path) -> None:
    documents = list(yaml.safe_load_all(path.read_text()))
    assert documents
    for entry in documents:
        assert {"apiVersion", "kind", "metadata"} <= entry.keys()


def test_strimzi_objects_are_of_the_served_version_and_belong_to_the_cluster() -> None:
    cluster = objects("Kafka")[0]["metadata"]["name"]
    for kind in ("KafkaTopic", "KafkaUser", "KafkaNodePool", "KafkaConnector"):
        for entry in objects(kind):
            assert entry["apiVersion"] == "kafka.strimzi.io/v1"
            assert entry["metadata"]["labels"]["strimzi.io/cluster"] == cluster


def test_no_topic_is_defined_twice() -> None:
    # Deleting one of two KafkaTopics for one topic deletes the topic and its data.
    names = [entry["spec"].get("topicName", entry["metadata"]["name"]) for entry in objects("KafkaTopic")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("topic", SPEC.topics, ids=lambda topic: topic.name)
def test_records_are_deleted_when_their_topic_says(topic: Topic) -> None:
    # Kafka deletes and compacts whole segments only, and never the one that is being written.
    retention = int(topic.config.get("retention.ms", KAFKAS_SEGMENT_MS))
    assert retention < 0 or int(topic.config.get("segment.ms", KAFKAS_SEGMENT_MS)) <= retention


def test_offsets_that_every_worker_reads_at_its_start_stay_few() -> None:
    assert int(topic("connect-offsets").config["segment.bytes"]) < 2**24


def test_every_topic_may_be_written() -> None:
    for name in topic_names():
        assert any(allowed(user.name, "topic", name, "Write") for user in SPEC.users), name


def test_every_acl_is_for_a_topic_that_exists() -> None:
    for user in SPEC.users:
        for acl in user.acls:
            if acl.type == "topic":
                assert any(covers(acl, name) for name in topic_names()), f"{user.name}: {acl}"


def test_nobody_may_do_everything() -> None:
    for user in SPEC.users:
        for acl in user.acls:
            assert acl.operation != "All"
            assert acl.name not in ("", "*")


@each(SINKS)
def test_sink_finds_its_topics_and_may_read_them(connector: Connector) -> None:
    for name in connector.config["topics"].split(","):
        assert name in topic_names()
        assert allowed("connect", "topic", name, "Read")
    for operation in ("Read", "Delete"):
        assert allowed("connect", "group", f"connect-{connector.name}", operation)


@each(SPEC.connectors)
def test_what_has_failed_is_restarted_however_long_an_outage_lasts(connector: Connector) -> None:
    assert connector.auto_restart == AutoRestart(max_restarts=None)


def test_status_knows_what_each_connector_waits_for() -> None:
    assert {connector.name: parts_needed(connector.config) for connector in SPEC.connectors} == {
        "mysql-sink": (MYSQL, REGISTRY),
        "mysql-source": (MYSQL, REGISTRY),
        "redis-sink": (REDIS,),
    }


@each(SINKS)
def test_dead_letters_have_a_topic_that_connect_may_write_and_people_may_read(connector: Connector) -> None:
    name = connector.config["errors.deadletterqueue.topic.name"]
    assert name in topic_names()
    assert allowed("connect", "topic", name, "Write")
    assert allowed("consumer", "topic", name, "Read")


@each(SOURCES)
def test_changes_have_a_topic_that_connect_may_write_and_people_may_read(connector: Connector) -> None:
    # One partition keeps the order of changes of different rows.
    assert topic(change_topic(connector)).partitions == 1
    assert allowed("connect", "topic", change_topic(connector), "Write")
    assert allowed("consumer", "topic", change_topic(connector), "Read")


@each(SOURCES)
def test_history_of_a_source_is_whole_and_read_back_by_its_own_group(connector: Connector) -> None:
    history = topic(connector.config["schema.history.internal.kafka.topic"])
    assert history.partitions == 1
    assert history.config["cleanup.policy"] == "delete"
    assert history.config["retention.ms"] == history.config["retention.bytes"] == "-1"
    assert allowed("connect", "topic", history.name, "Write")
    assert allowed("connect", "topic", history.name, "Read")
    assert allowed("connect", "group", f"{connector.config['topic.prefix']}-schemahistory", "Read")


@each(SOURCES)
def test_heartbeats_have_a_topic_that_connect_may_write(connector: Connector) -> None:
    # Without the ACL the task fails with the first heartbeat, seconds after its state was RUNNING.
    heartbeats = f"{connector.config['topic.heartbeat.prefix']}.{connector.config['topic.prefix']}"
    assert heartbeats in topic_names()
    assert allowed("connect", "topic", heartbeats, "Write")


@each(SOURCES)
def test_source_reads_a_table_that_is_made_by_a_user_that_may(connector: Connector) -> None:
    scripts = "\n".join(path.read_text() for path in SPEC.database_scripts)
    table = connector.config["table.include.list"]
    user = connector.config["database.user"]
    assert f"CREATE TABLE IF NOT EXISTS {table} (" in scripts
    # Without this privilege the source runs, finds no table, and sends nothing.
    assert f"GRANT SELECT ON {table} TO '{user}'@" in scripts
    assert f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '{user}'@" in scripts


@each(SOURCES)
def test_change_may_be_as_large_as_its_topic_takes(connector: Connector) -> None:
    assert int(connector.config["producer.override.max.request.size"]) == largest_message(change_topic(connector))


@each(SOURCES)
def test_source_holds_nothing_of_one_kind_of_server(connector: Connector) -> None:
    own = {name: value for name, value in connector.config.items() if name != "connector.class"}
    assert not re.search("mariadb|jdbc:", json.dumps(own), re.IGNORECASE)
    assert connectors.local_connector_class(connector.config["connector.class"]) != connector.config["connector.class"]


@each(SPEC.connectors)
def test_every_variable_is_defined_on_a_cluster_and_in_the_local_pipeline(connector: Connector, tmp_path: Path) -> None:
    used = {name for value in connector.config.values() for name in VARIABLE.findall(value)}
    assert used
    container = objects("KafkaConnect")[0]["spec"]["template"]["connectContainer"]
    assert used <= {entry["name"] for entry in container["env"]}
    instance = Instance(state=tmp_path, port_base=1024, workers=1)
    instance.write("tls/ca.pem", "a certificate")
    assert used <= connect_workers.connector_variables(instance).keys()


@each(SPEC.connectors)
def test_every_variable_may_be_read_by_the_worker(connector: Connector) -> None:
    pattern = SPEC.worker["config.providers.env.param.allowlist.pattern"]
    for value in connector.config.values():
        for name in VARIABLE.findall(value):
            assert re.fullmatch(pattern, name)
            assert not name.startswith(("KAFKA_", "STRIMZI_"))  # Strimzi refuses these in a container's template


@each(SPEC.connectors)
def test_no_secret_is_written_in_a_connector(connector: Connector) -> None:
    for name, value in connector.config.items():
        if any(word in name for word in ("password", "secret", "jaas")):
            assert VARIABLE.fullmatch(value)


@each(SINKS)
def test_dead_letter_may_be_as_large_as_what_was_refused(connector: Connector) -> None:
    largest = max(largest_message(name) for name in connector.config["topics"].split(","))
    letter = largest_message(connector.config["errors.deadletterqueue.topic.name"])
    # A dead letter is larger by its error headers, a stack trace among them. Topics with Kafka's default limit are not
    # checked: fixes are far smaller.
    if largest != KAFKAS_LARGEST:
        assert letter >= largest + 65536
        assert int(connector.config["producer.override.max.request.size"]) == letter


def test_only_topics_say_how_large_a_message_may_be() -> None:
    assert "message.max.bytes" not in SPEC.broker
    assert not {name for name in SPEC.worker if "max.request.size" in name or "fetch" in name}


def test_workers_may_use_their_own_topics_and_group() -> None:
    worker = SPEC.worker
    for role in ("config", "offset", "status"):
        name = worker[f"{role}.storage.topic"]
        assert name in topic_names()
        assert allowed("connect", "topic", name, "Read")
        assert allowed("connect", "topic", name, "Write")
        assert topic(name).config["cleanup.policy"] == "compact"  # a worker refuses to start on any other
    assert allowed("connect", "group", worker["group.id"], "Read")


def test_registry_may_use_its_topics() -> None:
    for variable in ("APICURIO_KAFKASQL_TOPIC", "APICURIO_KAFKASQL_SNAPSHOTS_TOPIC", "APICURIO_EVENTS_KAFKA_TOPIC"):
        name = SPEC.registry[variable]
        assert name in topic_names()
        assert allowed("registry", "topic", name, "Write")
        assert allowed("registry", "topic", name, "DescribeConfigs")
    assert allowed("registry", "group", SPEC.registry["APICURIO_KAFKASQL_CONSUMER_GROUP_PREFIX"], "Read")


def test_one_version_of_kafka_everywhere() -> None:
    for path in ("sluice/local/pom.xml", "connect/plugin-parent/pom.xml"):
        assert re.findall(r"<kafka.version>(.*)</kafka.version>", (ROOT / path).read_text()) == [SPEC.kafka_version]
    assert objects("KafkaConnect")[0]["spec"]["version"] == SPEC.kafka_version


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").glob("*.avsc")), ids=lambda path: path.name)
def test_schema_is_named_by_its_full_name(path: Path) -> None:
    schema = fastavro.parse_schema(json.loads(path.read_text()))
    assert isinstance(schema, dict)
    assert path.name == f"{schema['name']}.avsc"


def test_table_has_a_column_for_the_key_and_each_field() -> None:
    fields = json.loads((ROOT / "schemas/sluice.GpsFix.avsc").read_text())["fields"]
    script = (K8S / "mysql/10-gps-fixes.sql").read_text()
    columns = re.findall(r"^  ([a-z_]+) +(?:BIGINT|DATETIME|TINYINT|INT|DOUBLE)", script, re.MULTILINE)
    key = next(entry for entry in SPEC.connectors if entry.name == "mysql-sink").config["pk.fields"]
    assert columns == [key, *(field["name"] for field in fields)]


def columns_of(script: str) -> dict[str, str]:
    """Return the columns that a script of k8s/mysql creates: their types by their names."""
    text = (K8S / "mysql" / script).read_text()
    found = re.findall(r"^  ([a-z_]+) +((?:BIGINT|DATETIME|TIMESTAMP|TINYINT|INT|DOUBLE)\S*)", text, re.MULTILINE)
    return dict(found)


def test_table_test_has_the_columns_of_a_fix_and_an_index_on_the_last_change() -> None:
    fix = columns_of("10-gps-fixes.sql")
    del fix["recorded_at"]
    assert columns_of("15-test.sql") == {"id": "BIGINT", **fix, "modified": "TIMESTAMP(6)"}
    assert "INDEX modified_index (modified)" in (K8S / "mysql/15-test.sql").read_text()


def test_passwords_of_database_users_are_placeholders() -> None:
    for path in SPEC.database_scripts:
        for password in re.findall(r"IDENTIFIED BY '([^']*)'", path.read_text()):
            assert re.fullmatch(r"\$\{MYSQL_[A-Z]+_PASSWORD\}", password)
