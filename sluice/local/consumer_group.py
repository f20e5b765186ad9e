"""Offsets and assignments of a consumer group, read by a consumer with its group.id that does not join it.

Not by AdminClient's newer calls for groups: librdkafka sometimes crashes in them while a broker starts.
"""

import struct
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from sluice.local.instance import Instance
from sluice.local.kafka_admin import admin_client, admin_settings
from sluice.sink_wait import metadata_text

_TIMEOUT_SECONDS = 5.0
Partition = tuple[str, int]
"""Topic and number."""


class ConsumerGroup:
    """One consumer group; its methods raise KafkaException where the broker does not answer."""

    def __init__(self, name: str, *, instance: Instance) -> None:
        self.name = name
        self._consumer = Consumer({**admin_settings(instance), "group.id": name})
        self._admin = admin_client(instance)

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        """Return all partitions of those of `topics` that exist."""
        known = self._consumer.list_topics(timeout=_TIMEOUT_SECONDS).topics
        return [(name, number) for name in topics if name in known for number in known[name].partitions]

    def offsets(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """Return the low and high watermark of each partition: its first offset, and the one of its next record."""
        found: dict[Partition, tuple[int, int]] = {}
        for at in partitions:
            low, high = self._consumer.get_watermark_offsets(TopicPartition(*at), timeout=_TIMEOUT_SECONDS) or (0, 0)
            found[at] = (low, high)
        return found

    def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Return the group's committed offset of each partition; negative where there is none."""
        asked = [TopicPartition(*at) for at in partitions]
        answer = self._consumer.committed(asked, timeout=_TIMEOUT_SECONDS) if asked else []
        return {(at.topic, at.partition): at.offset for at in answer}

    def metadata(self, partitions: Iterable[Partition]) -> list[str]:
        """Return the metadata that the group has committed with the offsets of these partitions, where it has any."""
        asked = [TopicPartition(*at) for at in partitions]
        answer = self._consumer.committed(asked, timeout=_TIMEOUT_SECONDS) if asked else []
        return [text for at in answer if (text := metadata_text(at))]

    def assigned(self) -> set[Partition]:
        """Return the partitions that are assigned to its members."""
        groups: list[Any] = self._admin.list_groups(self.name, timeout=_TIMEOUT_SECONDS)
        members = [member for group in groups for member in group.members]
        return {at for member in members for at in parse_assignment(member.assignment or b"")}

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()


def parse_assignment(data: bytes) -> list[Partition]:
    """Decode the partitions of a member's assignment, in the format of Kafka's consumers; empty for no bytes.

    Format: version (int16), topics (int32 count; name, partitions), then user data of the assignor, which is skipped.
    """
    if not data:
        return []
    found: list[Partition] = []
    (topics,), offset = struct.unpack_from(">i", data, 2), 6
    for _ in range(topics):
        (length,) = struct.unpack_from(">h", data, offset)
        name = data[offset + 2 : offset + 2 + length].decode()
        offset += 2 + length
        (count,) = struct.unpack_from(">i", data, offset)
        found += [(name, number) for number in struct.unpack_from(f">{count}i", data, offset + 4)]
        offset += 4 + 4 * count
    return found
