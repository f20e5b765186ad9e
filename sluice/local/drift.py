"""What `sluice up` tells of a place that was not as k8s/ says."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One sentence."""

    text: str
    kind: Literal["changed", "noted", "differs"]
    """changed: it is now as k8s/ says. noted: it is not in k8s/, holds data, and stays. differs: it could not be
    brought to what k8s/ says; the sentence says what to do."""


def changed(text: str) -> Drift:
    """Something that is now as k8s/ says."""
    return Drift(text=text, kind="changed")


def kept(text: str) -> Drift:
    """Something that k8s/ does not name and that stays."""
    return Drift(text=text, kind="noted")


def unresolved(text: str) -> Drift:
    """Something that is not as k8s/ says and could not be changed."""
    return Drift(text=text, kind="differs")


def compare_settings(what: str, before: dict[str, str], now: dict[str, str]) -> list[Drift]:
    """A sentence for each setting of `what` that was changed, given or taken away."""
    return [
        changed(f"{what}: {name} {_became(before.get(name), now.get(name))}")
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def _became(before: str | None, now: str | None) -> str:
    if now is None:
        return f"is the default again (was {before})"
    return f"is now {now}" + ("" if before is None else f" (was {before})")
