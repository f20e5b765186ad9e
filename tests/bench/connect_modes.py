"""Compares Kafka Connect's standalone and distributed modes: start-up, throughput, and behaviour after kill -9."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

from sluice.local import connect_workers
from sluice.local.java import format_properties, java_command
from sluice.local.kafka_broker import jvm_arguments
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.processes import Server, StartedServer, running_processes, stop_processes
from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.drain_backlog import Progress, drain, reset_sink
from tests.bench.measurement import ROUNDS
from tests.bench.sink_connector import MYSQL_SINK, Sink, connector_settings
from tests.run_sluice import wait_for

TASKS = 4
WATCHED_SECONDS = 30
"""How long to wait for another process to take over: twice what a group may need."""
_SECONDS = 120
_DISTRIBUTED_SETTINGS = ("group.id", "config.storage.", "offset.storage.", "status.storage.")
_KILLED_AT = 0.2
"""Share of the rows that is written when the process is killed."""


@dataclass(frozen=True, kw_only=True)
class Standalone:
    """Result of standalone mode: s until its tasks run, rows/s, rows written while its process was dead."""

    start_seconds: float
    rate: float
    rows_while_dead: int


def distributed_start(bench: BenchPipeline) -> float:
    """Return the seconds from the start of the only worker until all tasks of the sink run."""
    _stop_connect(bench)
    worker = connect_workers.worker(bench.instance, index=0, spec=PipelineSpec.read(), servers=bench.servers)
    return _start(bench, worker)


def standalone(bench: BenchPipeline, *, rows: int) -> Standalone:
    """Measure ConnectStandalone with the same plugins, settings and connector. The distributed worker stays stopped."""
    _stop_connect(bench)
    server = _standalone_server(bench)
    seconds = _start(bench, server)
    drain(bench, rows=rows, tasks=TASKS)
    rate = median(drain(bench, rows=rows, tasks=TASKS).rate for _ in range(ROUNDS))
    with _killed_in_the_middle(bench, "connect-standalone", rows=rows) as progress:
        before, deadline = progress.rows(), time.monotonic() + WATCHED_SECONDS
        wait_for(lambda: time.monotonic() > deadline or progress.rows() >= rows, seconds=_SECONDS)
        written = progress.rows() - before
    _start(bench, server)
    wait_for(lambda: bench.rows() == rows, seconds=_SECONDS)
    return Standalone(start_seconds=seconds, rate=rate, rows_while_dead=written)


def take_over(bench: BenchPipeline, *, rows: int) -> float:
    """Kill the second of two workers; return the seconds until the first runs all tasks. No row may be missing."""
    sink = Sink(bench.instance, MYSQL_SINK)
    with _killed_in_the_middle(bench, "connect-2", rows=rows):
        killed = time.monotonic()
        wait_for(lambda: _only_on(sink, bench.instance.port("connect")), seconds=_SECONDS)
        seconds = time.monotonic() - killed
    wait_for(lambda: bench.rows() == rows, seconds=_SECONDS)
    return seconds


def _standalone_server(bench: BenchPipeline) -> Server:
    """Return the server: the first worker's settings without those of distributed mode."""
    spec = PipelineSpec.read()
    worker = connect_workers.worker(bench.instance, index=0, spec=spec, servers=bench.servers)
    lines = (bench.instance.state / "connect-1.properties").read_text().splitlines(keepends=True)
    own = format_properties({"offset.storage.file.filename": str(bench.instance.state / "standalone.offsets")})
    settings = bench.instance.write(
        "standalone.properties", "".join([*(line for line in lines if not line.startswith(_DISTRIBUTED_SETTINGS)), own])
    )
    connector = bench.instance.write(
        "sink.properties", format_properties({"name": MYSQL_SINK, **connector_settings(MYSQL_SINK)})
    )
    links = bench.instance.link_servers(bench.servers)
    main = "org.apache.kafka.connect.cli.ConnectStandalone"
    return replace(
        worker,
        name="connect-standalone",
        command=java_command(
            *jvm_arguments(main, str(settings), str(connector), servers=links),
            heap=spec.worker_heap,
            cache=links / "connect.aot",
        ),
    )


def _start(bench: BenchPipeline, server: Server) -> float:
    begun = time.monotonic()
    StartedServer(server, instance=bench.instance).wait(seconds=_SECONDS, cancelled=threading.Event())
    Sink(bench.instance, MYSQL_SINK).wait_for_tasks(TASKS)
    return time.monotonic() - begun


def _stop_connect(bench: BenchPipeline) -> None:
    stop_processes(
        [entry for entry in running_processes(bench.instance) if entry.name.startswith("connect-")], seconds=30
    )


@contextmanager
def _killed_in_the_middle(bench: BenchPipeline, process: str, *, rows: int) -> Generator[Progress]:
    """Start the sink, kill one process of Connect in the middle, and yield the running count of rows."""
    sink = reset_sink(bench, tasks=TASKS)
    with Progress(bench) as progress:
        sink.resume()
        wait_for(lambda: progress.rows() >= rows * _KILLED_AT, seconds=_SECONDS)
        next(entry for entry in running_processes(bench.instance) if entry.name == process).process.kill()
        yield progress


def _only_on(sink: Sink, port: int) -> bool:
    tasks = [(task["state"], task["worker_id"]) for task in sink.tasks()]
    return tasks == [("RUNNING", f"127.0.0.1:{port}")] * TASKS
