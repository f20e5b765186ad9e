"""Numbers of topics, sampled: records, rates in and out, sizes, and who reads them."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.pipeline_client import PipelineClient
from sluice.console.rate_meter import RateMeter
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.topic_sizes import TopicSizes
from sluice.view.connector_status import ConnectInspector, ConnectorStatus
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector, TopicSpans
from sluice.view.topic_reader import TopicReader
from sluice.view.topic_scan import SETTINGS

_READERS_SECONDS = 10.0
"""Age at which Connect is asked again which connectors read which topics."""


class TopicNumbers:
    """Samples numbers of topics, for pages that show them; one connection to Kafka for all."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self._kafka = PipelineClient(
            pipeline, lambda endpoints: KafkaInspector(endpoints.consumer), forget=self._forget
        )
        self._connect = PipelineClient(
            pipeline, lambda endpoints: ConnectInspector(*endpoints.connect, patience=_READERS_SECONDS)
        )
        self._sizes = TopicSizes(lambda topic: TopicReader(pipeline.endpoints.consumer, topic, settings=SETTINGS))
        self._sinks: tuple[ConnectorStatus, ...] | None = None
        """None until Connect has answered."""
        self._sinks_due = 0.0
        self._list_rates = RateMeter()

    def list_topics(self) -> list[dict[str, Any]]:
        """Return a line for each topic."""
        found = self._kafka.ask(lambda kafka: kafka.topic_spans())
        now = time.monotonic()
        return [{"name": name, **self._numbers(name, topic, self._list_rates, now)} for name, topic in found.items()]

    def sample(self, name: str, rates: RateMeter) -> dict[str, Any]:
        """Return the numbers of one topic."""
        topic = self._kafka.ask(lambda kafka: kafka.topic_spans([name])).get(name)
        if topic is None:
            raise SluiceError(f"there is no topic {name!r} that the console may read", status=Exit.USAGE)
        now = time.monotonic()
        sinks = self._known_sinks(now)
        return {
            **self._numbers(name, topic, rates, now),
            "spans": [[number, begin, end] for number, (begin, end) in sorted(topic.spans.items())],
            "groups": None if sinks is None else self._groups(sinks, name, topic, rates, now),
            "patterns": [sink.name for sink in sinks or () if sink.topics_pattern and name not in sink.topics],
        }

    def settings(self, topic: str) -> list[dict[str, Any]]:
        """Return the configuration of a topic."""
        return [asdict(setting) for setting in self._kafka.ask(lambda kafka: kafka.settings(topic))]

    def close(self) -> None:
        """Close the connections; the next question opens them again."""
        self._sizes.stop()
        self._kafka.close()
        self._connect.close()

    def _forget(self) -> None:
        self._sizes.forget()
        self._sinks, self._sinks_due = None, 0.0

    def _numbers(self, name: str, topic: TopicSpans, rates: RateMeter, now: float) -> dict[str, Any]:
        messages = sum(end - begin for begin, end in topic.spans.values())
        end = sum(end for _, end in topic.spans.values())
        mean = self._sizes.mean(name, end) if messages else None
        return {
            "partitions": topic.partitions,
            "silent": topic.silent,
            "messages": messages,
            # Without the offsets of all partitions the sum is another one: no rate.
            "rate": None if topic.silent else rates.note(name, end, at=now),
            "bytes": 0 if not messages else None if mean is None else round(mean * messages),
            "mean_bytes": mean,
        }

    def _groups(
        self, sinks: Sequence[ConnectorStatus], name: str, topic: TopicSpans, rates: RateMeter, now: float
    ) -> list[dict[str, Any]]:
        """Return how far the consumer groups are of the sinks that read a topic."""
        groups: list[dict[str, Any]] = []
        for group, connector in [(sink.group, sink.name) for sink in sinks if name in sink.topics]:
            committed = self._kafka.ask(lambda kafka, group=group: kafka.committed(group, name, topic.spans))
            known = {n: min(max(committed.get(n, begin), begin), end) for n, (begin, end) in topic.spans.items()}
            lag = sum(end - known[number] for number, (_, end) in topic.spans.items())
            rate = None if topic.silent else rates.note(f"{name} {group}", sum(known.values()), at=now)
            groups.append({"name": group, "connector": connector, "lag": lag, "rate": rate})
        return groups

    def _known_sinks(self, now: float) -> tuple[ConnectorStatus, ...] | None:
        if now >= self._sinks_due:
            self._sinks_due = now + _READERS_SECONDS
            try:
                connectors = self._connect.ask(lambda connect: connect.status(active_topics=True)).connectors
                self._sinks = tuple(connector for connector in connectors if connector.kind == "sink")
            except UnavailableError:
                pass  # those known last; the views Pipeline and Connectors say what is wrong
        return self._sinks
