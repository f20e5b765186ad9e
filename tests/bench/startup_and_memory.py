"""Benchmarks of the local pipeline: start-up time and memory."""

import resource
import time
from dataclasses import dataclass
from statistics import median

import psutil

from sluice.local.processes import running_processes
from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.cpu_time import cpu_seconds
from tests.bench.measurement import ROUNDS, Figures, Measurement

_LIMIT_MIB = 2048
_CPU_GOAL_SECONDS = 12
_COMMAND, _ALL = "sluice up", "all"


@dataclass(frozen=True, kw_only=True)
class Start:
    """One start: wall time until every task runs, and the CPU time of each process until then, s."""

    seconds: float
    cpu: dict[str, float]

    def floor(self, cores: int) -> float:
        """Return the wall time of a start that keeps all cores busy, s."""
        return sum(self.cpu.values()) / cores


def start(bench: BenchPipeline) -> Measurement:
    """Measure `sluice up` of a stopped pipeline against its floor: the CPU time of all processes on all cores."""
    _start(bench)
    return compare_with_floor([_start(bench) for _ in range(ROUNDS)], cores=psutil.cpu_count() or 1)


def compare_with_floor(starts: list[Start], *, cores: int) -> Measurement:
    """Return the medians of several starts."""
    processes = {name: median(run.cpu.get(name, 0.0) for run in starts) for name in sorted(starts[0].cpu)}
    processes[_ALL] = median(sum(run.cpu.values()) for run in starts)
    return Measurement(
        name="start",
        ours=median(run.seconds for run in starts),
        peer=median(run.floor(cores) for run in starts),
        unit="s",
        ratio=median(run.seconds / run.floor(cores) for run in starts),
        goal="at most 1.2",
        what=f"CPU time of all processes until every task runs, on {cores} cores",
        figures=Figures(
            title=f"start: CPU time (goal: all below {_CPU_GOAL_SECONDS} s)",
            columns=("process", "CPU, s"),
            rows=tuple((name, round(seconds, 2)) for name, seconds in processes.items()),
        ),
    )


def _start(bench: BenchPipeline) -> Start:
    bench.sluice("down")
    before, begun = _ended_children(), time.perf_counter()
    bench.sluice("up", "--workers", "1")
    seconds = time.perf_counter() - begun
    return Start(seconds=seconds, cpu={**cpu_seconds(bench.instance), _COMMAND: _ended_children() - before})


def _ended_children() -> float:
    """Return the CPU time of this process's children that have ended, s: here, of the command alone."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory(bench: BenchPipeline) -> Measurement:
    """Measure the memory of all idle processes, shared pages counted once (PSS)."""
    mebibytes = sum(entry.memory_bytes for entry in running_processes(bench.instance)) / 2**20
    return Measurement(
        name="memory",
        ours=mebibytes,
        peer=_LIMIT_MIB,
        unit="MiB",
        ratio=mebibytes / _LIMIT_MIB,
        goal="below 1",
        what="the limit of 2 GiB (PSS)",
    )
