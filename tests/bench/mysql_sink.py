"""Benchmark of mysql-sink alone, against Debezium's JDBC sink: both write the same records, which are in the topic."""

from collections.abc import Callable
from statistics import median

from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.drain_backlog import DrainResult, SinkUnderTest, drain, pipeline_sink
from tests.bench.measurement import Figures, Measurement, side_by_side
from tests.bench.peer_sink import peer_sink
from tests.run_sluice import wait_for

ROWS = 1_000_000
_TASKS = 4
_PROCESSES = {"connect": "Connect", "mysql": "database"}
_GOAL_MICROSECONDS = 1.5
_COLUMNS = ("sink", "rows/s", *(f"{name}, µs a row" for name in _PROCESSES.values()))


def mysql_sink(bench: BenchPipeline) -> Measurement:
    """Measure each sink as a connector of its own, in turn, with its CPU time a row."""
    bench.execute("TRUNCATE TABLE myDB.gps_fixes")
    bench.empty_topic("gps-fixes")
    ours: list[DrainResult] = []
    theirs: list[DrainResult] = []
    with peer_sink(bench) as peer:
        bench.load(bench.sample(ROWS))
        wait_for(lambda: bench.rows() == ROWS, seconds=300)
        measured = side_by_side(
            _round(bench, pipeline_sink(bench), ours),
            _round(bench, peer, theirs),
            name="mysql_sink",
            unit="rows/s",
            goal="at least 3.5",
            what="Debezium's JDBC sink on the same worker, topic and server",
            figures=lambda: _costs({"ours": ours, "Debezium": theirs}),
        )
        bench.empty_topic("gps-fixes")
    pipeline_sink(bench).sink.resume()
    return measured


def _round(bench: BenchPipeline, tested: SinkUnderTest, results: list[DrainResult]) -> Callable[[], float]:
    """Return a function that measures one sink, while the other one is stopped, and keeps the whole result."""

    def measure() -> float:
        results.append(drain(bench, rows=ROWS, tasks=_TASKS, tested=tested))
        tested.sink.stop()
        return results[-1].rate

    return measure


def _costs(results: dict[str, list[DrainResult]]) -> Figures:
    """Return the medians of the rounds after the warm-up."""
    rows = tuple(
        (
            name,
            round(median(run.rate for run in runs[1:])),
            *(round(median(run.microseconds_per_row(process) for run in runs[1:]), 2) for process in _PROCESSES),
        )
        for name, runs in results.items()
    )
    title = f"mysql_sink: CPU time a row, {ROWS:,} rows (goal: ours below {_GOAL_MICROSECONDS} µs in Connect)"
    return Figures(title=title, columns=_COLUMNS, rows=rows)
