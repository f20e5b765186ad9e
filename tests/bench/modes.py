"""Kafka Connect as one process on its own against a group of workers: the start, the work, and a kill -9."""

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
from tests.bench.bed import Bed
from tests.bench.drain import Progress, begin, drain
from tests.bench.measurement import ROUNDS
from tests.bench.sink import MYSQL_SINK, Sink, settings_of
from tests.support import wait_for

TASKS = 4
WATCHED_SECONDS = 30
"""How long one looks whether somebody takes over: twice what a group may need."""
_SECONDS = 120
_OF_A_GROUP = ("group.id", "config.storage.", "offset.storage.", "status.storage.")
_KILLED_AT = 0.2
"""The part of the rows that is written when the process is killed."""


@dataclass(frozen=True, kw_only=True)
class Standalone:
    """What a process on its own did: s until its tasks ran, rows/s, and rows written while it lay dead."""

    start_seconds: float
    rate: float
    rows_while_dead: int


def distributed_start(bed: Bed) -> float:
    """Seconds from the start of the only worker until all tasks of the sink run."""
    _stop_connect(bed)
    worker = connect_workers.worker(bed.instance, index=0, spec=PipelineSpec.read(), servers=bed.servers)
    return _start(bed, worker)


def standalone(bed: Bed, *, rows: int) -> Standalone:
    """The same plugins, settings and connector in ConnectStandalone; the group's worker stays down afterwards."""
    _stop_connect(bed)
    server = _standalone_server(bed)
    seconds = _start(bed, server)
    drain(bed, rows=rows, tasks=TASKS)
    rate = median(drain(bed, rows=rows, tasks=TASKS).rate for _ in range(ROUNDS))
    with _killed_in_the_middle(bed, "connect-standalone", rows=rows) as progress:
        before, deadline = progress.rows(), time.monotonic() + WATCHED_SECONDS
        wait_for(lambda: time.monotonic() > deadline or progress.rows() >= rows, seconds=_SECONDS)
        written = progress.rows() - before
    _start(bed, server)
    wait_for(lambda: bed.rows() == rows, seconds=_SECONDS)
    return Standalone(start_seconds=seconds, rate=rate, rows_while_dead=written)


def take_over(bed: Bed, *, rows: int) -> float:
    """Seconds from the kill of the second of two workers until the first runs all tasks; no row may be missing."""
    sink = Sink(bed.instance, MYSQL_SINK)
    with _killed_in_the_middle(bed, "connect-2", rows=rows):
        killed = time.monotonic()
        wait_for(lambda: _only_on(sink, bed.instance.port("connect")), seconds=_SECONDS)
        seconds = time.monotonic() - killed
    wait_for(lambda: bed.rows() == rows, seconds=_SECONDS)
    return seconds


def _standalone_server(bed: Bed) -> Server:
    """As the first worker of the group, but for what only a group has."""
    description = PipelineSpec.read()
    worker = connect_workers.worker(bed.instance, index=0, spec=description, servers=bed.servers)
    lines = (bed.instance.state / "connect-1.properties").read_text().splitlines(keepends=True)
    own = format_properties({"offset.storage.file.filename": str(bed.instance.state / "standalone.offsets")})
    settings = bed.instance.write(
        "standalone.properties", "".join([*(line for line in lines if not line.startswith(_OF_A_GROUP)), own])
    )
    connector = bed.instance.write(
        "sink.properties", format_properties({"name": MYSQL_SINK, **settings_of(MYSQL_SINK)})
    )
    links = bed.instance.link_servers(bed.servers)
    main = "org.apache.kafka.connect.cli.ConnectStandalone"
    return replace(
        worker,
        name="connect-standalone",
        command=java_command(
            *jvm_arguments(main, str(settings), str(connector), servers=links),
            heap=description.worker_heap,
            cache=links / "connect.aot",
        ),
    )


def _start(bed: Bed, server: Server) -> float:
    begun = time.monotonic()
    StartedServer(server, instance=bed.instance).wait(seconds=_SECONDS, cancelled=threading.Event())
    Sink(bed.instance, MYSQL_SINK).wait_for_tasks(TASKS)
    return time.monotonic() - begun


def _stop_connect(bed: Bed) -> None:
    stop_processes(
        [entry for entry in running_processes(bed.instance) if entry.name.startswith("connect-")], seconds=30
    )


@contextmanager
def _killed_in_the_middle(bed: Bed, process: str, *, rows: int) -> Generator[Progress]:
    """Set the sink to work, kill one process of Connect in the middle of it, and go on counting rows."""
    sink = begin(bed, tasks=TASKS)
    with Progress(bed) as progress:
        sink.resume()
        wait_for(lambda: progress.rows() >= rows * _KILLED_AT, seconds=_SECONDS)
        next(entry for entry in running_processes(bed.instance) if entry.name == process).process.kill()
        yield progress


def _only_on(sink: Sink, port: int) -> bool:
    tasks = [(task["state"], task["worker_id"]) for task in sink.tasks()]
    return tasks == [("RUNNING", f"127.0.0.1:{port}")] * TASKS
