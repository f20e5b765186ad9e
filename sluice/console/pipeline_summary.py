"""The pipeline in one sentence or a few: that all works only where nothing is paused, waits, or is not known."""

from collections.abc import Iterable, Sequence

from sluice.console.node_state import UNKNOWN
from sluice.console.pipeline_picture import Node
from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_status import PipelineStatus

_MOST_NAMES = 5
_HEADINGS = ("Needs you", "Waiting", "Paused", "Not known")
_BY_KIND = {"bad": "Needs you", "waiting": "Waiting", "off": "Paused"}


def summarize(status: PipelineStatus, nodes: Iterable[Node]) -> str:
    """Return the state of a pipeline, whose picture has these nodes."""
    every, headed = list(nodes), dict[str, list[str]]()
    for node in every:
        if heading := _heading(node):
            headed.setdefault(heading, []).append(node.name)
    faults = [
        "Not all parts answer." if status.problems else "",
        "The disk is full." if status.disk and status.disk.failure else "",
        *(f"{heading}: {_names(headed[heading])}." for heading in _HEADINGS if heading in headed),
        "" if isinstance(status.connect, UnavailableError) or status.connect.connectors else "There is no connector.",
    ]
    behind = [node.name for node in every if node.state.kind == "ok" and node.state.remarks]
    count = sum(node.facts[0]["count"] or 0 for node in every if node.kind == "letters")
    sentences = [
        *(faults if any(faults) else ["All parts work."]),
        f"Behind: {_names(behind)}." if behind else "",
        f"{count:,} dead letter{'' if count == 1 else 's'}." if count else "",
    ]
    return " ".join(filter(None, sentences))


def _heading(node: Node) -> str | None:
    if node.kind == "letters" and not node.state.text:
        return None  # they are counted in a sentence of their own
    return "Not known" if node.state == UNKNOWN else _BY_KIND.get(node.state.kind)


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
