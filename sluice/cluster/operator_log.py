"""What Strimzi's cluster operator last complained of, from its log.

An exception inside a reconciliation shows there only: the resource has no status then, and whoever waits for one is
told nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S* +(?P<level>[A-Z]+) +\S+ - (?P<text>.*)$")
_RECONCILIATION = re.compile(
    r"^Reconciliation #\d+\([^)]*\) (?P<kind>\w+)\((?P<namespace>[^/)]+)/(?P<name>[^)]+)\): (?P<text>.*)$"
)
_EXCEPTION = re.compile(r"^(?:Caused by: )?(?:[\w$]+\.)+(?P<class>[\w$]+)(?:: (?P<message>.*))?$")
_STACK = re.compile(r"^\s+(?:at (?P<where>\S+)|\.\.\. \d+ )|^\s*Suppressed: ")
_REFUSED = re.compile(r"^Failure executing: .*? Message: (?P<message>.*?)(?:\. Received status: .*)?$")
"""What the operator's Kubernetes client wraps around the API server's own words."""
_SUCCESS = "reconciled"
_PREFIX = re.compile(r"^(?:createOrUpdate failed|Failed to reconcile|Reconciliation failed)\s*")


@dataclass(frozen=True, kw_only=True)
class ReconcileFailure:
    """The last failure of a resource that was not reconciled since; `kind` is empty for the operator itself."""

    kind: str
    name: str
    why: str


@dataclass(kw_only=True)
class _Entry:
    kind: str
    name: str
    text: str
    exception: str = ""
    unexplained: bool = False
    """The exception has no message: where it was thrown, which the next line says, is all there is."""

    def why(self) -> str:
        said = _PREFIX.sub("", self.text)
        return " ".join(part for part in (said, self.exception) if part) or self.text


def reconcile_failures(lines: Iterable[str]) -> list[ReconcileFailure]:
    """The last warning or error of each resource, unless it was reconciled afterwards; in the order of the log."""
    failed: dict[tuple[str, str], _Entry] = {}
    current: _Entry | None = None
    for line in lines:
        entry = _ENTRY.match(line.rstrip())
        if entry is None:
            if current:
                _add_exception(current, line.rstrip())
            continue
        current = _keep(failed, level=entry["level"], text=entry["text"])
    return [ReconcileFailure(kind=entry.kind, name=entry.name, why=entry.why()) for entry in failed.values()]


def _keep(failed: dict[tuple[str, str], _Entry], *, level: str, text: str) -> _Entry | None:
    """Take an entry of the log; what is now the last failure of its resource, to which an exception may follow."""
    about = _RECONCILIATION.match(text)
    if about is None:
        if level not in {"ERROR", "FATAL"}:
            return None
        entry = _Entry(kind="", name="", text=text)
    else:
        if about["text"] == _SUCCESS:
            failed.pop((about["kind"], about["name"]), None)
        if level not in {"WARN", "ERROR", "FATAL"}:
            return None
        entry = _Entry(kind=about["kind"], name=about["name"], text=about["text"])
    failed.pop((entry.kind, entry.name), None)
    failed[entry.kind, entry.name] = entry
    return entry


def _add_exception(entry: _Entry, line: str) -> None:
    """The innermost cause is the reason: each further one takes the place of the one before."""
    if frame := _STACK.match(line):
        if entry.unexplained and frame["where"]:
            entry.exception += f" at {frame['where']}"
        entry.unexplained = False
    elif exception := _EXCEPTION.match(line):
        refused = _REFUSED.match(exception["message"] or "")
        entry.exception = refused["message"] if refused else exception["message"] or exception["class"]
        entry.unexplained = not exception["message"]
