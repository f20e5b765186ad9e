"""A dead letter: the original record, and the reason of failure from the headers that Kafka Connect adds."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from confluent_kafka import Message

from producer.runtime.terminal import escape_line
from sluice.stack_trace import NO_REASON, innermost_cause
from sluice.view.messages import key_text
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX
from sluice.view.record_decoder import Decoder, is_undecoded, record_time, text_or_bytes

ERROR_HEADER_PREFIX = "__connect.errors."
"""Prefix of the headers that Connect adds; the other headers are the original record's."""
_DIGITS = 19
"""Of the largest offset; Python refuses to parse some thousand."""
_VARIABLE = re.compile(r"\"[^\"]*\"|'[^']*'|\([^()]*\)|\d+")

LetterGroup = tuple[str, str, str]
Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record of a topic of dead letters: the original key, value and headers, and Connect's error headers."""

    topic: str
    partition: int
    offset: int
    time: str | None
    """Timestamp of the original record: ISO 8601, UTC."""
    key: bytes | None
    value: bytes | None
    size: int | None
    """Size of the value in bytes, kept where `value` was dropped to save memory; None for a tombstone."""
    headers: Headers

    @classmethod
    def from_record(cls, message: Message) -> Self:
        """Create a dead letter from a record that confluent-kafka has read."""
        _, milliseconds = message.timestamp()
        value = _bytes(message.value())
        return cls(
            topic=message.topic() or "",
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            time=record_time(milliseconds),
            key=_bytes(message.key()),
            value=value,
            size=None if value is None else len(value),
            headers=_headers(message),
        )

    @property
    def address(self) -> str:
        """CONNECTOR:PARTITION:OFFSET, which names the letter on the command line."""
        return f"{self.topic.removesuffix(DEAD_LETTERS_SUFFIX)}:{self.partition}:{self.offset}"

    @property
    def connector(self) -> str:
        """The sink that could not use the record."""
        return self.error("connector.name") or self.topic.removesuffix(DEAD_LETTERS_SUFFIX)

    @property
    def original_topic(self) -> str | None:
        """Topic of the original record; None if no header names it."""
        return self.error("topic") or None

    @property
    def original_record(self) -> str:
        """Topic, partition and offset of the original record."""
        if self.original_topic is None:
            return "unknown"
        return f"{self.original_topic}:{self.error('partition') or '?'}:{self.error('offset') or '?'}"

    @property
    def own_headers(self) -> Headers:
        """Headers of the original record."""
        return tuple((name, value) for name, value in self.headers if not name.startswith(ERROR_HEADER_PREFIX))

    @property
    def step(self) -> str:
        """Step of Connect that failed, such as `VALUE_CONVERTER AvroConverter`."""
        return " ".join(filter(None, (self.error("stage"), self.error("class.name").rpartition(".")[2])))

    @property
    def trace(self) -> str:
        """Java's stack trace; empty if there is none."""
        return self.error("exception.stacktrace")

    @property
    def reason(self) -> str:
        """The error message, and the innermost cause in the stack trace where the message leaves it out."""
        message = self._error_message
        cause = innermost_cause(self.trace) or ""
        cause_text = cause.partition(": ")[2] or cause
        return message if not cause_text or cause_text in message else f"{message} (caused by {cause})"

    @property
    def group(self) -> "LetterGroup":
        """Connector, step and reason pattern: letters that are alike in these are counted together."""
        return (self.connector, self.step, self.reason_pattern)

    @property
    def reason_pattern(self) -> str:
        """The error message with numbers, quotations and brackets replaced by …; letters are grouped by it."""
        return _VARIABLE.sub("…", self._error_message)

    @property
    def _error_message(self) -> str:
        return self.error("exception.message") or self.error("exception.class.name") or NO_REASON

    def error(self, name: str) -> str:
        """Return Connect's error header of that name: the last if there are several, empty if there is none."""
        found = [value for header, value in self.headers if header == ERROR_HEADER_PREFIX + name]
        return (found[-1] or b"").decode(errors="backslashreplace") if found else ""

    def displayed_key(self, decode: Decoder) -> str:
        """Return the key as one line for display."""
        if self.key is None:
            return "none"
        key = decode(self.key)
        decoded = isinstance(key, str | dict) and not is_undecoded(key)
        return escape_line(key_text(key) if decoded else self.key.decode(errors="backslashreplace"))

    def as_object(self, decode: Decoder) -> dict[str, Any]:
        """Return everything except value, headers and stack trace, as JSON types."""
        return {
            "letter": self.address,
            "topic": self.topic,
            "connector": self.connector,
            "step": self.step,
            "exception": self.error("exception.class.name"),
            "reason": self.reason,
            "original": {
                "topic": self.original_topic,
                "partition": _number(self.error("partition")),
                "offset": _number(self.error("offset")),
            },
            "time": self.time,
            "key": decode(self.key),
            "bytes": self.size,
        }

    def as_full_object(self, decode: Decoder) -> dict[str, Any]:
        """Return as_object() with value, headers and stack trace added."""
        return {
            **self.as_object(decode),
            "key_hex": None if self.key is None else self.key.hex(),
            "value": decode(self.value),
            "value_hex": None if self.value is None else self.value.hex(),
            "headers": [
                {"name": name, "value": None if value is None else text_or_bytes(value)}
                for name, value in self.own_headers
            ],
            "trace": self.trace,
        }


def group_identity(group: LetterGroup) -> str:
    """Return a short name of a group, which may have a reason of any length."""
    return sha256("\0".join(group).encode(errors="surrogatepass")).hexdigest()[:16]


def _bytes(data: str | bytes | None) -> bytes | None:
    return data.encode() if isinstance(data, str) else data


def _headers(message: Message) -> Headers:
    pairs = message.headers() or []
    listed = pairs.items() if isinstance(pairs, dict) else pairs
    return tuple((name, _bytes(value)) for name, value in listed)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
