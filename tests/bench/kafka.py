"""Benchmarks of the producer, against Kafka's load generator and against a plain Python producer."""

import csv
import io
import json
import re
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import avro.io
import avro.schema
from kafka import KafkaProducer

from producer.kafka.delivery import COMPRESSION
from sluice.local.pipeline_spec import ROOT
from tests.bench.bench_pipeline import PEER_TOPIC, BenchPipeline, create_peer_topic
from tests.bench.measurement import Measurement, side_by_side

ROWS = 2_000_000
LAB_ROWS = 20_000
RECORD_BYTES = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def csv_to_kafka(bench: BenchPipeline) -> Measurement:
    """Measure a load (parse, encode, send, acknowledge) against records generated in memory."""
    create_peer_topic(bench.instance)
    source = bench.sample(ROWS)
    settings = bench.client_file({"acks": "all", "compression.type": COMPRESSION})
    with bench.sink_stopped():
        return side_by_side(
            lambda: bench.load(source),
            lambda: _generator(bench, settings),
            name="csv_to_kafka",
            unit="rows/s",
            goal="at least 1.2",
            what=f"ProducerPerformance, {RECORD_BYTES} bytes a record, acks=all, compression {COMPRESSION}",
        )


def _generator(bench: BenchPipeline, settings: Path) -> float:
    output = bench.kafka_tool(
        "org.apache.kafka.tools.ProducerPerformance",
        "--topic", PEER_TOPIC,
        "--num-records", str(ROWS),
        "--record-size", str(RECORD_BYTES),
        "--throughput", "-1",
        "--producer.config", str(settings),
    )  # fmt: skip
    bench.empty_topic(PEER_TOPIC)
    return float(re.findall(r"([\d.]+) records/sec", output)[-1])


def csv_to_kafka_lab(bench: BenchPipeline) -> Measurement:
    """Measure a load against a producer as in the original lab course: kafka-python and avro, a row at a time."""
    create_peer_topic(bench.instance)
    source = bench.sample(LAB_ROWS)
    large = bench.sample(ROWS)
    with bench.sink_stopped():
        return side_by_side(
            lambda: bench.load(large),
            lambda: _lab(bench, source),
            name="csv_to_kafka_lab",
            unit="rows/s",
            goal="at least 30",
            what="kafka-python and avro, one producer, a row at a time",
        )


def _lab(bench: BenchPipeline, source: Path) -> float:
    schema = avro.schema.parse((ROOT / "schemas/sluice.GpsFix.avsc").read_text())
    writer = avro.io.DatumWriter(schema)
    producer: Any = KafkaProducer(
        bootstrap_servers=f"127.0.0.1:{bench.instance.port('kafka')}",
        security_protocol="SASL_SSL",
        ssl_cafile=str(bench.instance.state / "tls/ca.pem"),
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username="producer",
        sasl_plain_password=bench.instance.passwords["kafka-producer"],
        acks="all",
        enable_idempotence=False,
    )
    begun = time.perf_counter()
    for key, fix in _fixes(source):
        value = io.BytesIO(struct.pack(">bI", 0, 1))
        value.seek(0, io.SEEK_END)
        writer.write(fix, avro.io.BinaryEncoder(value))
        producer.send(PEER_TOPIC, key=key, value=value.getvalue())
    producer.flush()
    seconds = time.perf_counter() - begun
    producer.close()
    bench.empty_topic(PEER_TOPIC)
    return LAB_ROWS / seconds


def _fixes(source: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    names = [field["name"] for field in json.loads((ROOT / "schemas/sluice.GpsFix.avsc").read_text())["fields"]]
    with source.open(newline="") as file:
        for utime, mode, satellites, *numbers in csv.reader(file):
            values = [None if number == "nan" else float(number) for number in numbers]
            recorded_at = _EPOCH + timedelta(microseconds=int(utime))
            yield utime.encode(), dict(zip(names, [recorded_at, int(mode), int(satellites), *values], strict=True))
