"""The files in k8s/, connect/ and schemas/ agree with one another, before any of them is given to a server."""

import json
import re
from pathlib import Path

import fastavro
import pytest
import yaml

from local import connect
from local.description import Acl, Connector, Description
from local.instance import Instance

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
DESCRIPTION = Description.read()
CONNECTORS = pytest.mark.parametrize("connector", DESCRIPTION.connectors, ids=lambda connector: connector.name)
VARIABLE = re.compile(r"\$\{env:([^}]*)\}")


def objects(kind: str) -> list[dict]:
    documents = [entry for path in K8S.rglob("*.yaml") for entry in yaml.safe_load_all(path.read_text())]
    return [entry for entry in documents if entry["kind"] == kind]


def allowed(user: str, type_: str, name: str, operation: str) -> bool:
    acls = next(entry.acls for entry in DESCRIPTION.users if entry.name == user)
    return any(acl.type == type_ and acl.operation == operation and covers(acl, name) for acl in acls)


def covers(acl: Acl, name: str) -> bool:
    return name.startswith(acl.name) if acl.pattern == "prefix" else name == acl.name


def topic_names() -> set[str]:
    return {topic.name for topic in DESCRIPTION.topics}


@pytest.mark.parametrize("path", sorted(K8S.rglob("*.yaml")), ids=lambda path: path.name)
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


def test_no_topic_is_described_twice() -> None:
    # Deleting one of two KafkaTopics for one topic deletes the topic and its data.
    names = [entry["spec"].get("topicName", entry["metadata"]["name"]) for entry in objects("KafkaTopic")]
    assert len(names) == len(set(names))


def test_right_is_for_something_that_exists() -> None:
    for user in DESCRIPTION.users:
        for acl in user.acls:
            if acl.type == "topic":
                assert any(covers(acl, name) for name in topic_names()), f"{user.name}: {acl}"


def test_nobody_may_do_everything() -> None:
    for user in DESCRIPTION.users:
        for acl in user.acls:
            assert acl.operation != "All"
            assert acl.name not in ("", "*")


@CONNECTORS
def test_sink_finds_its_topics_and_may_read_them(connector: Connector) -> None:
    for topic in connector.config["topics"].split(","):
        assert topic in topic_names()
        assert allowed("connect", "topic", topic, "Read")
    assert allowed("connect", "group", f"connect-{connector.name}", "Read")


@CONNECTORS
def test_dead_letters_have_a_topic_that_connect_may_write_and_people_may_read(connector: Connector) -> None:
    topic = connector.config["errors.deadletterqueue.topic.name"]
    assert topic in topic_names()
    assert allowed("connect", "topic", topic, "Write")
    assert allowed("consumer", "topic", topic, "Read")


@CONNECTORS
def test_every_variable_is_defined_in_each_place(connector: Connector, tmp_path: Path) -> None:
    used = {name for value in connector.config.values() for name in VARIABLE.findall(value)}
    assert used
    container = objects("KafkaConnect")[0]["spec"]["template"]["connectContainer"]
    assert used <= {entry["name"] for entry in container["env"]}
    assert used <= connect.connector_variables(Instance(state=tmp_path, port_base=1024, workers=1)).keys()


@CONNECTORS
def test_every_variable_may_be_read_by_the_worker(connector: Connector) -> None:
    pattern = DESCRIPTION.worker["config.providers.env.param.allowlist.pattern"]
    for value in connector.config.values():
        for name in VARIABLE.findall(value):
            assert re.fullmatch(pattern, name)
            assert not name.startswith(("KAFKA_", "STRIMZI_"))  # Strimzi refuses these in a container's template


@CONNECTORS
def test_no_secret_is_written_in_a_connector(connector: Connector) -> None:
    for name, value in connector.config.items():
        if "password" in name or "secret" in name:
            assert VARIABLE.fullmatch(value)


def test_workers_may_use_their_own_topics_and_group() -> None:
    worker = DESCRIPTION.worker
    for role in ("config", "offset", "status"):
        topic = worker[f"{role}.storage.topic"]
        assert topic in topic_names()
        assert allowed("connect", "topic", topic, "Read")
        assert allowed("connect", "topic", topic, "Write")
        compact = next(entry for entry in DESCRIPTION.topics if entry.name == topic)
        assert compact.config["cleanup.policy"] == "compact"  # a worker refuses to start on any other
    assert allowed("connect", "group", worker["group.id"], "Read")


def test_registry_may_use_its_topics() -> None:
    for variable in ("APICURIO_KAFKASQL_TOPIC", "APICURIO_KAFKASQL_SNAPSHOTS_TOPIC", "APICURIO_EVENTS_KAFKA_TOPIC"):
        topic = DESCRIPTION.registry[variable]
        assert topic in topic_names()
        assert allowed("registry", "topic", topic, "Write")
        assert allowed("registry", "topic", topic, "DescribeConfigs")
    assert allowed("registry", "group", DESCRIPTION.registry["APICURIO_KAFKASQL_CONSUMER_GROUP_PREFIX"], "Read")


def test_one_version_of_kafka_everywhere() -> None:
    pom = (ROOT / "local/pom.xml").read_text()
    embedded = re.findall(r"<kafka.version>(.*)</kafka.version>", pom)
    assert embedded == [DESCRIPTION.kafka_version]
    assert objects("KafkaConnect")[0]["spec"]["version"] == DESCRIPTION.kafka_version


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").glob("*.avsc")), ids=lambda path: path.name)
def test_schema_is_named_by_its_full_name(path: Path) -> None:
    schema = fastavro.parse_schema(json.loads(path.read_text()))
    assert isinstance(schema, dict)
    assert path.name == f"{schema['name']}.avsc"


def test_table_has_a_column_for_the_key_and_each_field() -> None:
    fields = json.loads((ROOT / "schemas/sluice.GpsFix.avsc").read_text())["fields"]
    script = (K8S / "mysql/10-gps-fixes.sql").read_text()
    columns = re.findall(r"^  ([a-z_]+) +(?:BIGINT|DATETIME|TINYINT|INT|DOUBLE)", script, re.MULTILINE)
    key = next(entry for entry in DESCRIPTION.connectors if entry.name == "mysql-sink").config["primary.key.fields"]
    assert columns == [key, *(field["name"] for field in fields)]


def test_database_users_come_from_the_places_own_secrets() -> None:
    for path in DESCRIPTION.database_scripts:
        for password in re.findall(r"IDENTIFIED BY '([^']*)'", path.read_text()):
            assert re.fullmatch(r"\$\{MYSQL_[A-Z]+_PASSWORD\}", password)
