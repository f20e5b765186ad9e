"""Decoding of a group member's assignment."""

import struct

from sluice.local.consumer_group import parse_assignment


def test_an_assignment_is_decoded() -> None:
    topics = b"".join(
        struct.pack(">h", len(name)) + name + struct.pack(f">i{len(numbers)}i", len(numbers), *numbers)
        for name, numbers in ((b"fixes", (0, 1)), (b"other", (7,)))
    )
    data = struct.pack(">hi", 1, 2) + topics + struct.pack(">i", -1)
    assert parse_assignment(data) == [("fixes", 0), ("fixes", 1), ("other", 7)]
    assert parse_assignment(b"") == []
