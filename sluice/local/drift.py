"""Drift: differences between a pipeline and k8s/, as `sluice up` reports them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One difference."""

    text: str
    """One sentence for the user."""
    kind: Literal["changed", "kept", "unresolved"]
    """changed: reconciled with k8s/. kept: not in k8s/, but it holds data and stays. unresolved: it could not be
    reconciled; the text says what to do."""


def changed(text: str) -> Drift:
    """Return the drift of something that was reconciled with k8s/."""
    return Drift(text=text, kind="changed")


def kept(text: str) -> Drift:
    """Return the drift of something that is not in k8s/ and stays."""
    return Drift(text=text, kind="kept")


def unresolved(text: str) -> Drift:
    """Return the drift of something that could not be reconciled with k8s/."""
    return Drift(text=text, kind="unresolved")


def compare_settings(owner: str, before: dict[str, str], now: dict[str, str]) -> list[Drift]:
    """Return the drift of each setting that was changed, added or removed; `owner` begins each sentence."""
    return [
        changed(f"{owner}: {name} {_change_text(before.get(name), now.get(name))}")
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def _change_text(before: str | None, now: str | None) -> str:
    if now is None:
        return f"is the default again (was {before})"
    return f"is now {now}" + ("" if before is None else f" (was {before})")
