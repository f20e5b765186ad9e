"""Mistakes in k8s/: each is reported as a sentence with file, line and field."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from sluice.manifests.manifest_folder import K8S, read_folder
from sluice.manifests.yaml_documents import ManifestError

SINK = "connectors/mysql-sink.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(K8S, tmp_path / "k8s"))


@pytest.fixture
def mistakes(folder: Path) -> Callable[[], str]:
    """Read the folder, and return the text of the ManifestError without the folder's path."""

    def read() -> str:
        with pytest.raises(ManifestError) as caught:
            read_folder(folder)
        assert caught.value.status is Exit.FAILED
        return str(caught.value).replace(f"{folder}/", "")

    return read


def line_of(path: Path, start: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(start))


def test_k8s_has_no_mistake() -> None:
    assert read_folder()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (SINK, "  class:", "  clas:", "spec.clas: there is no such field; is class meant?"),
        (SINK, "  name: mysql-sink", "  nam: mysql-sink", "metadata.nam: there is no such field; is name meant?"),
        (SINK, "tasksMax: 4", "tasksMax: four", "spec.tasksMax is four, text; it takes a whole number"),
        (SINK, "tasksMax: 4", "tasksMax: 0", "spec.tasksMax is 0; it is 1 at least"),
        (SINK, "enabled: true", "enabled: maybe", "spec.autoRestart.enabled is maybe, text; it takes true or false"),
        (SINK, "    topics: gps-fixes", "    topics:", "spec.config.topics is empty; a setting is text"),
        (SINK, "    topics: gps-fixes", "    topics: [a, b]", "spec.config.topics is a list; a setting is text"),
        (
            SINK,
            "    topics:",
            "    tasks.max: 4\n    topics:",
            "spec.config.tasks.max has a field of its own: set spec.tasksMax",
        ),
        (SINK, "  tasksMax: 4", "  tasksMax: 4\n  state: asleep", "spec.state is asleep; it takes paused, running, st"),
        (
            SINK,
            "kind: KafkaConnector",
            "kind: KafkaConector",
            "the kind KafkaConector is not supported; is KafkaConnec",
        ),
        (SINK, "kind: KafkaConnector", "", "this object has no kind"),
        (
            SINK,
            "kafka.strimzi.io/v1",
            "kafka.strimzi.io/v1beta2",
            "apiVersion is kafka.strimzi.io/v1beta2; of a KafkaC",
        ),
        (SINK, "  tasksMax: 4", "  tasksMax: 4\n  tasksMax: 2", "tasksMax is a duplicate"),
        (SINK, "    topics:", "\ttopics:", "YAML is indented by spaces; this line holds a tab"),
        (SINK, "cluster: sluice", "cluster: sluise", "strimzi.io/cluster of the KafkaConnector mysql-sink is sluise"),
        (
            "topics.yaml",
            "partitions: 4",
            "partition: 4",
            "spec.partition: there is no such field; is partitions meant?",
        ),
        ("topics.yaml", "  partitions: 4\n", "", "spec.partitions is missing"),
        ("topics.yaml", "name: mysql-sink-dead-letters", "name: gps-fixes", "the KafkaTopic gps-fixes is defined in"),
        ("topics.yaml", "topicName: cdc.myDB.test", "topicName: images", "the topic images is defined in"),
        (
            "users.yaml",
            "operations: [Write]",
            "operations: [Writes]",
            "acls[0].operations[0] is Writes; is Write meant?",
        ),
        ("users.yaml", "type: topic", "type: topics", "acls[0].resource.type is topics; is topic meant?"),
        ("users.yaml", "type: scram-sha-512", "type: scram-sha-256", "spec.authentication.type is scram-sha-256"),
        ("kafka.yaml", "    version: 4.3.1", "    version: 4.3", 'it takes text: write "4.3"'),
        ("kafka.yaml", "    config:", "    konfig:", "spec.kafka.konfig: there is no such field; is config meant?"),
        ("connect.yaml", "  groupId: connect\n", "", "spec.groupId is missing"),
        ("registry.yaml", "\ndata:", "\ndaten:", "daten: there is no such field; is data meant?"),
        ("registry.yaml", '"200"', "200", 'it takes text: write "200"'),
    ],
)
def test_a_mistake_is_named(  # noqa: PLR0917 what is parametrized
    folder: Path, mistakes: Callable[[], str], file: str, old: str, new: str, said: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    text = mistakes()
    assert said in text
    assert f"{file} line " in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "x.yaml holds no object"),
        (b"# nothing\n---\n", "x.yaml holds no object"),
        (b"- a\n", "x.yaml line 1: this is no object"),
        (b"just text\n", "x.yaml line 1: this is no object"),
        (b"kind: Kafka\n# \xfcber\n", "x.yaml line 2: the byte 0xfc is not UTF-8"),
        (b"kind: Kafka\nspec: \x00\n", "x.yaml line 2: a control character"),
        (b"kind: [Kafka\n", "x.yaml line 2 is no YAML"),
        (b"kind: !python/object:os.system x\n", "x.yaml line 1 is no YAML"),
        (b"kind: Kafka\nspec: 2026-13-32\n", "x.yaml holds a value that cannot be read"),
        (b"kind: Kafka\nspec: &a [*a]\n", "x.yaml line 2: an alias of an object that contains it"),
        (b"kind: Kafka\nspec: *b\n", "x.yaml line 2 is no YAML"),
        (b"kind: Kafka\nmetadata: text\n", "x.yaml line 2: metadata is text, text; it takes a mapping"),
    ],
)
def test_a_file_without_an_object_is_named(
    folder: Path, mistakes: Callable[[], str], content: bytes, said: str
) -> None:
    (folder / "x.yaml").write_bytes(content)
    assert said in mistakes()


def test_the_line_is_that_of_the_mistake(folder: Path, mistakes: Callable[[], str]) -> None:
    path = folder / SINK
    number = line_of(path, "tasksMax")
    path.write_text(path.read_text(encoding="utf-8").replace("tasksMax", "taskMax"), encoding="utf-8")
    assert f"{SINK} line {number}: spec.taskMax" in mistakes()


def test_an_empty_config_is_named(folder: Path, mistakes: Callable[[], str]) -> None:
    path = folder / SINK
    text, _, _ = path.read_text(encoding="utf-8").partition("  config:\n")
    path.write_text(f"{text}  config:\n", encoding="utf-8")
    assert f"{SINK} line {line_of(path, 'config:')}: spec.config is empty; it takes a mapping" in mistakes()


def test_all_mistakes_are_reported_at_once(folder: Path, mistakes: Callable[[], str]) -> None:
    for file in (SINK, "connectors/redis-sink.yaml"):
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace("tasksMax", "taskMax"), encoding="utf-8")
    (folder / "mysql/10-gps-fixes.sql").write_bytes(b"-- \xfc\n")
    text = mistakes()
    assert text.startswith("3 mistakes:")
    assert "mysql/10-gps-fixes.sql line 1: the byte 0xfc is not UTF-8" in text


def test_a_file_that_nothing_reads_is_named(folder: Path, mistakes: Callable[[], str]) -> None:
    (folder / SINK).rename((folder / SINK).with_suffix(".yml"))
    assert "connectors/mysql-sink.yml is not read" in mistakes()
