"""Progress of a proof for programs."""

import json
from io import StringIO
from typing import Any

import pytest

from sluice.proof.shared import proof_progress
from sluice.proof.shared.proof_progress import JsonProgress
from sluice.proof.shared.sink_progress import SinkState


def test_each_stage_is_a_line_at_once_and_then_now_and_then(monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr(proof_progress.time, "monotonic", lambda: now[0])
    file = StringIO()
    with JsonProgress(file, items="rows") as progress:
        progress.read(2000)
        progress.read(4000)
        now[0] += 1
        progress.read(6000)
        progress.waiting(SinkState(waiting={0: (5, 12)}, lost=0, problems=(), stuck=False))
        progress.compared(1000, 6000)
    assert [json.loads(line) for line in file.getvalue().splitlines()] == [
        step("reading", count=2000),
        step("reading", count=6000),
        step("waiting", count=7),
        step("comparing", count=1000, total=6000),
    ]


def step(stage: str, **counts: int) -> dict[str, Any]:
    return {"stage": stage, "items": "rows", **counts}
