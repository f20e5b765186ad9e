"""The pipeline as the YAML in k8s/ describes it: topics, users, connectors and the settings of the servers.

A cluster gives these files to Strimzi; the embedded place reads the very same ones here and plays its operators.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

import yaml

from exits import SluiceError

ROOT = Path(__file__).resolve().parents[1]

Settings = Mapping[str, str]
"""A server's or a connector's settings, every value as the text that a properties file holds."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A KafkaTopic."""

    name: str
    partitions: int
    replicas: int
    config: Settings


@dataclass(frozen=True, kw_only=True)
class Acl:
    """One operation that a KafkaUser may do on one resource (`type` topic or group; `pattern` literal or prefix)."""

    type: str
    name: str
    pattern: str
    operation: str
    host: str


@dataclass(frozen=True, kw_only=True)
class User:
    """A KafkaUser with SCRAM-SHA-512."""

    name: str
    acls: tuple[Acl, ...]


@dataclass(frozen=True, kw_only=True)
class AutoRestart:
    """A KafkaConnector's autoRestart, where it is enabled."""

    max_restarts: int | None
    """None is without end."""


@dataclass(frozen=True, kw_only=True)
class Connector:
    """A KafkaConnector; `config` is what Connect's REST interface is given."""

    name: str
    config: Settings
    auto_restart: AutoRestart | None = None
    """None where a connector that has failed is to stay so."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """Everything that every place shares."""

    topics: tuple[Topic, ...]
    users: tuple[User, ...]
    connectors: tuple[Connector, ...]
    broker: Settings
    kafka_version: str
    worker: Settings
    worker_replicas: int
    worker_heap: str
    """Most that a worker's heap may take, as -Xmx has it."""
    registry: Settings
    database_scripts: tuple[Path, ...]

    @classmethod
    def read(cls, folder: Path = ROOT / "k8s") -> Self:
        """Read a k8s/ folder; raises SluiceError that names the file and what is wrong with it."""
        objects = [entry for path in sorted(folder.rglob("*.yaml")) for entry in _objects(path)]
        kafka = _only(objects, "Kafka")["spec"]["kafka"]
        connect = _only(objects, "KafkaConnect")["spec"]
        return cls(
            topics=tuple(_topic(entry) for entry in _of_kind(objects, "KafkaTopic")),
            users=tuple(_user(entry) for entry in _of_kind(objects, "KafkaUser")),
            connectors=tuple(_connector(entry) for entry in _of_kind(objects, "KafkaConnector")),
            broker=_settings(kafka["config"]),
            kafka_version=str(kafka["version"]),
            worker=_worker(connect),
            worker_replicas=int(connect["replicas"]),
            worker_heap=str(connect["jvmOptions"]["-Xmx"]),
            registry=_settings(_only(objects, "ConfigMap", name="registry")["data"]),
            database_scripts=tuple(sorted((folder / "mysql").glob("*.sql"))),
        )


Object = dict[str, Any]


def _objects(path: Path) -> Iterator[Object]:
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise SluiceError(f"{path} cannot be read: {error}") from error
    for document in documents:
        if not isinstance(document, dict) or "kind" not in document:
            raise SluiceError(f"{path} holds something that is no Kubernetes object: {document!r:.80}")
        yield cast(Object, document)


def _of_kind(objects: list[Object], kind: str) -> list[Object]:
    return [entry for entry in objects if entry["kind"] == kind]


def _only(objects: list[Object], kind: str, *, name: str | None = None) -> Object:
    found = [entry for entry in _of_kind(objects, kind) if name in (None, entry["metadata"]["name"])]
    if len(found) != 1:
        raise SluiceError(f"k8s/ must hold one {kind}{f' named {name}' if name else ''}; it holds {len(found)}")
    return found[0]


def _settings(config: Mapping[str, Any]) -> Settings:
    return {name: _text(value) for name, value in config.items()}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _topic(entry: Object) -> Topic:
    spec = entry["spec"]
    return Topic(
        name=spec.get("topicName", entry["metadata"]["name"]),
        partitions=int(spec["partitions"]),
        replicas=int(spec["replicas"]),
        config=_settings(spec.get("config", {})),
    )


def _user(entry: Object) -> User:
    acls = tuple(
        Acl(
            type=rule["resource"]["type"],
            name=rule["resource"]["name"],
            pattern=rule["resource"].get("patternType", "literal"),
            operation=operation,
            host=rule.get("host", "*"),
        )
        for rule in entry["spec"]["authorization"]["acls"]
        for operation in rule["operations"]
    )
    return User(name=entry["metadata"]["name"], acls=acls)


def _connector(entry: Object) -> Connector:
    spec = entry["spec"]
    config = {
        "connector.class": spec["class"],
        "tasks.max": str(spec["tasksMax"]),
        **_settings(spec["config"]),
    }
    return Connector(
        name=entry["metadata"]["name"], config=config, auto_restart=_auto_restart(spec.get("autoRestart", {}))
    )


def _auto_restart(given: Object) -> AutoRestart | None:
    most = given.get("maxRestarts")
    return AutoRestart(max_restarts=None if most is None else int(most)) if given.get("enabled") else None


def _worker(spec: Object) -> Settings:
    """Worker properties as Strimzi derives them from a KafkaConnect's fields."""
    return {
        **_settings(spec["config"]),
        "group.id": spec["groupId"],
        "config.storage.topic": spec["configStorageTopic"],
        "offset.storage.topic": spec["offsetStorageTopic"],
        "status.storage.topic": spec["statusStorageTopic"],
    }
