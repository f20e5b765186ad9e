"""Costs of one format: from a record in memory into Kafka, and from Kafka through a Connect converter.

The way out is one task of a sink that writes nothing: the converter deserialises every record, and the first transform
drops it. A marker record before and after each round fails in the second transform and goes to the dead letter topic,
where the broker's timestamp records when.
"""

import time
from collections.abc import Iterable
from itertools import pairwise
from statistics import mean, median
from typing import Any

from confluent_kafka import Message, Producer, TopicPartition
from confluent_kafka.admin import OffsetSpec
from confluent_kafka.schema_registry import SchemaRegistryClient

from producer.kafka.delivery import COMPRESSION
from sluice.local.kafka_admin import admin_client
from sluice.local.pipeline_spec import Topic
from sluice.view.topic_reader import TopicReader
from tests.bench.bench_pipeline import PEER_TOPIC, BenchPipeline, create_topics
from tests.bench.formats import Format, Record, Schema
from tests.bench.measurement import ROUNDS
from tests.bench.sink_connector import MYSQL_SINK, Sink, connector_settings
from tests.run_sluice import wait_for

_MARK = "mark"
_SECONDS = 300
_TRANSFORMS = {
    "predicates": "marked",
    "predicates.marked.type": "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
    "predicates.marked.name": _MARK,
    "transforms": "drop,fail",
    "transforms.drop.type": "org.apache.kafka.connect.transforms.Filter",
    "transforms.drop.predicate": "marked",
    "transforms.drop.negate": "true",
    "transforms.fail.type": "org.apache.kafka.connect.transforms.ValueToKey",
    "transforms.fail.fields": "none of this name",
}


class FormatBench:
    """Measures one format, with topics of its own."""

    def __init__(
        self, bench: BenchPipeline, format_: Format, *, schema: Schema, registry: SchemaRegistryClient
    ) -> None:
        self.name = format_.name
        self._bench = bench
        self._format = format_
        self._topic = f"{PEER_TOPIC}-{format_.name.lower().replace(' ', '-')}"
        self._marks = f"{self._topic}-marks"
        self._serialise = format_.serialiser(schema, self._topic, registry)
        self._admin = admin_client(bench.instance)
        # LogAppendTime: the broker's time, not the record's.
        create_topics(
            bench.instance, _topic(self._topic), _topic(self._marks, **{"message.timestamp.type": "LogAppendTime"})
        )

    def bytes_of_values(self, records: Iterable[Record]) -> float:
        """Return the mean size of a value in bytes."""
        return mean(len(self._serialise(record)) for record in records)

    def bytes_stored(self, records: list[Record], *, compression: str) -> float:
        """Return the mean size in bytes of a record in the broker's files: value, key, share of the batch's header."""
        topic = f"{self._topic}-{compression}"
        create_topics(self._bench.instance, _topic(topic))
        self._send(self._producer(compression), records, topic=topic)
        files = (self._bench.instance.state / "kafka" / f"{topic}-0").glob("*.log")
        return sum(path.stat().st_size for path in files) / len(records)

    def rows_in(self, records: list[Record]) -> float:
        """Return rows per second from memory to acknowledgement: the median of the rounds after the first."""
        producer = self._producer(COMPRESSION)
        seconds = [self._round(producer, records) for _ in range(ROUNDS + 1)]
        self._mark(producer, records[0])
        self._rows = len(records)
        return len(records) / median(seconds[1:])

    def rows_out(self) -> float:
        """Return rows per second that one task reads of the records of rows_in (median without the first round)."""
        before = self._end(self._marks)
        sink = Sink(self._bench.instance, f"{self._topic}-out-{before}")
        sink.apply(
            {
                **connector_settings(MYSQL_SINK),
                **self._format.converter,
                "value.format": "connect",
                **_TRANSFORMS,
                "topics": self._topic,
                "tasks.max": "1",
                "errors.deadletterqueue.topic.name": self._marks,
                "errors.log.enable": "false",
            }
        )
        wait_for(lambda: self._end(self._marks) == before + ROUNDS + 2, seconds=_SECONDS)
        sink.delete()
        times = [_milliseconds(message) for message in self._read(self._marks)[before:]]
        return self._rows / median((after - before) / 1000 for before, after in list(pairwise(times))[1:])

    def _round(self, producer: Producer, records: list[Record]) -> float:
        self._mark(producer, records[0])
        begun = time.perf_counter()
        self._send(producer, records, topic=self._topic)
        return time.perf_counter() - begun

    def _mark(self, producer: Producer, record: Record) -> None:
        producer.produce(self._topic, value=self._serialise(record), headers={_MARK: b""})
        producer.flush()

    def _send(self, producer: Producer, records: list[Record], *, topic: str) -> None:
        before = self._end(topic)
        serialise = self._serialise
        for record in records:
            key, value = str(record["recorded_at"]), serialise(record)
            while True:
                try:
                    producer.produce(topic, key=key, value=value)
                    break
                except BufferError:
                    producer.poll(0.01)
        producer.flush()
        assert self._end(topic) == before + len(records)

    def _producer(self, compression: str) -> Producer:
        settings = {"enable.idempotence": True, "linger.ms": 20, "queue.buffering.max.messages": 50_000}
        login = self._bench.endpoints.producer.client_settings()
        return Producer({**login, **settings, "compression.type": compression})

    def _end(self, topic: str) -> int:
        latest: dict[TopicPartition, Any] = {TopicPartition(topic, 0): OffsetSpec.latest()}
        return sum(future.result(30).offset for future in self._admin.list_offsets(latest).values())

    def _read(self, topic: str) -> list[Message]:
        reader = TopicReader(self._bench.endpoints.consumer, topic)
        try:
            return list(reader.backlog())
        finally:
            reader.close()


def _topic(name: str, **config: str) -> Topic:
    return Topic(name=name, partitions=1, replicas=1, config=config)


def _milliseconds(message: Message) -> int:
    return message.timestamp()[1]
