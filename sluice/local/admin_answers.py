"""Answers of the broker to an administrator's questions."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from producer.runtime.exit_status import SluiceError

SECONDS = 30


def wait_for_all(futures: Mapping[Any, "Future[Any]"], what: Callable[[Any], str]) -> dict[Any, Any]:
    """Every answer by its key; raises SluiceError with `what` of the key and the broker's reason."""
    answers: dict[Any, Any] = {}
    for key, future in futures.items():
        try:
            answers[key] = future.result(SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise SluiceError(f"{what(key)}: {error.args[0].str()}") from error
    return answers
