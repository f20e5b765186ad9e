"""Times a sink while it writes all records of gps-fixes into an empty table."""

from collections.abc import Mapping
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
class SinkUnderTest:
    """A sink connector for gps-fixes, its settings and the table of myDB that it writes."""

    sink: Sink
    settings: Mapping[str, str]
    table: str


def pipeline_sink(bench: BenchPipeline) -> SinkUnderTest:
    """Return mysql-sink, with its settings in k8s/."""
    return SinkUnderTest(
        sink=Sink(bench.instance, MYSQL_SINK), settings=connector_settings(MYSQL_SINK), table="gps_fixes"
    )


@dataclass(frozen=True, kw_only=True)
class DrainResult:
    """Result of one run: rows per second, cores by process, tasks by worker (`connect-1: 0 1, connect-2: 2 3`)."""

    rate: float
    cores: dict[str, float]
    tasks: str

    def microseconds_per_row(self, process: str) -> float:
        """Return the CPU time of a process per row in µs; other load on the machine hardly changes it."""
        return self.cores[process] / self.rate * 1e6


def drain(bench: BenchPipeline, *, rows: int, tasks: int, tested: SinkUnderTest | None = None) -> DrainResult:
    """Have a sink (mysql-sink if `tested` is None) write the topic's `rows` records with `tasks` tasks, and time it."""
    tested = tested or pipeline_sink(bench)
    sink = reset_sink(bench, tasks=tasks, tested=tested)
    with Progress(bench) as progress:
        sink.resume()
        wait_for(lambda: progress.rows() >= rows * _WARM, seconds=_SECONDS)
        first, before = progress.rows(), CpuTimes.read(bench.instance)
        wait_for(lambda: progress.rows() >= rows, seconds=_SECONDS)
        after = CpuTimes.read(bench.instance)
    wait_for(lambda: bench.rows(tested.table) == rows)
    return DrainResult(
        rate=(rows - first) / (after.wall - before.wall), cores=before.until(after), tasks=_by_worker(bench, sink)
    )


def reset_sink(bench: BenchPipeline, *, tasks: int, tested: SinkUnderTest | None = None) -> Sink:
    """Stop a sink (mysql-sink if `tested` is None), empty its table, reset its offsets to the topic's beginning."""
    tested = tested or pipeline_sink(bench)
    tested.sink.stop()
    bench.execute(f"TRUNCATE TABLE myDB.{tested.table}")
    tested.sink.reset_offsets()
    tested.sink.apply({**tested.settings, "tasks.max": str(tasks)})
    return tested.sink


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
