"""Admin client of the local pipeline's broker, with the rights of Strimzi's operators."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from producer.runtime.exit_status import SluiceError
from sluice.local.instance import Instance

TIMEOUT_SECONDS = 30
"""Time that the broker has to answer a request, s."""


def admin_client(instance: Instance) -> AdminClient:
    """Create an admin client of an instance's broker; it connects in the background."""
    return AdminClient(admin_settings(instance))


def admin_settings(instance: Instance) -> dict[str, str | int | float | bool]:
    """Return the settings of a librdkafka client that authenticates by the admin certificate."""
    identity = str(instance.state / "tls/admin.pem")
    return {
        "bootstrap.servers": f"127.0.0.1:{instance.port('kafka-admin')}",
        "security.protocol": "SSL",
        "ssl.ca.location": str(instance.state / "tls/ca.pem"),
        "ssl.certificate.location": identity,
        "ssl.key.location": identity,
        # The broker may still be starting: that it refuses connections is not worth a log line.
        "log_level": 2,
        "reconnect.backoff.max.ms": 200,
        "log.connection.close": False,
    }


def wait_for_all(futures: Mapping[Any, "Future[Any]"], describe_failure: Callable[[Any], str]) -> dict[Any, Any]:
    """Wait for the results of an admin request, and return them by their keys.

    A topic that exists already is no error. Raises SluiceError with `describe_failure(key)` and the broker's reason.
    """
    results: dict[Any, Any] = {}
    for key, future in futures.items():
        try:
            results[key] = future.result(TIMEOUT_SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise SluiceError(f"{describe_failure(key)}: {error.args[0].str()}") from error
    return results
