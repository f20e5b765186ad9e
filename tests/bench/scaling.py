"""Benchmark of mysql-sink with more tasks and workers, with the CPU time of each process."""

from statistics import median

from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.connect_modes import TASKS, WATCHED_SECONDS, distributed_start, standalone, take_over
from tests.bench.cpu_time import IDLE, OTHERS
from tests.bench.drain_backlog import DrainResult, drain
from tests.bench.measurement import ROUNDS, Cell, Figures, Report
from tests.run_sluice import wait_for

ROWS = 300_000
_TASKS = (1, 2, TASKS)
_SHOWN = {"connect": "Connect", "mysql": "database", "kafka": "broker", OTHERS: "others", IDLE: "idle"}
_COSTS = {"connect": "Connect", "mysql": "database"}
_COLUMNS = (
    *("workers", "tasks", "tasks by worker", "rows/s"),
    *(f"{name}, cores" for name in _SHOWN.values()),
    *(f"{name}, µs a row" for name in _COSTS.values()),
)
_MODE_COLUMNS = ("mode", "workers", "start, s", f"rows/s, {TASKS} tasks", "after a kill -9, its tasks run again")


def scaling(bench: BenchPipeline) -> Report:
    """Measure numbers of tasks and workers, and standalone against distributed mode."""
    bench.execute("TRUNCATE TABLE myDB.gps_fixes")
    bench.empty_topic("gps-fixes")
    bench.load(bench.sample(ROWS))
    wait_for(lambda: bench.rows() == ROWS, seconds=300)
    with bench.with_workers(1) as there:
        one = _rounds(there)
        start = distributed_start(there)
        alone = standalone(there, rows=ROWS)
    with bench.with_workers(2) as there:
        two = _rounds(there)
        seconds = take_over(there, rows=ROWS)
    bench.empty_topic("gps-fixes")
    lines = [_line(number, tasks, runs) for number, found in ((1, one), (2, two)) for tasks, runs in found.items()]
    never = f"never: {alone.rows_while_dead:,} rows in {WATCHED_SECONDS} s"
    modes: tuple[tuple[Cell, ...], ...] = (
        ("standalone", 1, round(alone.start_seconds, 1), round(alone.rate), never),
        ("distributed", 1, round(start, 1), _rate(one[TASKS]), "(no other worker)"),
        ("distributed", 2, "", _rate(two[TASKS]), f"on the other worker, after {seconds:.1f} s"),
    )
    return Report(
        name="scaling",
        tables=(
            Figures(title=f"{ROWS:,} rows that wait in the topic", columns=_COLUMNS, rows=tuple(lines)),
            Figures(title="standalone and distributed", columns=_MODE_COLUMNS, rows=modes),
        ),
    )


def _rounds(bench: BenchPipeline) -> dict[int, list[DrainResult]]:
    """Return the runs by number of tasks; in turn, because a machine's speed drifts, after two warm-up runs."""
    for _ in range(2):
        drain(bench, rows=ROWS, tasks=TASKS)
    runs: dict[int, list[DrainResult]] = {tasks: [] for tasks in _TASKS}
    for _ in range(ROUNDS):
        for tasks, found in runs.items():
            found.append(drain(bench, rows=ROWS, tasks=tasks))
    # End with the settings of `sluice up` and all rows written: the pipeline is restarted next.
    drain(bench, rows=ROWS, tasks=TASKS)
    return runs


def _rate(runs: list[DrainResult]) -> int:
    return round(median(run.rate for run in runs))


def _line(workers: int, tasks: int, runs: list[DrainResult]) -> tuple[Cell, ...]:
    cores = (round(median(run.cores[name] for run in runs), 2) for name in _SHOWN)
    return workers, tasks, runs[-1].tasks, _rate(runs), *cores, *(_row_cost(name, runs) for name in _COSTS)


def _row_cost(name: str, runs: list[DrainResult]) -> float:
    return round(median(run.microseconds_per_row(name) for run in runs), 1)
