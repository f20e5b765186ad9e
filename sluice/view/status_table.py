"""Pipeline status as tables for a terminal and as one JSON object."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from producer.runtime.terminal import escape_line, escape_text
from sluice.view.connector_status import ConnectStatus
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaStatus
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX, RUNNING, PipelineStatus, ProcessStatus
from sluice.view.store_status import DatabaseStatus, RegistryStatus

_STYLES = {"RUNNING": "green", RUNNING: "green", "FAILED": "bold red", "PAUSED": "yellow", "STOPPED": "yellow"}


def as_object(status: PipelineStatus) -> dict[str, Any]:
    """Return the status as JSON types; a part that does not answer is `{"error": reason}`."""
    return {
        "asked_at": status.asked_at.isoformat().replace("+00:00", "Z"),
        "exit": status.exit.name,
        "problems": list(status.problems),
        "failures": list(status.failures),
        "waits": list(status.waits),
        "behind": list(status.behind),
        "notes": list(status.notes),
        "processes": None if status.processes is None else [asdict(process) for process in status.processes],
        "kafka": _object(status.kafka),
        "dead_letters": status.dead_letters,
        "connect": _object(status.connect),
        "lag": _lag_object(status),
        "disk": None if status.disk is None else asdict(status.disk),
        "registry": _object(status.registry),
        "mysql": _object(status.mysql),
        "redis": {"error": str(status.redis)} if isinstance(status.redis, UnavailableError) else {"keys": status.redis},
    }


def _object(answer: KafkaStatus | ConnectStatus | RegistryStatus | DatabaseStatus | UnavailableError) -> dict[str, Any]:
    return {"error": str(answer)} if isinstance(answer, UnavailableError) else asdict(answer)


def _lag_object(status: PipelineStatus) -> dict[str, Any]:
    if isinstance(status.lags, UnavailableError):
        return {"error": str(status.lags)}
    return {lag.connector: lag.records for lag in status.lags}


def as_tables(status: PipelineStatus) -> RenderableType:
    """Return the status as tables for display."""
    parts: list[RenderableType] = [] if status.processes is None else [_processes(status.processes)]
    parts += [_kafka(status.kafka), _connect(status.connect, status=status)]
    parts += [_registry(status.registry), _mysql(status.mysql, notes=status.notes), _redis(status.redis)]
    if isinstance(status.lags, UnavailableError):
        parts.append(_error(status.lags))
    return Group(*parts)


def _part(name: str, summary: str, table: Table | None = None) -> RenderableType:
    heading = Text.assemble((name, "bold"), "  ", escape_line(summary))
    return heading if table is None else Group(heading, Padding(table, (0, 0, 0, 2)))


def _error(error: UnavailableError) -> RenderableType:
    return Text(escape_text(str(error)), style="bold red")


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _state(state: str) -> Text:
    return Text(escape_line(state), style=_STYLES.get(state, "red"))


def _processes(processes: tuple[ProcessStatus, ...]) -> RenderableType:
    table = _table("process", "pid", "memory", "up for", "state", right=("pid", "memory", "up for"))
    for process in processes:
        memory = f"{process.memory_bytes / 2**20:,.0f} MiB"
        table.add_row(process.name, str(process.pid), memory, _duration(process.uptime_seconds), _state(process.state))
    total = sum(process.memory_bytes for process in processes) / 2**20
    return _part("Processes", f"{len(processes)}, {total:,.0f} MiB together", table)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _kafka(answer: KafkaStatus | UnavailableError) -> RenderableType:
    if isinstance(answer, UnavailableError):
        return _error(answer)
    table = _table("topic", "partitions", "records", right=("partitions", "records"))
    for topic in answer.topics:
        # Dead letters are highlighted.
        highlighted = topic.name.endswith(DEAD_LETTERS_SUFFIX) and topic.messages
        table.add_row(topic.name, str(topic.partitions), f"{topic.messages:,}", style="yellow" if highlighted else "")
    part = _part("Kafka", f"{_count(len(answer.brokers), 'broker')}: {', '.join(answer.brokers)}", table)
    if not any(topic.name.endswith(DEAD_LETTERS_SUFFIX) and topic.messages for topic in answer.topics):
        return part
    return Group(part, Text("  why there are dead letters: sluice dlq", style="yellow"))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _connect(answer: ConnectStatus | UnavailableError, *, status: PipelineStatus) -> RenderableType:
    if isinstance(answer, UnavailableError):
        return _error(answer)
    table = _table("connector", "state", "worker", "lag", right=("lag",))
    for connector in answer.connectors:
        lag = status.lag_of(connector.name)
        table.add_row(
            connector.name,
            _state(connector.state),
            connector.worker,
            f"{lag:,}" if lag is not None else "not known" if connector.kind == "sink" else "",
        )
        for task in connector.tasks:
            table.add_row(f"  task {task.number}", _state(task.state), task.worker, "")
    sentences = [(failure, "red") for failure in status.failures] + [
        (sentence, "yellow") for sentence in (*status.waits, *status.behind)
    ]
    lines = [Padding(Text(escape_text(text), style=style, overflow="fold"), (0, 0, 0, 2)) for text, style in sentences]
    return Group(_part("Connect", f"{answer.version}, {_count(len(answer.connectors), 'connector')}", table), *lines)


def _registry(answer: RegistryStatus | UnavailableError) -> RenderableType:
    if isinstance(answer, UnavailableError):
        return _error(answer)
    names = ": " + ", ".join(answer.subjects) if answer.subjects else ""
    return _part("Registry", f"{answer.version}, {_count(len(answer.subjects), 'subject')}{names}")


def _mysql(answer: DatabaseStatus | UnavailableError, *, notes: Iterable[str]) -> RenderableType:
    if isinstance(answer, UnavailableError):
        return _error(answer)
    table = _table("table", "rows", right=("rows",))
    for size in answer.tables:
        table.add_row(size.name, f"{'' if size.exact else 'about '}{size.rows:,}")
    lines = [Padding(Text(escape_text(note), style="yellow", overflow="fold"), (0, 0, 0, 2)) for note in notes]
    return Group(_part("MySQL", answer.product, table), *lines)


def _redis(answer: int | UnavailableError) -> RenderableType:
    if isinstance(answer, UnavailableError):
        return _error(answer)
    return _part("Redis", f"{_count(answer, 'key')} in database 1")
