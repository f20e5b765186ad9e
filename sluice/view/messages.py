"""Records of a topic, decoded: those in the topic now, filtered by number or key, and those that follow."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Message

from sluice.view.record_decoder import MAGIC, Decoder, iso_utc, text_or_bytes
from sluice.view.topic_reader import TopicReader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
        timestamp=None if milliseconds < 0 else iso_utc(_EPOCH + timedelta(milliseconds=milliseconds)),
        key=decode(_bytes(message.key())),
        value=decode(_bytes(message.value())),
        headers=_headers(message),
        tombstone=message.value() is None,
    )


def read_backlog(
    reader: TopicReader, *, decode: Decoder, last: int | None = None, key: str | None = None
) -> Iterator[DecodedRecord]:
    """Yield the records in the topic now: with `last` that many of the newest, with `key` those of the key."""
    if last is None:
        yield from _shown(reader.backlog(), decode=decode, key=key)
        return
    # Where the newest records of a key are is not known: the whole topic is read.
    messages = reader.backlog(last=last if key is None else None)
    if key is not None:
        yield from deque(_shown(messages, decode=decode, key=key), maxlen=last)
        return
    newest = sorted(messages, key=lambda message: (message.timestamp()[1], message.offset() or 0))
    yield from _shown(newest[-last:] if last else [], decode=decode, key=None)


def follow_topic(reader: TopicReader, *, decode: Decoder, key: str | None = None) -> Iterator[DecodedRecord]:
    """Yield the records after the backlog, for ever."""
    return _shown(reader.follow(), decode=decode, key=key)


def _shown(messages: Iterable[Message], *, decode: Decoder, key: str | None) -> Iterator[DecodedRecord]:
    for message in messages:
        if key is None or _same_key(message, key, decode=decode):
            yield decode_record(message, decode=decode)


def _same_key(message: Message, key: str, *, decode: Decoder) -> bool:
    found = _bytes(message.key())
    if found is None or not found.startswith(MAGIC):
        return found == key.encode()
    # The key of a change record is Avro, and is compared in its displayed form.
    return key_text(decode(found)) == key


def key_text(key: Any) -> str:
    """Return a decoded key as `--key` takes it: the text itself, or the fields of an Avro key with commas between."""
    return ",".join(str(part) for part in key.values()) if isinstance(key, dict) else str(key)


def _bytes(data: str | bytes | None) -> bytes | None:
    return data.encode() if isinstance(data, str) else data


def _headers(message: Message) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    pairs = message.headers() or []
    for name, data in pairs.items() if isinstance(pairs, dict) else pairs:
        value = None if data is None else text_or_bytes(data)
        # A header's name can occur twice: a record that failed in two sinks, one after the other.
        headers[name] = [*_listed(headers[name]), value] if name in headers else value
    return headers


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
