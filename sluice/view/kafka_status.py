"""Brokers and topics of Kafka, and the lag of consumer groups."""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, cast

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec

from producer.kafka.connection import KafkaUser
from producer.runtime.exit_status import Exit, SluiceError
from sluice.sink_wait import metadata_text
from sluice.view.group_offsets import GroupOffset, GroupProgress, UnreadRecords
from sluice.view.http_client import TIMEOUT, UnavailableError
from sluice.view.topic_setting import TopicSetting, read_setting


@dataclass(frozen=True, kw_only=True)
class TopicStatus:
    """A topic."""

    name: str
    partitions: int
    messages: int
    """Number of records, with compacted ones and transaction markers. A key of `sluice status --json`."""
    written: int = 0
    """Number of records ever written, those included that were deleted since: the sum of the end offsets."""


@dataclass(frozen=True, kw_only=True)
class TopicSpans:
    """First and end offset of a topic's partitions."""

    partitions: int
    """How many it has."""
    spans: Mapping[int, tuple[int, int]]
    """By partition, of those that answer: one without a leader, or of a topic that was deleted just now, does not."""

    @property
    def silent(self) -> int:
        """Number of partitions that do not answer."""
        return self.partitions - len(self.spans)


@dataclass(frozen=True, kw_only=True)
class KafkaStatus:
    """Cluster id, brokers, and the topics that the user may describe."""

    identity: str
    brokers: tuple[str, ...]
    topics: tuple[TopicStatus, ...]


