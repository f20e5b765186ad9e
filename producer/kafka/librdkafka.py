"""librdkafka's C interface for many records at once, from the library that confluent-kafka installs.

confluent-kafka's own `Producer.produce_batch` calls the same function, but makes its array of messages from one
dict per message, which costs more than all the rest of a load. Here the array is filled by NumPy: no
Python object is made for a row. Only functions of the library's public, stable C interface are used.
"""

import ctypes
from collections.abc import Mapping
from ctypes import CDLL, POINTER, Structure, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from confluent_kafka import KafkaError, KafkaException, cimpl

from producer.kafka.record_arrays import ANY_PARTITION, NULL, Records

_PRODUCER = 0
_COPY = 0x2
_EACH_ITS_PARTITION = 0x8
_DELIVERY_EVENT, _ERROR_EVENT = 0x1, 0x8
_PURGE_QUEUED_AND_SENT = 0x3
_TEXT = 512


class _Message(Structure):
    """rd_kafka_message_t."""

    _fields_ = (
        ("err", c_int),
        ("topic", c_void_p),
        ("partition", c_int32),
        ("value", c_void_p),
        ("value_length", c_size_t),
        ("key", c_void_p),
        ("key_length", c_size_t),
        ("offset", c_int64),
        ("opaque", c_void_p),
    )


_MESSAGE: npt.DTypeLike = np.dtype(_Message)
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "conf_new": (c_void_p, []),
    "conf_destroy": (None, [c_void_p]),
    "conf_set": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_size_t]),
    "conf_set_log_cb": (None, [c_void_p, c_void_p]),
    "conf_set_events": (None, [c_void_p, c_int]),
    "new": (c_void_p, [c_int, c_void_p, c_char_p, c_size_t]),
    "destroy": (None, [c_void_p]),
    "topic_new": (c_void_p, [c_void_p, c_char_p, c_void_p]),
    "topic_destroy": (None, [c_void_p]),
    "produce_batch": (c_int, [c_void_p, c_int32, c_int, c_void_p, c_int]),
    "outq_len": (c_int, [c_void_p]),
    "flush": (c_int, [c_void_p, c_int]),
    "purge": (c_int, [c_void_p, c_int]),
    "fatal_error": (c_int, [c_void_p, c_char_p, c_size_t]),
    "err2str": (c_char_p, [c_int]),
    "queue_get_main": (c_void_p, [c_void_p]),
    "queue_destroy": (None, [c_void_p]),
    "queue_poll": (c_void_p, [c_void_p, c_int]),
    "event_type": (c_int, [c_void_p]),
    "event_error": (c_int, [c_void_p]),
    "event_error_string": (c_char_p, [c_void_p]),
    "event_message_count": (c_size_t, [c_void_p]),
    "event_message_next": (POINTER(_Message), [c_void_p]),
    "event_destroy": (None, [c_void_p]),
}


class Failure(NamedTuple):
    """An error, and the number of records that failed with it: 0 for an error of the connection."""

    error: KafkaError
    records: int
    value_bytes: int = 0
    """Bytes of these records' values."""


