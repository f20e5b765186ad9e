"""Endpoints of all parts of a pipeline, read from the same environment variables for every target.

`sluice up` writes the variables to `endpoints.env` in its state folder, a Job in a cluster has them from Secrets, and
`--target external` takes them from the shell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from producer.kafka.connection import (
    PRODUCER_VARIABLES,
    KafkaUser,
    ProducerEndpoints,
    read_kafka_user,
    require_variables,
)
from producer.runtime.exit_status import Exit, SluiceError

VARIABLES = {
    **PRODUCER_VARIABLES,
    "SLUICE_CONSUMER_PASSWORD": "password of the Kafka user consumer",
    "SLUICE_CONNECT_URL": "base URL of Kafka Connect's REST interface; of several workers, with commas between them",
    "SLUICE_MYSQL_HOST": "host of MySQL",
    "SLUICE_MYSQL_PORT": "port of MySQL",
    "SLUICE_MYSQL_READER_PASSWORD": "password of the MySQL user reader",
    "SLUICE_REDIS_HOST": "host of Redis",
    "SLUICE_REDIS_PORT": "port of Redis",
    "SLUICE_REDIS_READER_PASSWORD": "password of the Redis user reader",
}
"""Environment variables with the endpoints and passwords, and the description of each."""


@dataclass(frozen=True, kw_only=True)
class StoreUser:
    """Address, user name and password for MySQL or Redis."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Endpoints(ProducerEndpoints):
    """Endpoints of all parts, with a user for each."""

    consumer: KafkaUser
    connect_urls: tuple[str, ...]
    """Base URLs of Connect's workers; each reports all connectors."""
    mysql: StoreUser
    redis: StoreUser

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read VARIABLES from `env`; raises SluiceError that names every one missing."""
        require_variables(env, VARIABLES)
        return cls(
            producer=read_kafka_user(env, "producer"),
            consumer=read_kafka_user(env, "consumer"),
            registry_url=env["SLUICE_REGISTRY_URL"].rstrip("/"),
            connect_urls=tuple(url.strip().rstrip("/") for url in env["SLUICE_CONNECT_URL"].split(",")),
            mysql=_store_user(env, "MYSQL"),
            redis=_store_user(env, "REDIS"),
        )


def _store_user(env: Mapping[str, str], store: str) -> StoreUser:
    port = env[f"SLUICE_{store}_PORT"]
    if not port.isdigit():
        raise SluiceError(f"SLUICE_{store}_PORT is {port!r}, which is not a port number", status=Exit.USAGE)
    return StoreUser(
        host=env[f"SLUICE_{store}_HOST"],
        port=int(port),
        username="reader",
        password=env[f"SLUICE_{store}_READER_PASSWORD"],
    )
