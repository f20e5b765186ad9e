"""The pipeline as k8s/ specifies it: topics, users, connectors and the servers' settings.

On a cluster Strimzi's operators read these files; the local pipeline reads the same ones here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from producer.runtime.exit_status import SluiceError
from sluice.manifests.manifest_folder import K8S, read_folder
from sluice.manifests.yaml_documents import Document, Object

ROOT = K8S.parent

Settings = Mapping[str, str]
"""Settings of a server or a connector; values are text, as in a properties file."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A KafkaTopic."""

    name: str
    partitions: int
    replicas: int
    config: Settings


@dataclass(frozen=True, kw_only=True)
class Acl:
    """One ACL of a KafkaUser: an operation on a resource; values as in its YAML."""

    type: str
    name: str
    pattern: str
    operation: str
    host: str
    permission: str = "allow"


@dataclass(frozen=True, kw_only=True)
class User:
    """A KafkaUser, which authenticates by SCRAM-SHA-512."""

    name: str
    acls: tuple[Acl, ...]


@dataclass(frozen=True, kw_only=True)
class AutoRestart:
    """A KafkaConnector's autoRestart, where it is enabled."""

    max_restarts: int | None
    """None: no limit."""


@dataclass(frozen=True, kw_only=True)
class Connector:
    """A KafkaConnector; `config` is its configuration for Connect's REST interface."""

    name: str
    config: Settings
    state: str = "running"
    """Desired state: running, paused or stopped."""
    auto_restart: AutoRestart | None = None
    """None: `auto-restart` does not restart it after a failure."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that a sink reads; empty for a source."""
        names = self.config.get("topics", "").split(",")
        return tuple(name.strip() for name in names if name.strip())


@dataclass(frozen=True, kw_only=True)
class PipelineSpec:
    """Specification of the pipeline that all targets share."""

    topics: tuple[Topic, ...]
    users: tuple[User, ...]
    connectors: tuple[Connector, ...]
    broker: Settings
    broker_disk_reserve: int
    """Bytes of the broker's disk that stay free: with less, producers are slowed down."""
    unthrottled: tuple[str, ...]
    """Principals that are not: `User:connect`."""
    kafka_version: str
    worker: Settings
    worker_replicas: int
    worker_heap: str
    """Maximum heap of a worker, in the syntax of -Xmx."""
    registry: Settings
    database_scripts: tuple[Path, ...]
    """SQL files of k8s/mysql, in the order in which they run."""

    @classmethod
    def read(cls, folder: Path = K8S) -> Self:
        """Read a k8s/ folder; raises SluiceError with file, line and field of every mistake."""
        objects = read_folder(folder)
        kafka = _only(objects, "Kafka")["spec"]["kafka"]
        connect = _only(objects, "KafkaConnect")["spec"]
        return cls(
            topics=tuple(_topic(entry.value) for entry in _of_kind(objects, "KafkaTopic")),
            users=tuple(_user(entry.value) for entry in _of_kind(objects, "KafkaUser")),
            connectors=tuple(_connector(entry.value) for entry in _of_kind(objects, "KafkaConnector")),
            broker=_settings(kafka["config"]),
            broker_disk_reserve=int(kafka["quotas"]["minAvailableBytesPerVolume"]),
            unthrottled=tuple(kafka["quotas"]["excludedPrincipals"]),
            kafka_version=str(kafka["version"]),
            worker=_worker(connect),
            worker_replicas=int(connect["replicas"]),
            worker_heap=str(connect["jvmOptions"]["-Xmx"]),
            registry=_settings(_only(objects, "ConfigMap", name="registry")["data"]),
            database_scripts=tuple(sorted((folder / "mysql").glob("*.sql"))),
        )


def _of_kind(objects: Iterable[Document], kind: str) -> list[Document]:
    return [entry for entry in objects if entry.kind == kind]


def _only(objects: Iterable[Document], kind: str, *, name: str | None = None) -> Object:
    found = [entry for entry in _of_kind(objects, kind) if name in (None, entry.name)]
    if len(found) != 1:
        named = f" named {name}" if name else ""
        where = f": {', '.join(entry.location() for entry in found)}" if found else ""
        raise SluiceError(f"k8s/ must hold one {kind}{named}; it holds {len(found)}{where}")
    return found[0].value


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


_CLUSTER = "kafka-cluster"
"""Name of the resource in an ACL for the whole cluster."""


def _user(entry: Object) -> User:
    acls = tuple(
        Acl(
            type=rule["resource"]["type"],
            name=rule["resource"].get("name", _CLUSTER),
            pattern=rule["resource"].get("patternType", "literal"),
            operation=operation,
            host=rule.get("host", "*"),
            permission=rule.get("type", "allow"),
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
    if "version" in spec:
        config["connector.plugin.version"] = spec["version"]
    return Connector(
        name=entry["metadata"]["name"],
        config=config,
        state=spec.get("state", "running"),
        auto_restart=_auto_restart(spec["autoRestart"]) if "autoRestart" in spec else None,
    )


def _auto_restart(field: Object) -> AutoRestart | None:
    limit = field.get("maxRestarts")
    # As Strimzi: an autoRestart without `enabled` is enabled.
    return AutoRestart(max_restarts=None if limit is None else int(limit)) if field.get("enabled", True) else None


def _worker(spec: Object) -> Settings:
    """Return the worker properties that Strimzi derives from a KafkaConnect's fields."""
    return {
        **_settings(spec["config"]),
        "group.id": spec["groupId"],
        "config.storage.topic": spec["configStorageTopic"],
        "offset.storage.topic": spec["offsetStorageTopic"],
        "status.storage.topic": spec["statusStorageTopic"],
    }
