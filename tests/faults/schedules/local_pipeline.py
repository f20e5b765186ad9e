"""The pipeline of a run: two workers, started in a folder of its own, and the commands that the run gives it."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from producer.runtime.exit_status import Exit
from sluice.local.instance import Instance
from sluice.local.processes import running_processes
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator, administrator
from tests.faults.two_worker_pipeline import WORKERS
from tests.local_administrator import local_administrator
from tests.run_sluice import SLUICE

_SECONDS = 300.0
"""Time limit of a command; it takes seconds."""
_START_SECONDS = 150


class LocalPipeline:
    """A local pipeline with two workers."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def up(self, *, seconds: float = _SECONDS) -> "subprocess.CompletedProcess[str]":
        """Run `sluice up`; raises TimeoutExpired after `seconds`."""
        return self.sluice("up", "--workers", str(len(WORKERS)), seconds=seconds)

    def down(self) -> None:
        """Run `sluice down`: a server that is paused is killed after its time."""
        self.sluice("down")

    def sluice(self, *arguments: str, seconds: float = _SECONDS) -> "subprocess.CompletedProcess[str]":
        """Run a command of `sluice` for this pipeline; raises TimeoutExpired after `seconds`."""
        command = [SLUICE, "--state", str(self.instance.state), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)

    @property
    def env(self) -> dict[str, str]:
        """Environment in which `sluice --target external` finds the pipeline."""
        return {**os.environ, **self.instance.endpoint_variables()}

    @property
    def endpoints(self) -> Endpoints:
        """Endpoints of the servers."""
        return Endpoints.from_env(self.instance.endpoint_variables())

    @property
    def admin(self) -> Administrator:
        """The owner of the state folder, who may do anything."""
        return local_administrator(self.endpoints, self.instance)

    def connect(self) -> Any:
        """Return a context manager of a connection that may write all tables."""
        return partial(administrator, self.endpoints, self.instance)()

    def dead_processes(self) -> list[str]:
        """Return the names of the processes that should run and do not."""
        alive = {entry.name for entry in running_processes(self.instance)}
        return [name for name in self.instance.process_names if name not in alive]

    def status(self) -> dict[str, Any]:
        """Return what `sluice status --json` says; empty if it says nothing."""
        done = self.sluice("status", "--json")
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {}

    def messages(self, topic: str, *, last: int) -> list[dict[str, Any]]:
        """Return the newest records of a topic, by offset."""
        done = self.sluice("messages", topic, "--limit", str(last), "--json")
        assert done.returncode == Exit.OK, done.stderr
        return sorted(map(json.loads, done.stdout.splitlines()), key=lambda record: record["offset"])

    def start_server(self, name: str) -> "subprocess.CompletedProcess[str]":
        """Start a server that does not run, as the kubelet does on a cluster, and wait until it is ready."""
        return subprocess.run(
            [sys.executable, "-m", "tests.faults.schedules.start_server", str(self.instance.state), name],
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_SECONDS,
        )

    def break_connections(self, name: str) -> None:
        """Reset every connection to a server; raises OSError where this user may not."""
        ports = {port for own, port in self.instance.ports.items() if own == name or own.startswith(f"{name}-")}
        for port in ports:
            chosen = f"( sport = :{port} or dport = :{port} )"
            command = ["ss", "--tcp", "--numeric", "--kill", "state", "established", chosen]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode or done.stderr:
                raise OSError(f"ss --kill: {done.stderr.strip()}")


def make_pipeline(state: Path, *, port_base: int) -> LocalPipeline:
    """Return the pipeline in `state`, with its settings and not started."""
    return LocalPipeline(Instance.make(state, port_base=port_base, workers=len(WORKERS)))
