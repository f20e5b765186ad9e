"""Decoding of a group member's assignment, and of the metadata of its offsets."""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import TopicPartition

from sluice.local.certificates import make_certificates
from sluice.local.consumer_group import ConsumerGroup, parse_assignment
from sluice.local.instance import Instance
from tests.unit.sluice.test_committed_metadata import Committed


def test_an_assignment_is_decoded() -> None:
    topics = b"".join(
        struct.pack(">h", len(name)) + name + struct.pack(f">i{len(numbers)}i", len(numbers), *numbers)
        for name, numbers in ((b"fixes", (0, 1)), (b"other", (7,)))
    )
    data = struct.pack(">hi", 1, 2) + topics + struct.pack(">i", -1)
    assert parse_assignment(data) == [("fixes", 0), ("fixes", 1), ("other", 7)]
    assert parse_assignment(b"") == []


class AnsweringConsumer:
    def committed(self, _asked: Iterable[TopicPartition], timeout: float) -> list[Committed]:
        assert timeout > 0
        return [Committed(data) for data in (b"waits", b"", b"waits\xa9")]


def test_metadata_that_is_not_utf_8_ends_where_it_is_not(tmp_path: Path) -> None:
    instance = Instance.make(tmp_path, port_base=None, workers=1)
    make_certificates(instance)
    group: Any = ConsumerGroup("connect-mysql-sink", instance=instance)
    group.close()
    group._consumer = AnsweringConsumer()
    assert group.metadata([("gps-fixes", 0)]) == ["waits", "waits"]
