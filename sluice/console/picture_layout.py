"""Where the nodes of the picture stand: rows and columns, so that records flow from left to right."""

from collections.abc import Iterable, Mapping

COLUMNS = {"loads": 0, "table": 0, "source": 1, "topic": 2, "registry": 2, "sink": 3, "store": 4, "letters": 4}
"""Column of each kind of node."""


def place_nodes(kinds: Mapping[str, str], edges: Iterable[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Return row and column of each node; `kinds` by node, edges by the nodes at their ends.

    Each topic has a row of its own. A connector stands in the row of its first topic, what else it is tied to in its
    own row. The registry comes last, in a row of its own. Several nodes may share a place.
    """
    ties: dict[str, list[str]] = {}
    for begin, end in edges:
        ties.setdefault(begin, []).append(end)
        ties.setdefault(end, []).append(begin)
    topics = [node for node, kind in kinds.items() if kind == "topic"]
    rows = {node: row for row, node in enumerate(topics)}
    for group in (("source", "sink"), ("table", "store", "letters")):
        for node, kind in kinds.items():
            if kind in group:
                near = [rows[tied] for tied in ties.get(node, ()) if tied in rows]
                rows[node] = min(near, default=len(topics))
    rows |= {node: 0 for node, kind in kinds.items() if kind == "loads"}
    last = max(rows.values(), default=0) + 1
    rows |= {node: last for node, kind in kinds.items() if kind == "registry"}
    return {node: (rows[node], COLUMNS[kind]) for node, kind in kinds.items()}
