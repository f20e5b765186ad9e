"""PipelineSpec.read(): topics, settings and connectors of k8s/, and mistakes in the files."""

import re
import shutil
from pathlib import Path

import pytest

from producer.runtime.exit_status import SluiceError
from sluice.local.pipeline_spec import ROOT, AutoRestart, PipelineSpec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "k8s", tmp_path / "k8s"))


def test_reads_a_topic_with_its_settings(folder: Path) -> None:
    topic = next(entry for entry in PipelineSpec.read(folder).topics if entry.name == "connect-configs")
    assert (topic.partitions, topic.replicas, topic.config["cleanup.policy"]) == (1, 1, "compact")


def test_booleans_are_written_as_in_a_properties_file(folder: Path) -> None:
    assert PipelineSpec.read(folder).broker["auto.create.topics.enable"] == "false"


def test_connector_is_given_its_class_and_tasks(folder: Path) -> None:
    sink = next(entry for entry in PipelineSpec.read(folder).connectors if entry.name == "mysql-sink")
    assert sink.config["connector.class"] == "sluice.mysql.MySqlSinkConnector"
    assert sink.config["tasks.max"] == "4"
    assert sink.config["retry.timeout.ms"] == "-1"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("autoRestart: {enabled: true}", AutoRestart(max_restarts=None)),
        ("autoRestart: {}", AutoRestart(max_restarts=None)),
        ("autoRestart: {maxRestarts: 7}", AutoRestart(max_restarts=7)),
        ("autoRestart: {enabled: false, maxRestarts: 7}", None),
        ("state: running", None),
    ],
)
def test_auto_restart_is_read_as_strimzi_reads_it(folder: Path, written: str, read: AutoRestart | None) -> None:
    path = folder / "connectors/redis-sink.yaml"
    text = re.sub(r"  autoRestart:\n(    .*\n)+", f"  {written}\n", path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    (sink,) = [entry for entry in PipelineSpec.read(folder).connectors if entry.name == "redis-sink"]
    assert sink.auto_restart == read


def test_broken_yaml_names_the_file(folder: Path) -> None:
    (folder / "topics.yaml").write_text("kind: [KafkaTopic")
    with pytest.raises(SluiceError, match=r"topics\.yaml line 2 is no YAML"):
        PipelineSpec.read(folder)


def test_missing_object_is_named(folder: Path) -> None:
    (folder / "connect.yaml").unlink()
    with pytest.raises(SluiceError, match="one KafkaConnect; it holds 0"):
        PipelineSpec.read(folder)
