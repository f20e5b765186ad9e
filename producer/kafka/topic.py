"""Checks that a topic exists and reads its settings, before anything is sent to it."""

import time
from collections.abc import Mapping
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource

from producer.kafka import kafka_errors
from producer.runtime.exit_status import Exit, SluiceError

CONNECT_SECONDS = 10.0
_TICK_SECONDS = 0.1
_MAX_MESSAGE_BYTES = "max.message.bytes"


class TopicAdmin:
    """Admin client for one topic; `settings` are the connection's, as of KafkaUser.client_settings()."""

    def __init__(self, settings: Mapping[str, Any], *, topic: str) -> None:
        self._topic = topic
        self._last_error: KafkaError | None = None
        try:
            self._admin = AdminClient(cast(Any, {**settings, "log_level": 0, "error_cb": self._on_error}))
        except KafkaException as error:
            raise SluiceError(
                f"the settings for Kafka are not accepted: {kafka_errors.describe(error.args[0])}"
            ) from error

    def wait(self, *, seconds: float = CONNECT_SECONDS) -> None:
        """Wait until this user can see the topic; raises SluiceError after `seconds`, or once waiting cannot help."""
        deadline = time.monotonic() + seconds
        while (error := self._find_error()) is not None:
            if kafka_errors.is_final(error) or time.monotonic() > deadline:
                raise SluiceError(kafka_errors.describe_topic_error(error, topic=self._topic), status=Exit.UNAVAILABLE)
            self._admin.poll(_TICK_SECONDS)

    def max_message_bytes(self, *, seconds: float = CONNECT_SECONDS) -> int:
        """Return max.message.bytes of the topic, its largest batch; raises SluiceError if Kafka does not say."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, self._topic)
        try:
            (answer,) = self._admin.describe_configs([resource], request_timeout=seconds).values()
            return int(answer.result(seconds)[_MAX_MESSAGE_BYTES].value)
        except KafkaException as error:
            raise SluiceError(
                f"Kafka does not say max.message.bytes of topic {self._topic}: {kafka_errors.describe(error.args[0])}",
                status=Exit.UNAVAILABLE,
            ) from error

    def _find_error(self) -> KafkaError | None:
        """Ask for the topic's partitions; returns the error, or None if the topic is there."""
        try:
            topic = self._admin.list_topics(self._topic, timeout=1.0).topics[self._topic]
        except KafkaException as error:
            self._admin.poll(0)
            return self._last_error or error.args[0]
        return topic.error

    def _on_error(self, error: KafkaError) -> None:
        self._last_error = kafka_errors.choose_specific(self._last_error, error)
