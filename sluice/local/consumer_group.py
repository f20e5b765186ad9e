"""Where a consumer group stands, asked as one of its consumers would ask, without joining it.

Not by the administrator's newer calls for groups: librdkafka sometimes crashes with them while a broker starts.
"""

import struct
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client, admin_settings

_SECONDS = 5.0
Partition = tuple[str, int]


class ConsumerGroup:
    """One consumer group; everything here raises KafkaException where the broker does not say."""

    def __init__(self, name: str, *, instance: Instance) -> None:
        self.name = name
        self._consumer = Consumer({**admin_settings(instance), "group.id": name})
        self._admin = admin_client(instance)

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        """Every partition of those topics that there are."""
        known = self._consumer.list_topics(timeout=_SECONDS).topics
        return [(name, number) for name in topics if name in known for number in known[name].partitions]

    def offsets(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """The first offset of each partition, and the one that its next message will have."""
        found: dict[Partition, tuple[int, int]] = {}
        for at in partitions:
            low, high = self._consumer.get_watermark_offsets(TopicPartition(*at), timeout=_SECONDS) or (0, 0)
            found[at] = (low, high)
        return found

    def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset that the group has committed; a negative one where it has committed none."""
        asked = [TopicPartition(*at) for at in partitions]
        answer = self._consumer.committed(asked, timeout=_SECONDS) if asked else []
        return {(at.topic, at.partition): at.offset for at in answer}

    def assigned(self) -> set[Partition]:
        """The partitions that its members have."""
        groups: list[Any] = self._admin.list_groups(self.name, timeout=_SECONDS)
        members = [member for group in groups for member in group.members]
        return {at for member in members for at in parse_assignment(member.assignment or b"")}

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()


def parse_assignment(data: bytes) -> list[Partition]:
    """The partitions in a member's assignment, as Kafka's consumers write it; nothing where it has none yet.

    Version, then the topics, each with its name and its partitions; what follows is the assignor's own.
    """
    if not data:
        return []
    found: list[Partition] = []
    (topics,), place = struct.unpack_from(">i", data, 2), 6
    for _ in range(topics):
        (length,) = struct.unpack_from(">h", data, place)
        name = data[place + 2 : place + 2 + length].decode()
        place += 2 + length
        (count,) = struct.unpack_from(">i", data, place)
        found += [(name, number) for number in struct.unpack_from(f">{count}i", data, place + 4)]
        place += 4 + 4 * count
    return found
