"""Benchmark of images from file to Redis, against Kafka's load generator with records of the same size."""

import json
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from redis import Redis

from producer.sample_images import write_images
from sluice.local.pipeline_spec import PipelineSpec
from tests.bench.bench_pipeline import PEER_TOPIC, BenchPipeline, create_topics
from tests.bench.measurement import Measurement, side_by_side
from tests.run_sluice import wait_for

IMAGES = 360
"""Nearly as many as fit into Redis' memory."""
SIZE = (640, 520)
"""998,400 bytes at three bytes per pixel; Redis allocates 1 MiB for it, and 1.25 MiB for more than 1 MiB."""
_TOPIC = f"{PEER_TOPIC}-images"
_DATABASE = 1


def images_to_redis(bench: BenchPipeline) -> Measurement:
    """Measure from the first file read to the last key visible in Redis."""
    topic = next(entry for entry in PipelineSpec.read().topics if entry.name == "images")
    create_topics(bench.instance, replace(topic, name=_TOPIC))
    folder = bench.folder / "images"
    write_images(folder, count=IMAGES, size=SIZE)
    sizes = [path.stat().st_size for path in folder.rglob("*.tiff")]
    settings = bench.client_file(
        {"acks": "all", "max.request.size": topic.config["max.message.bytes"], "batch.size": "1000000"}
    )
    with bench.sink_stopped(), _server(bench) as server:
        return side_by_side(
            lambda: _pipeline(bench, server, folder, megabytes=sum(sizes) / 1e6),
            lambda: _generator(bench, settings, size=max(sizes)),
            name="images_to_redis",
            unit="MB/s",
            goal="at least 0.6",
            what=f"ProducerPerformance, {IMAGES} records of {max(sizes):,} bytes, acks=all, into Kafka alone",
        )


def _pipeline(bench: BenchPipeline, server: "Redis", folder: Path, *, megabytes: float) -> float:
    server.flushdb()
    report = json.loads(bench.sluice("load", "images", str(folder), "--max-bytes", "all", "--json"))
    ended = time.perf_counter()
    wait_for(lambda: server.dbsize() == IMAGES, seconds=120)
    # Without the start of the program, as in the generator's figure.
    seconds = report["seconds"] + time.perf_counter() - ended
    bench.empty_topic("images")
    return megabytes / seconds


def _generator(bench: BenchPipeline, settings: Path, *, size: int) -> float:
    output = bench.kafka_tool(
        "org.apache.kafka.tools.ProducerPerformance",
        "--topic", _TOPIC,
        "--num-records", str(IMAGES),
        "--record-size", str(size),
        "--throughput", "-1",
        "--producer.config", str(settings),
    )  # fmt: skip
    bench.empty_topic(_TOPIC)
    return float(re.findall(r"([\d.]+) records/sec", output)[-1]) * size / 1e6


@contextmanager
def _server(bench: BenchPipeline) -> Generator["Redis"]:
    """Yield an administrator's client of the images' database; empties it at the end."""
    port, password = bench.instance.port("redis"), bench.instance.passwords["redis-admin"]
    with Redis(host="127.0.0.1", port=port, db=_DATABASE, username="admin", password=password) as server:
        yield server
        server.flushdb()
