"""What Kafka says of its topics and of how far the sinks have read."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, cast

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # pyright: ignore[reportPrivateImportUsage]

from producer.kafka.connection import KafkaUser
from sluice.view.http_client import TIMEOUT, UnavailableError


@dataclass(frozen=True, kw_only=True)
class TopicStatus:
    """A topic that the asking user may see."""

    name: str
    partitions: int
    messages: int
    """End offsets less begin offsets: what compaction or a transaction took out still counts."""


@dataclass(frozen=True, kw_only=True)
class KafkaStatus:
    """The brokers and the topics that the asking user may see."""

    identity: str
    brokers: tuple[str, ...]
    topics: tuple[TopicStatus, ...]


@dataclass(frozen=True, kw_only=True)
class UnreadRecords:
    """What a consumer group has not yet said to have dealt with."""

    spans: dict[int, tuple[int, int]]
    """First offset and the one after the last, of each partition in which something waits."""
    lost: int
    """Messages that the topic deleted before the group had read them."""


class KafkaInspector:
    """Asks a Kafka cluster as one user; everything here raises SilentError where no answer comes."""

    def __init__(self, user: KafkaUser) -> None:
        self._server = user.bootstrap_servers
        self._reasons: list[str] = []
        # Errors come back as SilentError; librdkafka would print each attempt on standard error as well.
        quiet: dict[str, Any] = {"log_level": 0, "error_cb": self._keep, "socket.connection.setup.timeout.ms": 2000}
        try:
            self._admin = AdminClient(user.client_settings() | quiet)
        except KafkaException as error:  # the file of the authority is missing, or is none
            raise UnavailableError(f"Kafka at {self._server} cannot be asked: {error.args[0].str()}") from error

    def kafka_status(self) -> KafkaStatus:
        """The brokers and topics, with message counts."""
        metadata = self._metadata()
        partitions = {
            name: [TopicPartition(name, number) for number in topic.partitions]
            for name, topic in metadata.topics.items()
            if topic.error is None and not name.startswith("__")
        }
        every = [partition for group in partitions.values() for partition in group]
        begins = self._offsets(every, "earliest")
        ends = self._offsets(every, "latest")
        topics = tuple(
            TopicStatus(
                name=name,
                partitions=len(group),
                messages=sum(ends[name, p.partition] - begins[name, p.partition] for p in group),
            )
            for name, group in sorted(partitions.items())
        )
        brokers = tuple(f"{b.host}:{b.port}" for _, b in sorted(metadata.brokers.items()))
        return KafkaStatus(identity=metadata.cluster_id, brokers=brokers, topics=topics)

    def lag(self, group: str, topics: Iterable[str]) -> int:
        """Messages in `topics` that the consumer group `group` has not yet said to have dealt with."""
        metadata = self._metadata()
        known = [metadata.topics[name] for name in topics if name in metadata.topics]
        partitions = [TopicPartition(topic.topic, number) for topic in known for number in topic.partitions]
        if not partitions:
            return 0
        committed = self._committed(group, partitions)
        begins = self._offsets(partitions, "earliest")
        ends = self._offsets(partitions, "latest")
        # A group that never committed has all of it before it; one that committed before old messages were
        # deleted has only what is left.
        return sum(max(0, end - max(committed.get(at, -1), begins[at])) for at, end in ends.items())

    def end_offsets(self, topic: str) -> dict[int, int]:
        """The offset of each partition that its next message will have; open transactions count."""
        found = self._metadata().topics.get(topic)
        if found is None or found.error is not None:
            raise UnavailableError(
                f"Kafka at {self._server} shows no topic {topic}, so what waits in it cannot be told"
            )
        partitions = [TopicPartition(topic, number) for number in found.partitions]
        return {number: end for (_, number), end in self._offsets(partitions, "latest").items()}

    def unread(self, group: str, topic: str, ends: Mapping[int, int]) -> UnreadRecords:
        """What `group` has not yet dealt with of the messages before `ends`."""
        partitions = [TopicPartition(topic, number) for number in ends]
        # Asked first: a group cannot then seem to be beyond the end only because the end has moved.
        committed = self._committed(group, partitions)
        begins, latest = self._offsets(partitions, "earliest"), self._offsets(partitions, "latest")
        spans: dict[int, tuple[int, int]] = {}
        lost = 0
        for number, end in ends.items():
            at, begin = committed.get((topic, number), -1), begins[topic, number]
            # Beyond the end: it read a topic of this name that is gone, and nothing of this one.
            known = 0 <= at <= latest[topic, number]
            lost += max(0, begin - at) if known else 0
            start, stop = max(at if known else begin, begin), min(end, latest[topic, number])
            if start < stop:
                spans[number] = (start, stop)
        return UnreadRecords(spans=spans, lost=lost)

    def _metadata(self) -> Any:
        try:
            return self._admin.list_topics(timeout=TIMEOUT)
        except KafkaException as error:
            raise self._silent(error) from error

    def _offsets(
        self, partitions: list[TopicPartition], which: Literal["earliest", "latest"]
    ) -> dict[tuple[str, int], int]:
        if not partitions:
            return {}
        spec = cast(OffsetSpec, OffsetSpec.latest() if which == "latest" else OffsetSpec.earliest())
        futures = self._admin.list_offsets(dict.fromkeys(partitions, spec), request_timeout=TIMEOUT)
        found = self._results(futures)
        return {(at.topic, at.partition): result.offset for at, result in found.items()}

    def _committed(self, group: str, partitions: list[TopicPartition]) -> dict[tuple[str, int], int]:
        question = [ConsumerGroupTopicPartitions(group, partitions)]
        futures = self._admin.list_consumer_group_offsets(question, request_timeout=TIMEOUT)
        answer = self._results(futures)[group].topic_partitions or []
        if wrong := next((at.error for at in answer if at.error is not None), None):
            raise self._silent(KafkaException(wrong))
        return {(at.topic, at.partition): at.offset for at in answer}

    def _results(self, futures: Mapping[Any, Future[Any]]) -> dict[Any, Any]:
        try:
            return {key: future.result(timeout=TIMEOUT + 1) for key, future in futures.items()}
        except (KafkaException, TimeoutError) as error:
            raise self._silent(error) from error

    def _keep(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # pyright: ignore[reportPrivateUsage]
            self._reasons.append(error.str())

    def _silent(self, error: Exception) -> UnavailableError:
        self._admin.poll(0)
        reason = self._reasons[-1] if self._reasons else str(error)
        return UnavailableError(f"Kafka at {self._server} does not answer: {reason}")
