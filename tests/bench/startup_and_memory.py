"""Benchmarks of the local pipeline: start-up time and memory."""

import threading
import time

from sluice.local import connect_workers, kafka_broker, registry_server
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.processes import Server, StartedServer, running_processes, stop_processes
from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.measurement import Measurement, side_by_side

_LIMIT_MIB = 2048


def start(bench: BenchPipeline) -> Measurement:
    """Measure `sluice up` of a stopped pipeline, against the start of its slowest JVM alone."""
    names = ["kafka", "registry", "connect-1"]
    alone = {name: _alone(bench, name) for name in names}
    slowest = max(names, key=lambda name: alone[name])
    return side_by_side(
        lambda: _up(bench),
        lambda: _alone(bench, slowest),
        name="start",
        unit="s",
        goal="at most 1.5",
        what=f"{slowest} alone, what it needs already running",
    )


def _up(bench: BenchPipeline) -> float:
    bench.sluice("down")
    begun = time.perf_counter()
    bench.sluice("up", "--workers", "1")
    return time.perf_counter() - begun


def _alone(bench: BenchPipeline, name: str) -> float:
    """Restart one JVM of a running pipeline; return the seconds until it is ready."""
    server = _server(bench, name)
    stop_processes([entry for entry in running_processes(bench.instance) if entry.name == name], seconds=30)
    begun = time.perf_counter()
    StartedServer(server, instance=bench.instance).wait(seconds=120, cancelled=threading.Event())
    return time.perf_counter() - begun


def _server(bench: BenchPipeline, name: str) -> Server:
    spec = PipelineSpec.read()
    if name == "kafka":
        settings = bench.instance.state / "kafka.properties"
        return kafka_broker.server(bench.instance, settings=settings, servers=bench.servers)
    if name == "registry":
        return registry_server.server(bench.instance, settings=spec.registry, servers=bench.servers)
    return connect_workers.worker(bench.instance, index=0, spec=spec, servers=bench.servers)


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