class _LastError:
    """The last error of a client that says why it does not reach Kafka.

    An object of its own, that knows nothing of the client: that would keep its threads until a garbage collection.
    """

    def __init__(self) -> None:
        self.text = ""

    def keep(self, error: KafkaError) -> None:
        """Keep an error; the callback `error_cb` of Kafka's client."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # pyright: ignore[reportPrivateUsage]
            self.text = error.str()


class KafkaInspector:
    """Queries a Kafka cluster as one user; every method raises UnavailableError if Kafka does not answer."""

    def __init__(self, user: KafkaUser) -> None:
        self._server = user.bootstrap_servers
        self._user = user.username
        self._last_error = _LastError()
        # Errors are raised as UnavailableError; by default librdkafka also prints them on standard error.
        quiet: dict[str, Any] = {
            "log_level": 0,
            "error_cb": self._last_error.keep,
            "socket.connection.setup.timeout.ms": 2000,
            "reconnect.backoff.max.ms": 1000,
        }
        try:
            self._admin = AdminClient(user.client_settings() | quiet)
        except KafkaException as error:  # the CA file is missing or invalid
            raise UnavailableError(f"Kafka at {self._server} cannot be asked: {error.args[0].str()}") from error

    def kafka_status(self) -> KafkaStatus:
        """Return the brokers and topics, with the number of records."""
        metadata = self._metadata()
        topics = tuple(
            TopicStatus(
                name=name,
                partitions=topic.partitions,
                messages=sum(end - begin for begin, end in topic.spans.values()),
                written=sum(end for _, end in topic.spans.values()),
            )
            for name, topic in self._spans_of(metadata, None).items()
        )
        brokers = tuple(f"{b.host}:{b.port}" for _, b in sorted(metadata.brokers.items()))
        return KafkaStatus(identity=metadata.cluster_id, brokers=brokers, topics=topics)

    def spans(self, suffix: str) -> dict[str, Mapping[int, tuple[int, int]]]:
        """Return the first and end offset of each partition of the topics whose names end with `suffix`."""
        metadata = self._metadata()
        names = [name for name in metadata.topics if name.endswith(suffix)]
        return {name: topic.spans for name, topic in self._spans_of(metadata, names).items()}

    def topic_spans(self, topics: Collection[str] | None = None) -> dict[str, TopicSpans]:
        """Return those of `topics`, or of all, where a partition that does not answer hides no other one."""
        return self._spans_of(self._metadata(), topics, skip_refused=True)

    def settings(self, topic: str) -> tuple[TopicSetting, ...]:
        """Return the configuration of a topic; raises SluiceError if the user may not read it."""
        asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
        (future,) = self._admin.describe_configs([asked], request_timeout=TIMEOUT).values()
        try:
            found: dict[str, Any] = future.result(timeout=TIMEOUT + 1)
        except (KafkaException, TimeoutError) as error:
            if isinstance(error, KafkaException) and error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise SluiceError(
                    f"Kafka does not let the user {self._user} read the configuration of {topic}. Pipelines that were "
                    "made before have no such right: `sluice up` (on a cluster `pulumi up`) gives it"
                ) from error
            if isinstance(error, KafkaException) and error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise SluiceError(f"there is no topic {topic!r}", status=Exit.USAGE) from error
            raise self._unavailable(error) from error
        return tuple(read_setting(entry) for _, entry in sorted(found.items()))

    def committed(self, group: str, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """Return the offsets that a group has committed, of partitions for which it has."""
        asked = [TopicPartition(topic, number) for number in partitions]
        return {at.partition: at.offset for at in self._committed(group, asked) if at.offset >= 0}

    def group_offsets(self, group: str, topics: Iterable[str]) -> tuple[GroupOffset, ...]:
        """Return where the consumer group is in each partition of `topics`."""
        partitions = self._partitions(topics)
        return self._located(partitions, self._committed(group, partitions))

    def progress(self, group: str, topics: Iterable[str]) -> GroupProgress:
        """Return how far the consumer group has come in those of `topics` that are there."""
        partitions = self._partitions(topics)
        found = self._committed(group, partitions)
        offsets = self._located(partitions, found)
        return GroupProgress(
            lag=sum(offset.lag for offset in offsets),
            committed={
                topic: sum(max(at.begin, at.committed or 0) for at in offsets if at.topic == topic)
                for topic in {at.topic for at in offsets}
            },
            metadata=_metadata_texts(found),
        )

    def _located(
        self, partitions: list[TopicPartition], committed: Iterable[TopicPartition]
    ) -> tuple[GroupOffset, ...]:
        at = {(partition.topic, partition.partition): partition.offset for partition in committed}
        begins = self._offsets(partitions, "earliest")
        ends = self._offsets(partitions, "latest")
        return tuple(
            GroupOffset(
                topic=topic,
                partition=number,
                begin=begins[topic, number],
                committed=offset if (offset := at.get((topic, number), -1)) >= 0 else None,
                end=end,
            )
            for (topic, number), end in sorted(ends.items())
        )

    def metadata(self, group: str, topics: Iterable[str]) -> tuple[str, ...]:
        """Return the metadata that the consumer group has committed with its offsets of `topics`, where it has any."""
        return _metadata_texts(self._committed(group, self._partitions(topics)))

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Return the end offset of each partition, records of open transactions included."""
        metadata = self._metadata().topics.get(topic)
        if metadata is None or metadata.error is not None:
            raise UnavailableError(
                f"Kafka at {self._server} shows no topic {topic}, so the number of waiting records is unknown"
            )
        partitions = [TopicPartition(topic, number) for number in metadata.partitions]
        return {number: end for (_, number), end in self._offsets(partitions, "latest").items()}

    def unread(self, group: str, topic: str, ends: Mapping[int, int]) -> UnreadRecords:
        """Return the records before the offsets `ends` (by partition) that `group` has not yet committed."""
        partitions = [TopicPartition(topic, number) for number in ends]
        # Committed offsets are queried first: they must not be newer than the end offsets.
        committed = self.committed(group, topic, ends)
        begins, latest = self._offsets(partitions, "earliest"), self._offsets(partitions, "latest")
        spans: dict[int, tuple[int, int]] = {}
        lost = 0
        for number, end in ends.items():
            at, begin = committed.get(number, -1), begins[topic, number]
            # An offset beyond the end is of a deleted topic of this name: the group has read nothing of this one.
            known = 0 <= at <= latest[topic, number]
            lost += max(0, begin - at) if known else 0
            start, stop = max(at if known else begin, begin), min(end, latest[topic, number])
            if start < stop:
                spans[number] = (start, stop)
        return UnreadRecords(spans=spans, lost=lost)

    def _partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """Return the partitions of those of the topics that there are."""
        known = self._metadata().topics
        return [TopicPartition(name, number) for name in topics if name in known for number in known[name].partitions]

    def _spans_of(
        self, metadata: Any, names: Collection[str] | None, *, skip_refused: bool = False
    ) -> dict[str, TopicSpans]:
        found = {
            name: topic.partitions
            for name, topic in sorted(metadata.topics.items())
            if topic.error is None and not name.startswith("__") and (names is None or name in names)
        }
        asked = [
            TopicPartition(name, number)
            for name, partitions in found.items()
            for number, partition in partitions.items()
            if not skip_refused or partition.leader >= 0
        ]
        begins = self._offsets(asked, "earliest", skip_refused=skip_refused)
        ends = self._offsets(asked, "latest", skip_refused=skip_refused)
        spans: dict[str, dict[int, tuple[int, int]]] = {name: {} for name in found}
        for (name, number), begin in begins.items():
            if (name, number) in ends:
                spans[name][number] = begin, ends[name, number]
        return {name: TopicSpans(partitions=len(found[name]), spans=spans[name]) for name in found}

    def _metadata(self) -> Any:
        try:
            return self._admin.list_topics(timeout=TIMEOUT)
        except KafkaException as error:
            raise self._unavailable(error) from error

    def _offsets(
        self, partitions: list[TopicPartition], which: Literal["earliest", "latest"], *, skip_refused: bool = False
    ) -> dict[tuple[str, int], int]:
        if not partitions:
            return {}
        spec = cast(OffsetSpec, OffsetSpec.latest() if which == "latest" else OffsetSpec.earliest())
        futures = self._admin.list_offsets(dict.fromkeys(partitions, spec), request_timeout=TIMEOUT)
        found = self._results(futures, skip_refused=skip_refused)
        return {(at.topic, at.partition): result.offset for at, result in found.items()}

    def _committed(self, group: str, partitions: list[TopicPartition]) -> list[TopicPartition]:
        if not partitions:
            return []
        request = [ConsumerGroupTopicPartitions(group, partitions)]
        futures = self._admin.list_consumer_group_offsets(request, request_timeout=TIMEOUT)
        committed = self._results(futures)[group].topic_partitions or []
        if error := next((at.error for at in committed if at.error is not None), None):
            raise self._unavailable(KafkaException(error))
        return committed

    def _results(self, futures: Mapping[Any, Future[Any]], *, skip_refused: bool = False) -> dict[Any, Any]:
        """Return the results; `skip_refused` leaves out those for which a broker has answered with an error."""
        found: dict[Any, Any] = {}
        for key, future in futures.items():
            try:
                found[key] = future.result(timeout=TIMEOUT + 1)
            except (KafkaException, TimeoutError) as error:
                # Codes below 0 are of the client: no broker has answered.
                if not (skip_refused and isinstance(error, KafkaException) and error.args[0].code() > 0):
                    raise self._unavailable(error) from error
        return found

    def _unavailable(self, error: Exception) -> UnavailableError:
        self._admin.poll(0)
        return UnavailableError(f"Kafka at {self._server} does not answer: {self._last_error.text or error}")


def _metadata_texts(committed: Iterable[TopicPartition]) -> tuple[str, ...]:
    return tuple(text for at in committed if (text := metadata_text(at)))
