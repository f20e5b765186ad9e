"""Pages of a topic's records: the newest, those from an offset or a time on, those before and after; each bounded."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Message

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.shown_value import BRIEF, WHOLE, Limits, shown_text, shown_value
from sluice.view.debezium import parse_change
from sluice.view.messages import DecodedRecord, RecordFilter
from sluice.view.record_decoder import Decoder, record_time
from sluice.view.start_point import find_starts, parse_offset, parse_time
from sluice.view.topic_reader import TopicReader
from sluice.view.topic_scan import Bounds, TopicScan

RECORDS = 50
"""Records of a page."""
SEARCH = Bounds(records=20_000, seconds=3, size=24 * 2**20)
"""What is looked at for a page; a request for the next page goes on."""
LIVE = Bounds(records=1_000, seconds=1, size=8 * 2**20)
"""What is looked at each time by a page that shows new records as they come."""
_SAMPLED_TENTHS = (9, 6, 3, 0)
_SAMPLE = 4
"""Records of each partition from each of _SAMPLED_TENTHS on, by which the size of a topic is estimated."""
_SAMPLE_BYTES = 8 * 2**20
"""A sample that has as much goes no further."""
_LONGEST_WORD = 1000
OpenReader = Callable[[str], AbstractContextManager[TopicReader]]
"""Gives a reader of a topic with its present spans, as TopicReaders."""


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """Which records are asked for; empty texts ask for nothing."""

    key: str = ""
    text: str = ""
    offset: str = ""
    time: str = ""
    before: str = ""
    """`PARTITION:OFFSET` with commas between: the page ends there, and its newest come first."""
    after: str = ""
    """The same: the page begins there, and its oldest come first."""
    live: str = ""


class TopicPages:
    """Reads pages of topics; each method blocks, and raises SluiceError."""

    def __init__(self, open_reader: OpenReader, decoder: Callable[[], Decoder]) -> None:
        self._open = open_reader
        self._decoder = decoder

    def page(self, topic: str, request: PageRequest) -> dict[str, Any]:
        """Return a page as JSON types."""
        with self._open(topic) as reader:
            spans, newest_first = _spans_to_read(reader, request)
            scan = TopicScan(
                reader,
                spans,
                accept=self._accept(request),
                newest_first=newest_first,
                bounds=LIVE if request.live else SEARCH,
            )
            records = list(scan.take(RECORDS))
            return {
                "records": records,
                "newest_first": newest_first,
                "looked_at": scan.looked_at,
                "stopped": scan.stopped,
                "reached": None if scan.reached is None else record_time(scan.reached),
                **_neighbours(reader, scan.spans),
            }

    def record(self, topic: str, partition: int, offset: int) -> dict[str, Any]:
        """Return one record, all of it but for what no page can show."""
        with self._open(topic) as reader:
            find_starts(reader, [parse_offset(f"{partition}:{offset}")], None)
            accept = RecordFilter(decode=self._decoder())
            for message in reader.read({partition: (offset, offset + 1)}):
                if (record := accept(message)) is not None:
                    headers = [[shown_text(name, BRIEF), shown_value(value, WHOLE)] for name, value in _headers(record)]
                    return _as_shown(record, message, WHOLE) | {"headers": headers}
        raise SluiceError(
            f"{topic} holds no record at offset {offset} of partition {partition} (any more)", status=Exit.USAGE
        )

    def mean_size(self, topic: str) -> float | None:
        """Return the mean size in bytes of some records from all over the topic; None if there are none."""
        sizes: list[int] = []
        with self._open(topic) as reader:
            for tenth in _SAMPLED_TENTHS:
                starts = {number: begin + (end - begin) * tenth // 10 for number, (begin, end) in reader.spans.items()}
                spans = {number: (at, min(at + _SAMPLE, reader.spans[number][1])) for number, at in starts.items()}
                sizes += map(_size, reader.read(spans))
                if sum(sizes) > _SAMPLE_BYTES:
                    break
        return sum(sizes) / len(sizes) if sizes else None

    def _accept(self, request: PageRequest) -> Callable[[Message], dict[str, Any] | None]:
        wanted = RecordFilter(decode=self._decoder(), key=request.key or None, text=request.text or None)

        def accept(message: Message) -> dict[str, Any] | None:
            record = wanted(message)
            return None if record is None else _as_shown(record, message, BRIEF)

        return accept


def _spans_to_read(reader: TopicReader, request: PageRequest) -> tuple[Mapping[int, tuple[int, int]], bool]:
    """Return the spans to read, and whether from their ends on."""
    if any(len(text) > _LONGEST_WORD for text in asdict(request).values()):
        raise SluiceError(f"more than {_LONGEST_WORD:,} characters", status=Exit.USAGE)
    if request.before:
        ends = _places(request.before)
        return {n: (begin, min(end, ends[n])) for n, (begin, end) in reader.spans.items() if n in ends}, True
    if request.after:
        starts = _places(request.after)
        return {n: (max(begin, starts[n]), end) for n, (begin, end) in reader.spans.items() if n in starts}, False
    if not request.offset and not request.time:
        return reader.spans, True
    try:
        offsets = [parse_offset(text) for text in request.offset.split(",") if text.strip()]
        since = parse_time(request.time, now=datetime.now(UTC)) if request.time else None
    except ValueError as error:
        raise SluiceError(str(error), status=Exit.USAGE) from error
    starts = find_starts(reader, offsets, since)
    return {number: (at, reader.spans[number][1]) for number, at in starts.items()}, False


def _places(text: str) -> dict[int, int]:
    try:
        places = [parse_offset(part) for part in text.split(",")]
    except ValueError as error:
        raise SluiceError(str(error), status=Exit.USAGE) from error
    return {place.partition or 0: place.offset for place in places}


def _neighbours(reader: TopicReader, looked_at: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    """Return where the pages before and after this one begin, or null if the topic has no more."""
    older = any(low > reader.spans[number][0] for number, (low, _) in looked_at.items())
    newer = any(high < reader.spans[number][1] for number, (_, high) in looked_at.items())
    return {
        "older": ",".join(f"{number}:{low}" for number, (low, _) in looked_at.items()) if older else None,
        "newer": ",".join(f"{number}:{high}" for number, (_, high) in looked_at.items()) if newer else None,
    }


def _as_shown(record: DecodedRecord, message: Message, limits: Limits) -> dict[str, Any]:
    change = parse_change(record.value)
    shown: Any = change and {
        "operation": shown_text(change.operation, BRIEF),
        "before": shown_value(change.before, limits),
        "after": shown_value(change.after, limits),
        "changed": sorted(change.changed),
    }
    return {
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": shown_value(record.key, limits),
        "value": None if change and limits is BRIEF else shown_value(record.value, limits),
        "change": shown,
        "tombstone": record.tombstone,
        "key_bytes": len(message.key() or b""),
        "value_bytes": len(message.value() or b""),
        "headers": len(record.headers),
    }


def _headers(record: DecodedRecord) -> list[tuple[str, Any]]:
    return [
        (name, one) for name, value in record.headers.items() for one in (value if isinstance(value, list) else [value])
    ]


def _size(message: Message) -> int:
    headers = message.headers() or []
    pairs = headers.items() if isinstance(headers, dict) else headers
    of_headers = sum(len(name) + len(value or b"") for name, value in pairs)
    return len(message.key() or b"") + len(message.value() or b"") + of_headers
