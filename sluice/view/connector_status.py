"""What Kafka Connect says of its connectors, over its REST interface."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.stack_trace import NO_REASON, first_line, innermost_cause
from sluice.view.http_client import UnavailableError, get_json

PART = "Kafka Connect"
FAILED = "FAILED"
REGISTRY, MYSQL, REDIS = "registry", "mysql", "redis"
_NEEDED_BY = {
    "schema.registry.url": REGISTRY,
    "connection.url": MYSQL,
    "database.hostname": MYSQL,
    "redis.host": REDIS,
}
"""How the name of a setting ends that says where one of them is."""


@dataclass(frozen=True, kw_only=True)
class TaskStatus:
    """One task of a connector, as Connect reports it."""

    number: int
    state: str
    worker: str
    error: str | None
    """First line of the trace, where the task has one."""
    cause: str | None = None
    """Innermost cause in the trace: what the first line of a wrapped exception hides."""


@dataclass(frozen=True, kw_only=True)
class ConnectorStatus:
    """One connector, as Connect reports it."""

    name: str
    kind: str
    """`sink` or `source`."""
    class_name: str
    version: str | None
    state: str
    worker: str
    error: str | None
    cause: str | None = None
    topics: tuple[str, ...] = ()
    """The topics a sink was told to read; empty for a source."""
    tasks: tuple[TaskStatus, ...] = ()
    needs: tuple[str, ...] = ()
    """What it cannot work without besides Kafka: REGISTRY, MYSQL, REDIS."""

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for the connector, and one for all tasks with the same error, where FAILED."""
        own = _failure(f"connector {self.name} has", self.error, self.cause)
        alike: dict[str | None, list[TaskStatus]] = {}
        for task in self.tasks:
            if task.state == FAILED:
                alike.setdefault(task.error, []).append(task)
        tasks = [_failure(_tasks(group, self.name), error, group[0].cause) for error, group in alike.items()]
        return (*([own] if self.state == FAILED else []), *tasks)

    @property
    def group(self) -> str:
        """The consumer group of a sink."""
        return f"connect-{self.name}"


@dataclass(frozen=True, kw_only=True)
class ConnectStatus:
    """The Connect cluster as a whole."""

    version: str
    connectors: tuple[ConnectorStatus, ...]


def fetch_connect_status(*urls: str) -> ConnectStatus:
    """The Connect cluster, as the first of its workers at `urls` that answers tells it; raises SilentError."""
    silent: list[UnavailableError] = []
    for url in urls:
        try:
            return _ask(url)
        except UnavailableError as error:
            silent.append(error)
    raise silent[0]


def _ask(url: str) -> ConnectStatus:
    root = get_json(f"{url}/", part=PART)
    found = get_json(f"{url}/connectors?expand=status&expand=info", part=PART)
    plugins = get_json(f"{url}/connector-plugins", part=PART)
    versions = {plugin["class"]: plugin.get("version") for plugin in plugins}
    connectors = tuple(_connector(found[name], versions=versions) for name in sorted(found))
    return ConnectStatus(version=str(root["version"]), connectors=connectors)


def _connector(answer: dict[str, Any], *, versions: dict[str, str | None]) -> ConnectorStatus:
    info, status = answer["info"], answer["status"]
    state = status["connector"]
    class_name = info["config"]["connector.class"]
    return ConnectorStatus(
        name=info["name"],
        kind=status["type"],
        class_name=class_name,
        version=versions.get(class_name),
        state=state["state"],
        worker=state["worker_id"],
        error=first_line(state.get("trace")),
        cause=innermost_cause(state.get("trace")),
        topics=_topics(info["config"]) if status["type"] == "sink" else (),
        tasks=tuple(_task(task) for task in status["tasks"]),
        needs=parts_needed(info["config"]),
    )


def parts_needed(config: Mapping[str, str]) -> tuple[str, ...]:
    """What a connector with these settings cannot work without besides Kafka."""
    needed = {part for name in config for end, part in _NEEDED_BY.items() if name.endswith(end)}
    return tuple(sorted(needed))


def _topics(config: dict[str, str]) -> tuple[str, ...]:
    return tuple(topic.strip() for topic in config.get("topics", "").split(",") if topic.strip())


def _task(task: dict[str, Any]) -> TaskStatus:
    return TaskStatus(
        number=task["id"],
        state=task["state"],
        worker=task["worker_id"],
        error=first_line(task.get("trace")),
        cause=innermost_cause(task.get("trace")),
    )


def _tasks(tasks: list[TaskStatus], connector: str) -> str:
    numbers = ", ".join(str(task.number) for task in tasks)
    return f"tasks {numbers} of {connector} have" if len(tasks) > 1 else f"task {numbers} of {connector} has"


def _failure(who: str, error: str | None, cause: str | None) -> str:
    why = error or NO_REASON
    return f"{who} FAILED: {why}" + (f" (caused by {cause})" if cause and cause not in why else "")