class BatchClient:
    """A producer for one topic that takes Records and reports only failures."""

    def __init__(self, settings: Mapping[str, str | int | float | bool], *, topic: str) -> None:
        """Start the client; raises KafkaException if it does not accept a setting."""
        self._library = _load()
        text = ctypes.create_string_buffer(_TEXT)
        # With this, an acknowledged record causes no event; it only leaves the queue.
        conf = self._configuration({**settings, "delivery.report.only.error": True}, text)
        self._client = self._library.rd_kafka_new(_PRODUCER, conf, text, _TEXT)
        if not self._client:
            self._library.rd_kafka_conf_destroy(conf)
            raise _exception(text)
        self._topic = self._library.rd_kafka_topic_new(self._client, topic.encode(), None)
        self._events = self._library.rd_kafka_queue_get_main(self._client)

    def __len__(self) -> int:
        """Return the number of records that are neither acknowledged nor failed yet."""
        return self._library.rd_kafka_outq_len(self._client)

    def produce(self, records: Records) -> npt.NDArray[np.int32]:
        """Queue copies of records; returns an error code for each, 0 where it was queued."""
        count = records.record_count()
        start = np.frombuffer(records.data, dtype=np.uint8).ctypes.data
        null = records.value_length == NULL
        messages: npt.NDArray[Any] = np.zeros(count, dtype=_MESSAGE)
        messages["key"] = start + records.key_at
        messages["key_length"] = records.key_length
        messages["value"] = np.where(null, 0, start + records.value_at)
        messages["value_length"] = np.where(null, 0, records.value_length)
        messages["partition"] = records.partition
        flags = _COPY | _EACH_ITS_PARTITION
        self._library.rd_kafka_produce_batch(self._topic, ANY_PARTITION, flags, messages.ctypes.data, count)
        return messages["err"]

    def poll(self, seconds: float) -> list[Failure]:
        """Return the failures since the last call, waiting at most `seconds` for the first."""
        failures: list[Failure] = []
        wait = round(seconds * 1000)
        while event := self._library.rd_kafka_queue_poll(self._events, wait):
            failures.append(self._failure(event))
            self._library.rd_kafka_event_destroy(event)
            wait = 0
        return failures

    def flush(self, seconds: float) -> None:
        """Send without waiting for full batches, and wait at most `seconds` for acknowledgements."""
        self._library.rd_kafka_flush(self._client, round(seconds * 1000))

    def purge(self) -> None:
        """Give up all records that are waiting; poll() reports them as failed."""
        self._library.rd_kafka_purge(self._client, _PURGE_QUEUED_AND_SENT)

    def close(self) -> None:
        """Stop the client's threads. Records still waiting are lost."""
        if self._client:
            self._library.rd_kafka_queue_destroy(self._events)
            self._library.rd_kafka_topic_destroy(self._topic)
            self._library.rd_kafka_destroy(self._client)
            self._client = None

    def error(self, code: int) -> KafkaError:
        """Return the error that has that code."""
        return KafkaError(code, self._library.rd_kafka_err2str(code).decode())

    def _configuration(self, settings: Mapping[str, str | int | float | bool], text: Any) -> int:
        conf = self._library.rd_kafka_conf_new()
        # Errors come as events; the library's own log on standard error would break the progress bar.
        self._library.rd_kafka_conf_set_log_cb(conf, None)
        for name, value in settings.items():
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            if self._library.rd_kafka_conf_set(conf, name.encode(), shown.encode(), text, _TEXT):
                self._library.rd_kafka_conf_destroy(conf)
                raise _exception(text)
        self._library.rd_kafka_conf_set_events(conf, _DELIVERY_EVENT | _ERROR_EVENT)
        return conf

    def _failure(self, event: int) -> Failure:
        if self._library.rd_kafka_event_type(event) == _DELIVERY_EVENT:
            count = self._library.rd_kafka_event_message_count(event)
            messages = [self._library.rd_kafka_event_message_next(event).contents for _ in range(count)]
            return Failure(self.error(messages[0].err), count, sum(message.value_length for message in messages))
        code = self._library.rd_kafka_event_error(event)
        if code == KafkaError._FATAL:
            text = ctypes.create_string_buffer(_TEXT)
            code = self._library.rd_kafka_fatal_error(self._client, text, _TEXT)
            return Failure(KafkaError(code, text.value.decode(), fatal=True), 0)
        return Failure(KafkaError(code, self._library.rd_kafka_event_error_string(event).decode()), 0)


def _load() -> Any:
    """Load librdkafka through confluent-kafka's extension module, which is linked with it."""
    library = CDLL(cimpl.__file__)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def _exception(text: Any) -> KafkaException:
    return KafkaException(KafkaError(KafkaError._INVALID_ARG, text.value.decode()))
