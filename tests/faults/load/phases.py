"""A phase of a large load: commands run while memory and progress are watched; its figures go into the result."""

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from producer.runtime.exit_status import SluiceError
from producer.runtime.terminal import Console
from tests.faults.load.judgement import MEBIBYTE, is_linear, rates_by_tenth
from tests.faults.load.part_result import Cell, FigureTable, PartResult, memory_table, not_flat
from tests.faults.load.process_memory import MemoryWatch
from tests.faults.load.soak_pipeline import SoakPipeline
from tests.faults.stall_watch import Offsets

_STALL_SECONDS = 300
"""A sink that writes nothing for so long will not go on by itself."""


class SinkProgress:
    """Progress of a sink since its creation: the share of `records` that it has committed."""

    def __init__(self, pipeline: SoakPipeline, *, connector: str, topic: str, records: int) -> None:
        self._offsets = Offsets(pipeline.endpoints)
        self._connector, self._topic, self._records = connector, topic, records
        self._before = self._committed() or 0

    def share(self) -> float | None:
        """Return the share (0 to 1) that is committed; None if it cannot be read now."""
        committed = self._committed()
        return None if committed is None else min(1.0, (committed - self._before) / self._records)

    def wait(self) -> None:
        """Wait until all is committed; raises SluiceError if the sink stands still."""
        share, since = -1.0, time.monotonic()
        while (now := self.share()) is None or now < 1:
            if now is not None and now > share:
                share, since = now, time.monotonic()
            if time.monotonic() - since > _STALL_SECONDS:
                raise SluiceError(f"{self._connector} has committed nothing for {_STALL_SECONDS} s, {share:.0%} done")
            time.sleep(0.2)

    def wait_for_all(self) -> None:
        """Wait until everything in the topic is committed, however much that is."""
        deadline = time.monotonic() + _STALL_SECONDS
        while not self._is_caught_up():
            if time.monotonic() > deadline:
                raise SluiceError(f"{self._connector} has not caught up within {_STALL_SECONDS} s")
            time.sleep(0.2)

    def _is_caught_up(self) -> bool:
        positions = self._offsets.of_sink(self._connector, self._topic).values()
        return bool(positions) and all(position == end for position, end in positions)

    def _committed(self) -> int | None:
        positions = self._offsets.of_sink(self._connector, self._topic)
        return sum(position for position, _ in positions.values()) if positions else None


@dataclass(kw_only=True)
class PhaseRecorder:
    """Runs the phases of a part, and keeps their figures."""

    pipeline: SoakPipeline
    result: PartResult
    console: Console
    unit: str
    growing: Mapping[str, str] = field(default_factory=dict[str, str])
    """Processes that hold the data, so that their memory grows with it, and why."""

    def __post_init__(self) -> None:
        self._times: list[tuple[Cell, ...]] = []
        self._notes: list[tuple[Cell, ...]] = []

    @contextmanager
    def phase(
        self, name: str, *, command: str, amount: float, done: Callable[[], float | None] | None = None
    ) -> Generator[MemoryWatch]:
        """Watch what runs in this context; without `done`, progress is the phase's own time.

        Where progress is known, the rate in each tenth is judged as well.
        """
        self.console.print(f"  {name} …")
        begun = time.monotonic()
        watch = MemoryWatch(self.pipeline, command=command, done=done or (lambda: time.monotonic() - begun))
        with watch:
            yield watch
        seconds = watch.seconds
        if done is None:
            watch.by_time()
        figures = watch.figures(growing=self.growing)
        self.result.tables.append(memory_table(f"{name}: memory", figures))
        self.result.found += not_flat(name, figures)
        rates = rates_by_tenth(watch.progress, amount=amount) if done else ()
        self._add_times((name, seconds, amount / seconds, ", ".join(f"{rate:,.0f}" for rate in rates)))
        if done and not is_linear(rates):
            self.result.found.append(
                f"{name}: slower at its end: {', '.join(f'{rate:,.0f}' for rate in rates)} {self.unit}/s"
            )
        self.console.print(f"    {seconds:,.0f} s, {amount / seconds:,.0f} {self.unit}/s")

    def _add_times(self, row: tuple[Cell, ...]) -> None:
        columns = ("phase", "s", f"{self.unit}/s", f"{self.unit}/s in each tenth, of what the sink had committed")
        self._times.append(row)
        self.result.replace_table(FigureTable(title="time", columns=columns, rows=tuple(self._times)))

    def note(self, name: str, memory_bytes: int) -> None:
        """Keep a figure of memory that belongs to no single process."""
        self._notes.append((name, round(memory_bytes / MEBIBYTE)))
        table = FigureTable(title="loads at once", columns=("", "MiB"), rows=tuple(self._notes))
        self.result.replace_table(table)

    def expect(self, name: str, problems: Iterable[str]) -> None:
        """Add what a phase found wrong."""
        self.result.found += [f"{name}: {problem}" for problem in problems]
