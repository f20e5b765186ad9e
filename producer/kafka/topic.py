"""Checks that a topic exists and reads its settings, before anything is sent to it."""

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource

from producer.kafka import kafka_errors
from producer.runtime.exit_status import Exit, SluiceError

CONNECT_SECONDS = 10.0
"""Patience with a broker that cannot be reached."""
ANSWER_SECONDS = 60.0
"""Patience with one of which no error is known, but that does not answer: loads that start at once share its time."""
_NOTICE_SECONDS = 5.0
"""Time after which a wait is reported."""
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

    def wait(self, *, report: Callable[[str], None] = lambda _: None) -> int:
        """Wait until this user can see the topic and return its number of partitions.

        A wait of more than a few seconds is reported once. Raises SluiceError after CONNECT_SECONDS if the broker
        cannot be reached, after ANSWER_SECONDS if it does not answer, or once waiting cannot help.
        """
        begun, reported = time.monotonic(), False
        while isinstance(answer := self._ask(), KafkaError):
            waited = time.monotonic() - begun
            patience = CONNECT_SECONDS if self._last_error else ANSWER_SECONDS
            if kafka_errors.is_final(answer) or waited > patience:
                raise SluiceError(kafka_errors.describe_topic_error(answer, topic=self._topic), status=Exit.UNAVAILABLE)
            if waited > _NOTICE_SECONDS and not reported:
                reported = True
                report(f"waiting for Kafka: {answer.str()}")
            self._admin.poll(_TICK_SECONDS)
        return answer

    def max_message_bytes(self) -> int:
        """Return max.message.bytes of the topic, its largest batch; raises SluiceError if Kafka does not say."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, self._topic)
        try:
            (answer,) = self._admin.describe_configs([resource], request_timeout=CONNECT_SECONDS).values()
            return int(answer.result(CONNECT_SECONDS + 1)[_MAX_MESSAGE_BYTES].value)
        except (KafkaException, TimeoutError) as error:
            reason = "it does not answer" if isinstance(error, TimeoutError) else kafka_errors.describe(error.args[0])
            raise SluiceError(
                f"Kafka does not say max.message.bytes of topic {self._topic}: {reason}", status=Exit.UNAVAILABLE
            ) from error

    def _ask(self) -> int | KafkaError:
        """Return the topic's number of partitions, or the error if it is not there."""
        try:
            topic = self._admin.list_topics(self._topic, timeout=1.0).topics[self._topic]
        except KafkaException as error:
            self._admin.poll(0)
            return self._last_error or error.args[0]
        return len(topic.partitions) if topic.error is None else topic.error

    def _on_error(self, error: KafkaError) -> None:
        self._last_error = kafka_errors.choose_specific(self._last_error, error)
