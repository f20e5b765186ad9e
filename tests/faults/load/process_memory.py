"""Samples the memory of a pipeline's processes and of commands under test while they work."""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Self

import psutil

from sluice.local.processes import running_processes
from tests.faults.load.judgement import MEBIBYTE, MemoryFigures, Sample, memory_figures
from tests.faults.load.soak_pipeline import SoakPipeline

_SECONDS = 1.0
_HEAP_LIMIT = re.compile(r"-Xmx(\d+)m\b")


def pss_of(pid: int) -> int:
    """Return the proportional set size of a process in bytes (RSS where there is no PSS); 0 if it is gone."""
    try:
        memory: Any = psutil.Process(pid).memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "pss", 0) or memory.rss)


def memory_by_name(pipeline: SoakPipeline) -> dict[str, int]:
    """Return the memory of each server of a pipeline, bytes, by its name in `sluice status`."""
    found: dict[str, int] = defaultdict(int)
    for entry in running_processes(pipeline.instance):
        found[entry.name] += pss_of(entry.pid)
    return dict(found)


def heap_limits(pipeline: SoakPipeline) -> dict[str, int]:
    """Return -Xmx of each server of a pipeline that is a JVM, bytes."""
    lines = {entry.name: " ".join(entry.process.cmdline()) for entry in running_processes(pipeline.instance)}
    return {name: int(found[1]) * MEBIBYTE for name, line in lines.items() if (found := _HEAP_LIMIT.search(line))}


class MemoryWatch:
    """Samples memory and progress once a second inside its context.

    Servers are sampled by the share of the work that `done` returns, commands by the share of their own time. Of
    several commands at once the mean is taken; the most that all had together is `most_together`.
    """

    def __init__(self, pipeline: SoakPipeline, *, command: str, done: Callable[[], float | None]) -> None:
        self.progress: list[tuple[float, float]] = []
        """Seconds since the beginning, and the share of the work done then."""
        self._pipeline, self._command, self._done = pipeline, command, done
        self._servers: dict[str, list[Sample]] = {}
        self._commands: list[tuple[float, int]] = []
        self.most_together = 0
        """Most memory that all commands had together, bytes."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._begun = time.monotonic()

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._sample()

    @property
    def seconds(self) -> float:
        """Time since the beginning, s."""
        return time.monotonic() - self._begun

    def by_time(self) -> None:
        """Take the share of the time for the share of the work, where that is not known; to be called at the end."""
        total = max(self.progress[-1][1], 1e-9)
        self._servers = {
            name: [Sample(done=one.done / total, memory_bytes=one.memory_bytes) for one in samples]
            for name, samples in self._servers.items()
        }

    def figures(self, *, growing: Mapping[str, str]) -> list[MemoryFigures]:
        """Return the figures of each process; those named in `growing` hold data and are not judged."""
        limits = heap_limits(self._pipeline)
        servers = [
            figures
            for name, samples in sorted(self._servers.items())
            if (figures := memory_figures(name, samples, judged=name not in growing, heap_limit=limits.get(name, 0)))
        ]
        command = memory_figures(self._command, self._command_samples())
        return [*([command] if command else []), *servers]

    def _command_samples(self) -> list[Sample]:
        if not self._commands:
            return []
        first, last = self._commands[0][0], self._commands[-1][0]
        return [
            Sample(done=(at - first) / max(last - first, 1e-9), memory_bytes=memory) for at, memory in self._commands
        ]

    def _run(self) -> None:
        while not self._over.wait(_SECONDS):
            self._sample()

    def _sample(self) -> None:
        done = self._done()
        if done is None:  # the answer of a moment in which a group rebalances
            return
        self.progress.append((self.seconds, max(done, self.progress[-1][1] if self.progress else 0.0)))
        for name, memory in memory_by_name(self._pipeline).items():
            self._servers.setdefault(name, []).append(Sample(done=done, memory_bytes=memory))
        running = [memory for child in tuple(self._pipeline.children) if (memory := pss_of(child.pid))]
        if running:
            self._commands.append((self.seconds, sum(running) // len(running)))
            self.most_together = max(self.most_together, sum(running))
