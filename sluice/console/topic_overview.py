"""Numbers of topics, sampled: records, rates in and out, sizes, and who reads them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.rate_meter import RateMeter
from sluice.console.topic_pages import TopicPages
from sluice.view.connector_status import ConnectorStatus, fetch_connect_status
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector

_READERS_SECONDS = 15.0
"""Age at which Connect is asked again which connectors read which topics."""
_SIZE_SECONDS = 60.0
"""Age at which the size of a topic's records is sampled again, if it has new ones."""


@dataclass(frozen=True)
class _Size:
    at: float
    end: int
    mean: float | None


class TopicNumbers:
    """Samples numbers of topics, for pages that show them; one connection to Kafka for all."""

    def __init__(self, endpoints: Callable[[], Endpoints], pages: TopicPages) -> None:
        self._endpoints = endpoints
        self._pages = pages
        self._inspector: KafkaInspector | None = None
        self._sizes: dict[str, _Size] = {}
        self._sinks: tuple[ConnectorStatus, ...] = ()
        self._sinks_at = -_READERS_SECONDS
        self._list_rates = RateMeter()

    def list_topics(self) -> list[dict[str, Any]]:
        """Return a line for each topic."""
        now = time.monotonic()
        return [
            {"name": name, **self._numbers(name, spans, self._list_rates, now)}
            for name, spans in self._kafka().spans().items()
        ]

    def sample(self, topic: str, rates: RateMeter) -> dict[str, Any]:
        """Return the numbers of one topic."""
        spans = self._kafka().spans([topic]).get(topic)
        if spans is None:
            raise SluiceError(f"there is no topic {topic!r} that the console may read", status=Exit.USAGE)
        now = time.monotonic()
        return {
            **self._numbers(topic, spans, rates, now),
            "spans": [[number, begin, end] for number, (begin, end) in sorted(spans.items())],
            "groups": [self._group(sink, topic, spans, rates, now) for sink in self._readers_of(topic, now)],
        }

    def settings(self, topic: str) -> list[dict[str, Any]]:
        """Return the configuration of a topic."""
        return [asdict(setting) for setting in self._kafka().settings(topic)]

    def _numbers(
        self, topic: str, spans: Mapping[int, tuple[int, int]], rates: RateMeter, now: float
    ) -> dict[str, Any]:
        messages = sum(end - begin for begin, end in spans.values())
        end = sum(end for _, end in spans.values())
        mean = self._mean_size(topic, end, now) if messages else None
        return {
            "partitions": len(spans),
            "messages": messages,
            "rate": rates.note(topic, end, at=now),
            "bytes": 0 if not messages else None if mean is None else round(mean * messages),
            "mean_bytes": mean,
        }

    def _mean_size(self, topic: str, end: int, now: float) -> float | None:
        known = self._sizes.get(topic)
        if known is None or (known.end != end and now - known.at > _SIZE_SECONDS):
            known = self._sizes[topic] = _Size(now, end, self._pages.mean_size(topic))
        return known.mean

    def _group(
        self,
        sink: ConnectorStatus,
        topic: str,
        spans: Mapping[int, tuple[int, int]],
        rates: RateMeter,
        now: float,
    ) -> dict[str, Any]:
        committed = self._kafka().committed(sink.group, topic, spans)
        known = {number: min(max(committed.get(number, begin), begin), end) for number, (begin, end) in spans.items()}
        return {
            "name": sink.group,
            "connector": sink.name,
            "lag": sum(end - known[number] for number, (_, end) in spans.items()),
            "rate": rates.note(f"{topic} {sink.group}", sum(known.values()), at=now),
        }

    def _readers_of(self, topic: str, now: float) -> list[ConnectorStatus]:
        if now - self._sinks_at >= _READERS_SECONDS:
            self._sinks_at = now
            try:
                connectors = fetch_connect_status(*self._endpoints().connect).connectors
                self._sinks = tuple(connector for connector in connectors if connector.kind == "sink")
            except UnavailableError:
                pass  # those known last; the views Pipeline and Connectors say what is wrong
        return [sink for sink in self._sinks if topic in sink.topics]

    def _kafka(self) -> KafkaInspector:
        if self._inspector is None:
            self._inspector = KafkaInspector(self._endpoints().consumer)
        return self._inspector
