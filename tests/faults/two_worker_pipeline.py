"""A pipeline with two Connect workers, and the loads that run while one of them is killed."""

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from producer.runtime.exit_status import Exit
from sluice.view.connector_status import ConnectorStatus, fetch_connect_status
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from tests.administrator import Connection
from tests.faults.row_changes import TOPIC, inserted_keys
from tests.faults.stall_watch import Offsets, Positions
from tests.kill_servers import ServerControl
from tests.run_sluice import SLUICE, run_sluice

WORKERS = ("connect-1", "connect-2")
UNREACHABLE_END = 2**63


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline with two Connect workers."""

    endpoints: Endpoints
    env: dict[str, str]
    servers: ServerControl
    connect: Callable[[], AbstractContextManager[Connection]]
    """Opens a connection that may write all tables."""

    def sluice(self, *arguments: str, asking: str) -> "subprocess.CompletedProcess[str]":
        """Run `sluice` with the Connect URL of the worker `asking`."""
        env = self.env | {"SLUICE_CONNECT_URL": self.servers.connect(asking).url}
        return run_sluice("--target", "external", *arguments, env=env)

    def connectors(self, *, asking: str) -> dict[str, ConnectorStatus]:
        """Return the connectors as reported by the worker `asking`."""
        found = fetch_connect_status(self.servers.connect(asking)).connectors
        return {connector.name: connector for connector in found}

    def workers_of_tasks(self, *, asking: str) -> list[str]:
        """Return the worker of each running task; empty while Connect rebalances."""
        try:
            connectors = self.connectors(asking=asking).values()
        except UnavailableError:
            return []
        tasks = [task for connector in connectors for task in connector.tasks]
        states = {part.state for part in (*connectors, *tasks)}
        return [self.servers.worker(task.worker) for task in tasks] if states == {"RUNNING"} else []


@dataclass(frozen=True, kw_only=True)
class Loads:
    """A load of rows and one of images, and the sinks' progress with them."""

    pipeline: Pipeline
    log: Path
    images: Path
    offsets: Offsets
    before: int
    """Rows that the sink had written before the load."""

    def start(self, kind: str, source: Path) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [SLUICE, "--target", "external", "load", kind, str(source)], env=self.pipeline.env, cwd=self.log.parent
        )

    def positions(self) -> Positions:
        rows = self.offsets.of_sink("mysql-sink", "gps-fixes")
        return {**rows, **self.offsets.of_sink("redis-sink", "images")}

    def changes(self) -> Positions:
        return {TOPIC: (self.offsets.ends(TOPIC)[0], UNREACHABLE_END)}

    def rows_written(self) -> int:
        rows = self.offsets.of_sink("mysql-sink", "gps-fixes").values()
        return sum(position for position, _ in rows) - self.before

    def all_written(self) -> bool:
        positions = self.positions().values()
        return len(positions) > 1 and all(position == end for position, end in positions)


def difference(workers: list[str]) -> int:
    """Return the difference of the workers' numbers of tasks; 2 if no task runs."""
    counts = [workers.count(name) for name in WORKERS]
    return max(counts) - min(counts) if workers else len(WORKERS)


def check_proofs(loads: Loads, *arguments: str, asking: str, folder: Path) -> None:
    """Check with `sluice proof` that every row and image arrived."""
    for source in (loads.log, loads.images):
        page = ("-o", str(folder / "proof.html"))
        proof = loads.pipeline.sluice("proof", str(source), *page, *arguments, asking=asking)
        assert proof.returncode == Exit.OK, proof.stdout + proof.stderr


def are_in_topic(keys: list[int], pipeline: Pipeline, *, asking: str) -> bool:
    """Return whether the inserts of all these rows are in the topic."""
    return set(keys) <= set(inserted_keys(pipeline.sluice("messages", TOPIC, asking=asking)))
