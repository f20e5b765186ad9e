"""Status of Kafka Connect's connectors and tasks, from its REST interface."""

import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from producer.runtime.rest_endpoint import RestEndpoint
from sluice.secret_settings import mask_text, secret_values
from sluice.stack_trace import NO_REASON, first_line, innermost_cause
from sluice.view.connector_stores import dead_letters_topic, stores_of
from sluice.view.http_client import UnavailableError, get_json

Answer = TypeVar("Answer")
PART = "Kafka Connect"
FAILED = "FAILED"
REGISTRY, MYSQL, REDIS = "registry", "mysql", "redis"
_NEEDED_BY = {
    "schema.registry.url": REGISTRY,
    "connection.url": MYSQL,
    "database.hostname": MYSQL,
    "redis.host": REDIS,
}
"""Suffix of the name of a connector's setting for the endpoint of a part, and that part."""


@dataclass(frozen=True, kw_only=True)
class TaskStatus:
    """A task of a connector."""

    number: int
    state: str
    worker: str
    error: str | None
    """First line of its stack trace, without secrets."""
    cause: str | None = None
    """Innermost cause in the stack trace: the first line names only the outermost exception."""


@dataclass(frozen=True, kw_only=True)
class ConnectorStatus:
    """A connector and its tasks."""

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
    """Topics that a sink reads; empty for a source connector, and where they are not known."""
    topics_pattern: str | None = None
    """Pattern by which a sink reads topics: `topics` then are those that it has read, if Connect was asked."""
    written_topics: tuple[str, ...] = ()
    """Topics that a source connector has written; empty where Connect was not asked for them."""
    tasks: tuple[TaskStatus, ...] = ()
    needs: tuple[str, ...] = ()
    """Parts that it needs besides Kafka: REGISTRY, MYSQL, REDIS."""
    stores: tuple[str, ...] = ()
    """Tables and Redis databases that it writes (a sink) or reads (a source), as its settings name them."""
    dead_letters_topic: str | None = None
    """Topic into which a sink puts what it cannot use."""

    def may_read(self, topic: str) -> bool:
        """Return whether a sink reads a topic, or may: a pattern of Java's that Python does not know may match it."""
        if self.topics_pattern is None:
            return topic in self.topics
        try:
            return re.fullmatch(self.topics_pattern, topic) is not None
        except re.error:
            return True

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for the connector if it is FAILED, and one for all FAILED tasks with the same error."""
        own = _failure(f"connector {self.name} has", self.error, self.cause)
        alike: dict[str | None, list[TaskStatus]] = {}
        for task in self.tasks:
            if task.state == FAILED:
                alike.setdefault(task.error, []).append(task)
        tasks = [_failure(_tasks(group, self.name), error, group[0].cause) for error, group in alike.items()]
        return (*([own] if self.state == FAILED else []), *tasks)

    @property
    def idle(self) -> tuple[str, ...]:
        """A sentence where the connector is RUNNING and has no task that could be."""
        return (f"{self.name} has no task, and does nothing",) if self.state == "RUNNING" and not self.tasks else ()

    @property
    def group(self) -> str:
        """Consumer group of a sink."""
        return sink_group(self.name)


@dataclass(frozen=True, kw_only=True)
class ConnectStatus:
    """Kafka Connect's version and connectors; every worker reports the same."""

    version: str
    connectors: tuple[ConnectorStatus, ...]


def fetch_connect_status(*workers: RestEndpoint, active_topics: bool = False) -> ConnectStatus:
    """Query the workers in order until one answers, as ConnectInspector; raises UnavailableError if none does."""
    return ConnectInspector(*workers).status(active_topics=active_topics)


