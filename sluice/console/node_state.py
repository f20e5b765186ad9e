"""The state of a connector and of each part, with a sentence about why, and one about what to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sluice.secret_settings import mask_text
from sluice.view.connector_status import FAILED, ConnectorStatus
from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_status import RUNNING, PipelineStatus

_MEND = (
    "Repair what the reason names, then restart it under Connectors. Connectors of k8s/connectors/ are also restarted "
    "automatically."
)
_REFUSED = "Change what the reason names, such as a password, a right or a column. The sink then goes on by itself."
_WAITS = "Nothing to do here: it goes on by itself where it stopped, once that works again."
_TOPIC = "sluice up (on a cluster: pulumi up) makes the topics of k8s/topics.yaml."
_PAUSED = "Resume it under Connectors, or: sluice up (on a cluster: pulumi up)."
_NO_TASK = "Kafka Connect gives it tasks within seconds; where it does not, the worker's log says why."
_LOCAL = "sluice up starts again what does not run; sluice status shows all parts."
_ELSEWHERE = "sluice status shows all parts, and on a cluster what is wrong with its pods."


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A sentence about what is wrong or behind, and one about what to do."""

    text: str
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class NodeState:
    """A state as a word and as a kind: ok, bad, waiting or off."""

    kind: str
    text: str
    remarks: tuple[Remark, ...] = ()


WELL = NodeState(kind="ok", text="")
UNKNOWN = NodeState(kind="off", text="not known")
"""Of what a part that does not answer would know."""
DOWN = NodeState(kind="bad", text="does not answer")


def connector_state(connector: ConnectorStatus, status: PipelineStatus) -> NodeState:
    """Return the state of a connector: the worst of what Connect, its lag and its own tasks say."""
    recent = _own(connector, status.recent_failures)
    failed = (*connector.failures, *map(mask_text, recent))
    refused = [text for text in _own(connector, status.failures) if text not in (*connector.failures, *recent)]
    notes = _remarks(_own(connector, status.notes), _TOPIC if connector.tasks else _NO_TASK)
    waits = (*_remarks(_own(connector, status.waits), _WAITS), *notes)
    states = {connector.state, *(task.state for task in connector.tasks)}
    behind = tuple(Remark(text=text) for text in _own(connector, status.behind))
    if failed or refused:
        remarks = (*_remarks(failed, _MEND), *_remarks(refused, _REFUSED))
        text = "failed" if FAILED in states else "is refused" if refused else "fails"
        return NodeState(kind="bad", text=text, remarks=remarks)
    if paused := states & {"PAUSED", "STOPPED"}:
        state = min(paused).lower()
        remarks = (*_remarks([f"{connector.name} is {state}."], _PAUSED), *behind)
        return NodeState(kind="off", text=state, remarks=remarks)
    if waits:
        text = "waits" if connector.tasks else "no task"
        return NodeState(kind="waiting", text=text, remarks=(*waits, *behind))
    if states != {"RUNNING"}:
        return NodeState(kind="waiting", text=min(states - {"RUNNING"}).lower(), remarks=behind)
    return NodeState(kind="ok", text="running", remarks=behind)


def part_states(status: PipelineStatus) -> list[dict[str, str]]:
    """Return name, detail and kind (ok, or bad if it does not answer) of each server."""
    kafka, connect, registry, mysql = status.kafka, status.connect, status.registry, status.mysql
    details = (
        ("Kafka", kafka, "" if isinstance(kafka, UnavailableError) else _brokers(kafka.brokers)),
        ("Kafka Connect", connect, "" if isinstance(connect, UnavailableError) else connect.version),
        ("Schema registry", registry, "" if isinstance(registry, UnavailableError) else registry.version),
        ("Database", mysql, "" if isinstance(mysql, UnavailableError) else mysql.product),
        ("Redis", status.redis, ""),
    )
    return [
        {"name": name, "detail": detail, "kind": "bad" if isinstance(answer, UnavailableError) else "ok"}
        for name, answer, detail in details
    ]


def pipeline_problems(status: PipelineStatus) -> tuple[Remark, ...]:
    """Return a remark for each problem that is not one connector's: a part that does not answer, a full disk."""
    advice = _ELSEWHERE if status.processes is None else _LOCAL
    disk = [status.disk.failure] if status.disk and status.disk.failure else []
    return (*(Remark(text=text, advice=advice) for text in status.problems), *(Remark(text=text) for text in disk))


def pipeline_notes(status: PipelineStatus) -> tuple[str, ...]:
    """Return a sentence for each thing that could be better and is not one connector's."""
    connectors = () if isinstance(status.connect, UnavailableError) else status.connect.connectors
    own = {text for connector in connectors for text in _own(connector, status.notes)}
    return tuple(text for text in status.notes if text not in own)


def dead_processes(status: PipelineStatus) -> bool:
    """Return whether a process of the local pipeline does not run."""
    return any(process.state != RUNNING for process in status.processes or ())


def _brokers(brokers: Sequence[str]) -> str:
    return f"{len(brokers)} broker{'' if len(brokers) == 1 else 's'}"


def _own(connector: ConnectorStatus, sentences: Iterable[str]) -> tuple[str, ...]:
    """Return the sentences that are about a connector: they begin with its name."""
    return tuple(text for text in sentences if text.startswith(f"{connector.name} "))


def _remarks(sentences: Iterable[str], advice: str) -> tuple[Remark, ...]:
    return tuple(Remark(text=text, advice=advice) for text in sentences)
