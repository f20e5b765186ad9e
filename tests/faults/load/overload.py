"""Part `overload`: producers far faster than the sink; what grows, where it stops, what is said of it, what is lost."""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console
from producer.sample import write_sample
from sluice.local import kafka_broker
from sluice.local.fetch_servers import fetch_servers
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.processes import StartedServer, running_processes, stop_processes
from tests.faults.load.inventory import disk_bytes
from tests.faults.load.judgement import MEBIBYTE, Sample, memory_figures
from tests.faults.load.part_result import FigureTable, PartResult, memory_table, not_flat
from tests.faults.load.process_memory import heap_limits, memory_by_name
from tests.faults.load.small_loads import settle
from tests.faults.load.soak_pipeline import PipelineOptions, SoakPipeline, proof_problems, soak_pipeline
from tests.faults.stall_watch import Offsets

_START_SECONDS = 120
_STOP_SECONDS = 30
_STORE_RUNS, _STORE_STOPS = 0.05, 0.95
"""Of each second the database runs so long, s: a store twenty times as slow."""
_OVERSHOOT = 512 * MEBIBYTE
"""What may be written beyond the room: the disk is looked at every two seconds, and the last requests are accepted."""
_SHOWN = 10
"""Readings in the table."""


@dataclass(frozen=True, kw_only=True)
class OverloadOptions:
    """Sizes of the part."""

    seconds: float = 600
    producers: int = 3
    rows: int = 2_000_000
    """Rows of the log that each producer loads again and again."""
    room_mebibytes: int = 2048
    """What the topics may take of the disk: the broker is told to keep all the rest of it free."""
    seed: int = 1
    pause: float = 10.0
    """Time between two readings, s."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What there was at one moment, and what `sluice status` said then."""

    seconds: float
    disk_bytes: int
    lag: int
    told: int | None
    """The lag that `sluice status` showed; None if it showed none."""
    notes: tuple[str, ...]
    memory: dict[str, int]


def overload(
    options: OverloadOptions, pipeline_options: PipelineOptions, console: Console, *, result: PartResult
) -> None:
    """Slow the store down, load from all sides, read figures; then let the sink catch up, and prove every row."""
    result.settings |= {"seconds": options.seconds, "producers": options.producers, "room, MiB": options.room_mebibytes}
    with soak_pipeline(pipeline_options) as pipeline:
        log = pipeline.folder / "gps.csv"
        write_sample(log, rows=options.rows, seed=options.seed)
        _restart_broker(
            pipeline, reserve=psutil.disk_usage(str(pipeline.folder)).free - options.room_mebibytes * MEBIBYTE
        )
        before = disk_bytes(pipeline.instance.state / "kafka")
        readings: list[Reading] = []
        with _slow_store(pipeline), _Producers(pipeline, log, options.producers) as producers:
            for reading in _readings(pipeline, options, console):
                readings.append(reading)
                result.replace_table(_table(readings, before))
        result.tables.append(producers.table())
        result.found += [*_judge(readings, before, options), *producers.unexpected()]
        figures = [one for one in map(_memory(readings, heap_limits(pipeline)), sorted(readings[-1].memory)) if one]
        result.tables.append(memory_table("memory", figures))
        result.found += not_flat("overload", figures)
        console.print("  the store is fast again, and the disk has room …")
        _restart_broker(pipeline, reserve=PipelineSpec.read().broker_disk_reserve)
        settle(pipeline)
        pipeline.run("load", "gps", str(log), "--json")
        result.found += proof_problems(pipeline.prove(str(log)), equal=options.rows)


def _restart_broker(pipeline: SoakPipeline, *, reserve: int) -> None:
    """Restart the broker so that it keeps `reserve` bytes of its disk free."""
    instance, servers = pipeline.instance, fetch_servers(env=os.environ, say=lambda _: None)
    broker = [entry for entry in running_processes(instance) if entry.name == "kafka"]
    stop_processes(broker, seconds=_STOP_SECONDS)
    spec = replace(PipelineSpec.read(), broker_disk_reserve=max(1, reserve))
    settings = kafka_broker.prepare(instance, spec=spec, servers=servers)
    server = kafka_broker.server(instance, settings=settings, servers=servers)
    StartedServer(server, instance=instance).wait(seconds=_START_SECONDS, cancelled=threading.Event())


