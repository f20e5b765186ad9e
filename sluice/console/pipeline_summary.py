"""The pipeline in one sentence or a few: that all works only where nothing is paused, waits, or is not known."""

from collections.abc import Iterable, Sequence

from sluice.console.node_state import UNKNOWN, NodeState
from sluice.console.pipeline_picture import Node
from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_status import PipelineStatus

_MOST_NAMES = 5
_HEADINGS = ("Needs you", "Waiting", "Paused", "Not known")
_BY_KIND = {"bad": "Needs you", "waiting": "Waiting", "off": "Paused"}


def summarize(status: PipelineStatus, nodes: Iterable[Node]) -> str:
    """Return the state of a pipeline, whose picture has these nodes."""
    letters, others = _split(nodes)
    headed: dict[str, list[str]] = {}
    for node in others:
        if heading := _heading(node.state):
            headed.setdefault(heading, []).append(node.name)
    faults = [
        "Not all parts answer." if status.problems else "",
        "The disk is full." if status.disk and status.disk.failure else "",
        *(f"{heading}: {_names(headed[heading])}." for heading in _HEADINGS if heading in headed),
        "" if isinstance(status.connect, UnavailableError) or status.connect.connectors else "There is no connector.",
    ]
    behind = [node.name for node in others if node.state.kind == "ok" and node.state.remarks]
    count = sum(node.facts[0]["count"] or 0 for node in letters)
    sentences = [
        *(faults if any(faults) else ["All parts work."]),
        f"Behind: {_names(behind)}." if behind else "",
        f"{count:,} dead letter{'' if count == 1 else 's'}." if count else "",
    ]
    return " ".join(filter(None, sentences))


def _split(nodes: Iterable[Node]) -> tuple[list[Node], list[Node]]:
    """Return the nodes of dead letters, which have a sentence of their own, and the others."""
    every = list(nodes)
    return [node for node in every if node.kind == "letters"], [node for node in every if node.kind != "letters"]


def _heading(state: NodeState) -> str | None:
    return "Not known" if state.text == UNKNOWN.text else _BY_KIND.get(state.kind)


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
