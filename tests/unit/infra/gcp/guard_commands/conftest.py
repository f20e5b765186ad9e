import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from producer.runtime.exit_status import Exit
from tests.unit.infra.gcp.guard_function.conftest import env_of, google, harness
from tests.unit.infra.gcp.guard_function.fake_gke import JOB, FakeGoogle

__all__ = ["google", "harness"]

LIMITS = {"minNodeCount": 0, "maxNodeCount": 4, "locationPolicy": "ANY"}
OUTPUT: dict[str, Any] = {
    "project": "lab",
    "location": "us-central1-a",
    "cluster": "sluice",
    "clockJob": JOB,
    "mode": "scale-to-zero",
    "parts": {
        "label": "gke",
        "topic": "sluice-budget",
        "onBudget": "sluice-on-budget",
        "onClock": "sluice-on-clock",
        "billingAccount": "01AB23-45CD67-89EF01",
        "alerts": ["sluice: one", "sluice: two"],
        "conditionalPermissions": [],
    },
    "pools": {"steady": {"nodes": 1}, "spot": {"nodes": 2, "autoscaling": LIMITS}},
}
"""The stack's output `guard`, which scripts/extend and scripts/wake read."""
Main = Callable[..., Exit]


@dataclass
class Shell:
    """Runs scripts/extend and scripts/wake with a fake `pulumi` on the PATH; `output` is what the last run printed."""

    google: FakeGoogle
    bin: Path
    output: str = ""

    def install_pulumi(self, text: str, *, status: int = 0) -> None:
        """Install a `pulumi` that prints `text`, exits with `status`, and writes its arguments to a file."""
        program = self.bin / "pulumi"
        (self.bin / "answer").write_text(text)
        to = ">&2" if status else ""
        program.write_text(
            f'#!/bin/sh\necho "$*" >"{self.bin}/arguments"\n/bin/cat "{self.bin}/answer" {to}\nexit {status}\n'
        )
        program.chmod(0o755)

    def run(self, main: Main, arguments: Sequence[str], **env: str) -> Exit:
        out = io.StringIO()
        console = Console(file=out, width=200)
        here = {**env_of(self.google), "PATH": str(self.bin)}
        status = main(arguments, env={**here, **env}, stdout=console, stderr=console)
        self.output = out.getvalue()
        return status


def stop_all_nodes(google: FakeGoogle) -> None:
    for pool in google.pools.values():
        pool.nodes, pool.autoscaling = 0, {}


def until(google: FakeGoogle) -> timedelta:
    """Return how far in the future the time of the clock is."""
    return datetime.fromisoformat(google.clock()["until"]) - datetime.now(UTC)


@pytest.fixture
def shell(google: FakeGoogle, tmp_path: Path) -> Shell:
    instance = Shell(google=google, bin=tmp_path)
    instance.install_pulumi(json.dumps(OUTPUT))
    return instance
