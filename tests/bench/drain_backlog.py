"""Times mysql-sink while it writes a full topic into an empty table."""

from dataclasses import dataclass

import pymysql

from sluice.local.mariadb import connect_as_root
from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.cpu_time import CpuTimes
from tests.bench.sink_connector import MYSQL_SINK, Sink, connector_settings
from tests.run_sluice import wait_for

_WARM = 0.1
"""Share of the rows that is written before timing starts, while tasks are still starting."""
_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class DrainResult:
    """Result of one run: rows per second, cores by process, tasks by worker (`connect-1: 0 1, connect-2: 2 3`)."""

    rate: float
    cores: dict[str, float]
    tasks: str


def drain(bench: BenchPipeline, *, rows: int, tasks: int) -> DrainResult:
    """Have the sink write the topic's `rows` records again with `tasks` tasks, and time it."""
    sink = reset_sink(bench, tasks=tasks)
    with Progress(bench) as progress:
        sink.resume()
        wait_for(lambda: progress.rows() >= rows * _WARM, seconds=_SECONDS)
        first, before = progress.rows(), CpuTimes.read(bench.instance)
        wait_for(lambda: progress.rows() >= rows, seconds=_SECONDS)
        after = CpuTimes.read(bench.instance)
    wait_for(lambda: bench.rows() == rows)
    return DrainResult(
        rate=(rows - first) / (after.wall - before.wall), cores=before.until(after), tasks=_by_worker(bench, sink)
    )


def reset_sink(bench: BenchPipeline, *, tasks: int) -> Sink:
    """Stop the sink, empty its table, and reset its offsets to the topic's beginning."""
    sink = Sink(bench.instance, MYSQL_SINK)
    sink.stop()
    bench.execute("TRUNCATE TABLE myDB.gps_fixes")
    sink.reset_offsets()
    sink.apply({**connector_settings(MYSQL_SINK), "tasks.max": str(tasks)})
    return sink


class Progress:
    """Counts rows written since it was entered, by the server's status variable: SELECT COUNT(*) costs CPU time."""

    def __init__(self, bench: BenchPipeline) -> None:
        self._bench = bench

    def __enter__(self) -> "Progress":
        self._connection: pymysql.Connection[pymysql.cursors.Cursor] = connect_as_root(self._bench.instance)
        self._start = self._written()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self) -> int:
        """Return the number of rows written."""
        return self._written() - self._start

    def _written(self) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Handler_write'")
            found = cursor.fetchone()
        assert found is not None
        return int(found[1])


def _by_worker(bench: BenchPipeline, sink: Sink) -> str:
    by_worker: dict[int, list[str]] = {}
    for task in sink.tasks():
        port = int(task["worker_id"].rpartition(":")[2])
        by_worker.setdefault(port - bench.instance.port("connect") + 1, []).append(str(task["id"]))
    return ", ".join(f"connect-{number}: {' '.join(tasks)}" for number, tasks in sorted(by_worker.items()))
