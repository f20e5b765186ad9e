"""Metadata of committed offsets that cannot be decoded ends no command."""

from typing import Any

import pytest

from sluice.view.kafka_status import metadata_text


class Committed:
    """A committed offset with metadata."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def metadata(self) -> str:
        return self._data.decode()


@pytest.mark.parametrize(("data", "text"), [(b"waits", "waits"), (b"", ""), (b"waits\xa9", "")])
def test_what_is_not_utf_8_counts_as_none(data: bytes, text: str) -> None:
    committed: Any = Committed(data)
    assert metadata_text(committed) == text
