"""Failures of reconciliations, parsed from the log of Strimzi's cluster operator.

An exception in a reconciliation is found only in the log: the resource has no status then.
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
_API_ERROR = re.compile(r"^Failure executing: .*? Message: (?P<message>.*?)(?:\. Received status: .*)?$")
"""The text that the operator's Kubernetes client puts around a message of the API server."""
_SUCCESS = "reconciled"
_PREFIX = re.compile(r"^(?:createOrUpdate failed|Failed to reconcile|Reconciliation failed)\s*")


@dataclass(frozen=True, kw_only=True)
class ReconcileFailure:
    """The last failure of a resource that was not reconciled since; `kind` is empty for the operator itself."""

    kind: str
    name: str
    reason: str


@dataclass(kw_only=True)
class _Entry:
    kind: str
    name: str
    text: str
    exception: str = ""
    unexplained: bool = False
    """Whether the exception has no message: then the next line, the position in the code, is added."""

    def reason(self) -> str:
        text = _PREFIX.sub("", self.text)
        return " ".join(part for part in (text, self.exception) if part) or self.text


def reconcile_failures(lines: Iterable[str]) -> list[ReconcileFailure]:
    """Return the last warning or error of each resource that was not reconciled afterwards, in the order of the log."""
    failed: dict[tuple[str, str], _Entry] = {}
    current: _Entry | None = None
    for line in lines:
        entry = _ENTRY.match(line.rstrip())
        if entry is None:
            if current:
                _add_exception(current, line.rstrip())
            continue
        current = _keep(failed, level=entry["level"], text=entry["text"])
    return [ReconcileFailure(kind=entry.kind, name=entry.name, reason=entry.reason()) for entry in failed.values()]


def _keep(failed: dict[tuple[str, str], _Entry], *, level: str, text: str) -> _Entry | None:
    """Add an entry of the log to `failed`; return it if an exception may follow it in the log."""
    match = _RECONCILIATION.match(text)
    if match is None:
        if level not in {"ERROR", "FATAL"}:
            return None
        entry = _Entry(kind="", name="", text=text)
    else:
        if match["text"] == _SUCCESS:
            failed.pop((match["kind"], match["name"]), None)
        if level not in {"WARN", "ERROR", "FATAL"}:
            return None
        entry = _Entry(kind=match["kind"], name=match["name"], text=match["text"])
    failed.pop((entry.kind, entry.name), None)
    failed[entry.kind, entry.name] = entry
    return entry


def _add_exception(entry: _Entry, line: str) -> None:
    """Set the entry's exception: each further cause replaces the one before, so that the innermost stays."""
    if frame := _STACK.match(line):
        if entry.unexplained and frame["where"]:
            entry.exception += f" at {frame['where']}"
        entry.unexplained = False
    elif exception := _EXCEPTION.match(line):
        api_error = _API_ERROR.match(exception["message"] or "")
        entry.exception = api_error["message"] if api_error else exception["message"] or exception["class"]
        entry.unexplained = not exception["message"]
