"""Metadata of committed offsets: what confluent-kafka reads behind its end is cut, and ends no command."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.sink_wait import find_wait, metadata_text


class Committed:
    """A committed offset with metadata."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def metadata(self) -> str:
        return self._data.decode()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"waits", "waits"),
        (b"", ""),
        (b"waits\0", "waits"),
        (b"waits\0of another text", "waits"),
        (b"waits\0\xa9", "waits"),
        (b"waits \xe2\x80\xa6\0\xe2\x80", "waits …"),
        (b"waits\xa9", "waits"),
        (b"\0", ""),
        (b"\xa9", ""),
    ],
)
def test_what_follows_the_end_is_cut(data: bytes, text: str) -> None:
    committed: Any = Committed(data)
    assert metadata_text(committed) == text


def test_a_wait_is_read_without_what_follows_its_end() -> None:
    committed: Any = Committed(b"waits since 2026-01-01T00:00:00Z, still at 2026-01-01T00:01:00Z: a lock\0\x8f\xffrest")
    wait = find_wait([metadata_text(committed)], now=datetime(2026, 1, 1, 0, 1, 5, tzinfo=UTC))
    assert wait is not None
    assert wait.reason == "a lock"