@contextmanager
def _slow_store(pipeline: SoakPipeline) -> Generator[None]:
    """Stop the database for most of each second."""
    (store,) = [entry.process for entry in running_processes(pipeline.instance) if entry.name == "mysql"]
    over = threading.Event()

    def alternate() -> None:
        while not over.wait(_STORE_RUNS):
            store.suspend()
            over.wait(_STORE_STOPS)
            store.resume()

    thread = threading.Thread(target=alternate, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class _Producers:
    """Loads a log again and again, from several commands at once, inside its context."""

    def __init__(self, pipeline: SoakPipeline, log: Path, number: int) -> None:
        self._pipeline, self._log = pipeline, log
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(number)]
        self._ends: Counter[str] = Counter()
        self._says: dict[str, str] = {}
        self._rows = 0

    def __enter__(self) -> "_Producers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for child in tuple(self._pipeline.children):
            child.send_signal(signal.SIGINT)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            child = self._pipeline.start("load", "gps", str(self._log), "--json")
            out, errors = child.communicate()
            self._pipeline.children.remove(child)
            name = Exit(child.returncode).name
            self._ends[name] += 1
            self._rows += json.loads(out)["acknowledged"] if out else 0
            if name not in (Exit.OK.name, Exit.INTERRUPTED.name):
                self._says.setdefault(name, errors.strip().splitlines()[-1])

    def unexpected(self) -> Iterator[str]:
        """Yield a sentence for each way in which a load may not end: it may be slowed down, and give up in time."""
        known = {Exit.OK.name, Exit.INTERRUPTED.name, Exit.INCOMPLETE.name, Exit.UNAVAILABLE.name}
        for name in self._ends.keys() - known:
            yield f"a load ended as {name}: {self._says.get(name, '')}"

    def table(self) -> FigureTable:
        """Return how the loads ended, and what they said."""
        rows = [(name, number, self._says.get(name, "")) for name, number in sorted(self._ends.items())]
        total = ("rows acknowledged", self._rows, "")
        return FigureTable(title="loads", columns=("ended as", "number", "saying"), rows=(*rows, total))


def _readings(pipeline: SoakPipeline, options: OverloadOptions, console: Console) -> Iterator[Reading]:
    offsets, begun = Offsets(pipeline.endpoints), time.monotonic()
    while (seconds := time.monotonic() - begun) < options.seconds:
        status = _status(pipeline)
        positions = offsets.of_sink("mysql-sink", "gps-fixes").values()
        reading = Reading(
            seconds=seconds,
            disk_bytes=disk_bytes(pipeline.instance.state / "kafka"),
            lag=sum(end - position for position, end in positions),
            told=(status["lag"] if "error" not in status["lag"] else {}).get("mysql-sink"),
            notes=(*status["problems"], *status["notes"]),
            memory=memory_by_name(pipeline),
        )
        console.print(f"  {seconds:,.0f} s: lag {reading.lag:,}, topics {reading.disk_bytes // MEBIBYTE:,} MiB")
        yield reading
        time.sleep(options.pause)


def _status(pipeline: SoakPipeline) -> dict[str, Any]:
    return json.loads(pipeline.finish(pipeline.start("status", "--json"), Exit.OK, Exit.FAILED, Exit.UNAVAILABLE))


def _memory(readings: list[Reading], limits: Mapping[str, int]) -> Any:
    last = max(readings[-1].seconds, 1e-9)

    def figures(name: str) -> Any:
        samples = [Sample(done=one.seconds / last, memory_bytes=one.memory.get(name, 0)) for one in readings]
        return memory_figures(name, samples, heap_limit=limits.get(name, 0))

    return figures


def _judge(readings: list[Reading], before: int, options: OverloadOptions) -> Iterator[str]:
    taken = max(one.disk_bytes for one in readings) - before
    if taken > options.room_mebibytes * MEBIBYTE + _OVERSHOOT:
        yield f"the topics took {taken // MEBIBYTE:,} MiB of the disk, with room for {options.room_mebibytes:,}"
    if not any(one.told for one in readings[1:]):
        yield "sluice status never said that mysql-sink is behind"


def _table(readings: list[Reading], before: int) -> FigureTable:
    step = max(1, len(readings) // _SHOWN)
    rows = tuple(
        (
            round(one.seconds),
            one.lag,
            one.told if one.told is not None else "",
            (one.disk_bytes - before) // MEBIBYTE,
            sum(one.memory.values()) // MEBIBYTE,
            "; ".join(one.notes),
        )
        for one in readings[::step]
    )
    columns = ("s", "lag, records", "lag in status", "topics, MiB", "memory of all, MiB", "status says")
    return FigureTable(title="overload", columns=columns, rows=rows)
