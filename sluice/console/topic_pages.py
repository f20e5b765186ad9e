"""Pages of a topic's records: the newest, those from an offset or a time on, those before and after; each bounded."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Message

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.shown_value import BRIEF, WHOLE, Limits, shown_text, shown_value
from sluice.view.debezium import parse_change
from sluice.view.messages import DecodedRecord, RecordFilter, decode_record
from sluice.view.record_decoder import Decoder, iso_utc, record_time
from sluice.view.start_point import StartOffset, find_starts, parse_offset, parse_time
from sluice.view.topic_reader import TopicReader
from sluice.view.topic_scan import Bounds, TopicScan

RECORDS = 50
"""Records of a page."""
SEARCH = Bounds(records=20_000, seconds=3, size=24 * 2**20)
"""What is looked at for a page; a request for the next page goes on."""
LIVE = Bounds(records=1_000, seconds=1, size=8 * 2**20)
"""What is looked at each time by a page that shows new records as they come."""
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

    def check(self) -> None:
        """Raise SluiceError for a text that is too long to be meant."""
        for name, text in {"key": self.key, "text": self.text, "offset": self.offset, "time": self.time}.items():
            if len(text) > _LONGEST_WORD:
                raise SluiceError(f"the field {name} has more than {_LONGEST_WORD:,} characters", status=Exit.USAGE)

    @property
    def since(self) -> datetime | None:
        """The time before which no record is shown; None for any, and where the page goes back from its end."""
        try:
            return parse_time(self.time, now=datetime.now(UTC)) if self.time and not self.before else None
        except ValueError as error:
            raise SluiceError(str(error), status=Exit.USAGE) from error


class TopicPages:
    """Reads pages of topics; each method blocks, and raises SluiceError. `gone` says that nobody waits any more."""

    def __init__(self, open_reader: OpenReader, decoder: Callable[[], Decoder]) -> None:
        self._open = open_reader
        self._decoder = decoder

    def page(self, topic: str, request: PageRequest, gone: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """Return a page as JSON types."""
        request.check()
        since = request.since
        with self._open(topic) as reader:
            spans, newest_first = _spans_to_read(reader, request, since)
            scan = TopicScan(
                reader,
                spans,
                accept=self._accept(request, since),
                newest_first=newest_first,
                bounds=replace(LIVE if request.live else SEARCH, ended=gone),
            )
            records = list(scan.take(RECORDS))
            return {
                "records": records,
                "newest_first": newest_first,
                "since": since and iso_utc(since),
                "looked_at": scan.looked_at,
                "stopped": scan.stopped,
                "reached": None if scan.reached is None else record_time(scan.reached),
                **_neighbours(reader, scan.spans),
            }

    def record(self, topic: str, partition: int, offset: int) -> dict[str, Any]:
        """Return one record, all of it but for what no page can show."""
        with self._open(topic) as reader:
            find_starts(reader, [StartOffset(offset, partition)], None)
            with closing(reader.read({partition: (offset, offset + 1)})) as found:
                message = next(found, None)
        if message is not None:
            record = decode_record(message, decode=self._decoder())
            headers = [[shown_text(name, BRIEF), shown_value(value, WHOLE)] for name, value in _headers(record)]
            return _as_shown(record, message, WHOLE) | {"headers": headers}
        raise SluiceError(
            f"{topic} holds no record at offset {offset} of partition {partition} (any more)", status=Exit.USAGE
        )

    def _accept(self, request: PageRequest, since: datetime | None) -> Callable[[Message], dict[str, Any] | None]:
        wanted = RecordFilter(decode=self._decoder(), key=request.key or None, text=request.text or None, since=since)

        def accept(message: Message) -> dict[str, Any] | None:
            record = wanted(message)
            return None if record is None else _as_shown(record, message, BRIEF)

        return accept


def _spans_to_read(
    reader: TopicReader, request: PageRequest, since: datetime | None
) -> tuple[Mapping[int, tuple[int, int]], bool]:
    """Return the spans to read, and whether from their ends on."""
    if request.before:
        ends = _places(request.before)
        return {n: (begin, min(end, ends[n])) for n, (begin, end) in reader.spans.items() if n in ends}, True
    if request.after:
        starts = _places(request.after)
        return {n: (max(begin, starts[n]), end) for n, (begin, end) in reader.spans.items() if n in starts}, False
    if not request.offset and since is None:
        return reader.spans, True
    starts = find_starts(reader, _offsets(request.offset), since)
    return {number: (at, reader.spans[number][1]) for number, at in starts.items()}, False


def _places(text: str) -> dict[int, int]:
    return {place.partition or 0: place.offset for place in _offsets(text)}


def _offsets(text: str) -> list[StartOffset]:
    try:
        return [parse_offset(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise SluiceError(str(error), status=Exit.USAGE) from error


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