class ConnectInspector:
    """Asks Kafka Connect's workers, in order until one answers; every method raises UnavailableError if none does.

    What seldom changes is asked again `patience` seconds later at the earliest.
    """

    def __init__(self, *workers: RestEndpoint, patience: float = 0) -> None:
        self._workers = workers
        self._patience = patience
        self._kept: dict[str, tuple[Any, float]] = {}
        """Answer, and until when it holds, by path."""

    def status(self, *, active_topics: bool = False) -> ConnectStatus:
        """Return version and connectors.

        `active_topics`: where a connector's settings name no topics, ask for those that it has read or written since it
        was made.
        """
        return self._ask(lambda worker: self._status(worker, active_topics=active_topics))

    def _ask(self, query: Callable[[RestEndpoint], Answer]) -> Answer:
        errors: list[UnavailableError] = []
        for worker in self._workers:
            try:
                return query(worker)
            except UnavailableError as error:
                errors.append(error)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                errors.append(
                    UnavailableError(f"{PART} at {worker.url} answers what is no status of connectors: {error!r}")
                )
        raise errors[0]

    def _status(self, worker: RestEndpoint, *, active_topics: bool) -> ConnectStatus:
        root = self._seldom(worker, "/")
        connectors = get_json(worker, "/connectors?expand=status&expand=info", part=PART)
        plugins = self._seldom(worker, "/connector-plugins")
        versions = {plugin["class"]: plugin.get("version") for plugin in plugins}
        statuses = tuple(
            _connector(
                connectors[name],
                versions=versions,
                active=self._active_topics(worker, name)
                if active_topics and not topics_of(connectors[name]["info"]["config"])
                else (),
            )
            for name in sorted(connectors)
        )
        return ConnectStatus(version=str(root["version"]), connectors=statuses)

    def _active_topics(self, worker: RestEndpoint, connector: str) -> tuple[str, ...]:
        path = f"/connectors/{quote(connector, safe='')}/topics"
        try:
            return tuple(map(str, self._seldom(worker, path)[connector]["topics"]))
        except UnavailableError:  # a connector that was deleted meanwhile, or a worker that keeps no such list
            return ()

    def _seldom(self, worker: RestEndpoint, path: str) -> Any:
        now = time.monotonic()
        if (kept := self._kept.get(path)) and now < kept[1]:
            return kept[0]
        answer = get_json(worker, path, part=PART)
        self._kept[path] = answer, now + self._patience
        return answer


def _connector(answer: dict[str, Any], *, versions: dict[str, str | None], active: tuple[str, ...]) -> ConnectorStatus:
    info, status = answer["info"], answer["status"]
    state = status["connector"]
    class_name = info["config"]["connector.class"]
    is_sink = status["type"] == "sink"
    topics = (topics_of(info["config"]) or active) if is_sink else ()
    secrets = secret_values(info["config"])
    error, cause = _error_and_cause(state, secrets)
    return ConnectorStatus(
        name=info["name"],
        kind=status["type"],
        class_name=class_name,
        version=versions.get(class_name),
        state=state["state"],
        worker=state["worker_id"],
        error=error,
        cause=cause,
        topics=topics,
        topics_pattern=info["config"].get("topics.regex") if is_sink else None,
        written_topics=() if is_sink else active,
        tasks=tuple(_task(task, secrets) for task in status["tasks"]),
        needs=parts_needed(info["config"]),
        stores=stores_of(info["config"], kind=status["type"], topics=topics),
        dead_letters_topic=dead_letters_topic(info["config"]) if is_sink else None,
    )


def sink_group(name: str) -> str:
    """Return the consumer group of a sink."""
    return f"connect-{name}"


def parts_needed(config: Mapping[str, str]) -> tuple[str, ...]:
    """Return the parts that a connector with these settings needs besides Kafka: REGISTRY, MYSQL, REDIS."""
    needed = {part for name in config for end, part in _NEEDED_BY.items() if name.endswith(end)}
    return tuple(sorted(needed))


def topics_of(config: Mapping[str, str]) -> tuple[str, ...]:
    """Return the topics that a sink with these settings reads; empty where it reads topics by a pattern."""
    return tuple(topic.strip() for topic in config.get("topics", "").split(",") if topic.strip())


def _task(task: dict[str, Any], secrets: Collection[str]) -> TaskStatus:
    error, cause = _error_and_cause(task, secrets)
    return TaskStatus(
        number=task["id"],
        state=task["state"],
        worker=task["worker_id"],
        error=error,
        cause=cause,
    )


def _error_and_cause(part: dict[str, Any], secrets: Collection[str]) -> tuple[str | None, str | None]:
    """Return first line and innermost cause of the trace of a connector or task, with secrets masked."""
    error, cause = first_line(part.get("trace")), innermost_cause(part.get("trace"))
    return error and mask_text(error, secrets), cause and mask_text(cause, secrets)


def _tasks(tasks: list[TaskStatus], connector: str) -> str:
    numbers = ", ".join(str(task.number) for task in tasks)
    return f"tasks {numbers} of {connector} have" if len(tasks) > 1 else f"task {numbers} of {connector} has"


def _failure(subject: str, error: str | None, cause: str | None) -> str:
    why = error or NO_REASON
    return f"{subject} FAILED: {why}" + (f" (caused by {cause})" if cause and cause not in why else "")
