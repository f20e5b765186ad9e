"""Stand-in for TopicReader with a topic in memory."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from confluent_kafka import Message


def message(offset: int, **fields: Any) -> Message:
    """Return a record of partition 0 with a key, a value, and a time that grows with its offset."""
    defaults: dict[str, Any] = {
        "partition": 0,
        "key": b"k",
        "value": b"v",
        "timestamp": (1, 1_353_099_678_298 + offset),
    }
    return Message("gps-fixes", offset=offset, **defaults | fields)


class FakeReader:
    """A topic with two partitions or more."""

    topic = "gps-fixes"

    def __init__(self, *content: Message) -> None:
        self._content = content
        self.given = 0
        """Number of records that were read."""
        numbers = {0, 1} | {item.partition() or 0 for item in content}
        self.spans: Mapping[int, tuple[int, int]] = {number: self._span(number) for number in sorted(numbers)}

    def _span(self, number: int) -> tuple[int, int]:
        offsets = [item.offset() or 0 for item in self._content if item.partition() == number]
        return (min(offsets), max(offsets) + 1) if offsets else (0, 0)

    def backlog(self, *, starts: Mapping[int, int] | None = None) -> Iterator[Message]:
        """Yield all records, or those of some partitions from an offset on."""
        begins = starts or {number: begin for number, (begin, _) in self.spans.items()}
        return self.read({number: (begin, self.spans[number][1]) for number, begin in begins.items()})

    def read(self, spans: Mapping[int, tuple[int, int]]) -> Generator[Message]:
        """Yield the records of spans."""
        for number, (begin, end) in spans.items():
            for item in self._content:
                if item.partition() == number and begin <= (item.offset() or 0) < end:
                    self.given += 1
                    yield item

    def offsets_at(self, milliseconds: int) -> dict[int, int]:
        """Return the offset of the first record of a time or later, by partition."""
        return {
            number: min(
                (
                    item.offset() or 0
                    for item in self._content
                    if item.partition() == number and item.timestamp()[1] >= milliseconds
                ),
                default=end,
            )
            for number, (_, end) in self.spans.items()
        }
