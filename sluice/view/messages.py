"""Reads records of a topic and decodes them: the present ones, from a start on, filtered, and later ones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import Message

from producer.runtime.terminal import format_json
from sluice.view import json_schema
from sluice.view.record_decoder import MAGIC, Decoder, record_time, text_or_bytes
from sluice.view.start_point import milliseconds
from sluice.view.topic_reader import TopicReader
from sluice.view.topic_scan import TopicScan


@dataclass(frozen=True, kw_only=True)
class DecodedRecord:
    """A record, decoded to JSON types."""

    partition: int
    offset: int
    timestamp: str | None
    """ISO 8601, UTC."""
    key: Any
    value: Any
    headers: dict[str, Any]
    tombstone: bool
    """Whether the record has no value: it deletes its key."""

    def as_object(self) -> dict[str, Any]:
        """Return the fields of a line of JSON; the value of a tombstone is null."""
        fields = ("partition", "offset", "timestamp", "key", "value", "headers")
        return {name: getattr(self, name) for name in fields}


def decode_record(message: Message, *, decode: Decoder) -> DecodedRecord:
    """Decode key, value and headers of a record."""
    _, milliseconds = message.timestamp()
    return DecodedRecord(
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=record_time(milliseconds),
        key=decode(_bytes(message.key())),
        value=decode(_bytes(message.value())),
        headers=_headers(message),
        tombstone=message.value() is None,
    )


@dataclass(frozen=True, kw_only=True)
class RecordFilter:
    """Decodes the records that are wanted, and passes over the others."""

    decode: Decoder
    key: str | None = None
    """Only records with this key: as text, or its fields as `5,x` or `id=5 part=x`."""
    text: str | None = None
    """Only records with this text in the key, the value or a header, in capitals or not."""
    since: datetime | None = None
    """Only records of this time or later."""

    def __call__(self, message: Message) -> DecodedRecord | None:
        """Return the record, decoded; None if it is not wanted."""
        if self.since is not None and message.timestamp()[1] < milliseconds(self.since):
            return None
        if self.key is not None and not _same_key(message, self.key, decode=self.decode):
            return None
        record = decode_record(message, decode=self.decode)
        return None if self.text is not None and not contains(record, self.text) else record

    def all_of(self, messages: Iterable[Message]) -> Iterator[DecodedRecord]:
        """Yield the wanted ones of some records."""
        return (record for message in messages if (record := self(message)) is not None)


def read_backlog(
    reader: TopicReader,
    *,
    accept: RecordFilter,
    starts: Mapping[int, int] | None = None,
    limit: int | None = None,
) -> Iterator[DecodedRecord]:
    """Yield the records that the topic has now; with `starts` (by partition), those from these offsets on.

    With `limit`, the newest of them, oldest first; with `starts` and `limit`, the first of them.
    """
    if limit is None:
        yield from accept.all_of(reader.backlog(starts=starts))
    elif starts is None:
        newest = TopicScan(reader, reader.spans, accept=accept, newest_first=True).take(limit)
        yield from reversed(list(newest))
    else:
        spans = {number: (at, reader.spans[number][1]) for number, at in starts.items()}
        yield from TopicScan(reader, spans, accept=accept, newest_first=False).take(limit)


def contains(record: DecodedRecord, text: str) -> bool:
    """Return whether a text, in capitals or not, is in the key, a field's `name=value`, or a header's."""
    wanted = text.casefold()
    parts = (_texts("", record.key), _texts("", record.value), _texts("", record.headers))
    return any(wanted in part.casefold() for texts in parts for part in texts)


def _texts(name: str, value: Any) -> Iterator[str]:
    """Yield `name=value` of each field in a value, with the names above it: `after.id=5`."""
    match value:
        case dict():
            for field, part in value.items():
                yield from _texts(f"{name}.{field}" if name else str(field), part)
        case list():
            for part in value:
                yield from _texts(name, part)
        case _:
            text = value if isinstance(value, str) else format_json(value)
            yield f"{name}={text}" if name else text


def _same_key(message: Message, key: str, *, decode: Decoder) -> bool:
    data = _bytes(message.key())
    if data is None or data == key.encode(errors="surrogateescape"):
        return data is not None
    if not data.startswith((MAGIC, json_schema.START)):
        return False
    # The key of a change record is Avro, or JSON with schema: what is displayed of it is compared.
    decoded = decode(data)
    return key in (key_text(decoded), _key_fields(decoded))


def key_text(key: Any) -> str:
    """Return a decoded key as text for `--key`: a string unchanged, the fields of an Avro key joined by commas."""
    return ",".join(str(part) for part in key.values()) if isinstance(key, dict) else str(key)


def _key_fields(key: Any) -> str:
    """Return a decoded key as the console shows it: the fields of a record as `name=value`, with blanks between."""
    return " ".join(_texts("", key))


def _bytes(data: str | bytes | None) -> bytes | None:
    return data.encode() if isinstance(data, str) else data


def _headers(message: Message) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    pairs = message.headers() or []
    for name, data in pairs.items() if isinstance(pairs, dict) else pairs:
        value = None if data is None else text_or_bytes(data)
        # A header can occur twice, for example in a dead letter of a dead letter.
        headers[name] = [*_listed(headers[name]), value] if name in headers else value
    return headers


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
