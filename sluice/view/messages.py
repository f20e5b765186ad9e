"""Reads records of a topic and decodes them: the present ones, filtered by number or key, and later ones."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Message

from sluice.view.record_decoder import MAGIC, Decoder, record_time, text_or_bytes
from sluice.view.topic_reader import TopicReader


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


def read_backlog(
    reader: TopicReader, *, decode: Decoder, last: int | None = None, key: str | None = None
) -> Iterator[DecodedRecord]:
    """Yield the records that the topic has now: with `last` only the newest of them, with `key` only those of a key."""
    if last is None:
        yield from _decode_matching(reader.backlog(), decode=decode, key=key)
        return
    # To find the newest records of a key the whole topic must be read.
    messages = reader.backlog(last=last if key is None else None)
    if key is not None:
        yield from deque(_decode_matching(messages, decode=decode, key=key), maxlen=last)
        return
    newest = sorted(messages, key=lambda message: (message.timestamp()[1], message.offset() or 0))
    yield from _decode_matching(newest[-last:] if last else [], decode=decode, key=None)


def follow_topic(reader: TopicReader, *, decode: Decoder, key: str | None = None) -> Iterator[DecodedRecord]:
    """Yield the records that follow the backlog, without end."""
    return _decode_matching(reader.follow(), decode=decode, key=key)


def _decode_matching(messages: Iterable[Message], *, decode: Decoder, key: str | None) -> Iterator[DecodedRecord]:
    for message in messages:
        if key is None or _same_key(message, key, decode=decode):
            yield decode_record(message, decode=decode)


def _same_key(message: Message, key: str, *, decode: Decoder) -> bool:
    data = _bytes(message.key())
    if data is None or not data.startswith(MAGIC):
        return data == key.encode()
    # The key of a change record is Avro: its displayed form is compared.
    return key_text(decode(data)) == key


def key_text(key: Any) -> str:
    """Return a decoded key as text for `--key`: a string unchanged, the fields of an Avro key joined by commas."""
    return ",".join(str(part) for part in key.values()) if isinstance(key, dict) else str(key)


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
