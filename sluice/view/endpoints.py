"""Endpoints of all parts of a pipeline, read from the same environment variables for every target.

`sluice up` writes the variables to `endpoints.env` in its state folder, a Job in a cluster has them from Secrets, and
`--target external` takes them from the shell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from producer.kafka.connection import (
    PRODUCER_VARIABLES,
    KafkaUser,
    ProducerEndpoints,
    check_url,
    read_kafka_user,
    read_registry,
    require_variables,
)
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint

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
OPTIONAL_VARIABLES = {
    "SLUICE_REGISTRY_USER_INFO": "user:password, for a registry that asks for them",
    "SLUICE_CONNECT_CERTIFICATE_FILE": "PEM file with key and certificate, for Connect's REST if it asks for one",
}


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
    connect: tuple[RestEndpoint, ...]
    """REST interfaces of Connect's workers; each reports all connectors."""
    mysql: StoreUser
    redis: StoreUser

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read VARIABLES from `env`; raises SluiceError that names every one missing."""
        require_variables(env, VARIABLES)
        return cls(
            producer=read_kafka_user(env, "producer"),
            consumer=read_kafka_user(env, "consumer"),
            registry=read_registry(env),
            connect=tuple(_connect(env, url) for url in env["SLUICE_CONNECT_URL"].split(",")),
            mysql=_store_user(env, "MYSQL"),
            redis=_store_user(env, "REDIS"),
        )


def _connect(env: Mapping[str, str], url: str) -> RestEndpoint:
    certificate = env.get("SLUICE_CONNECT_CERTIFICATE_FILE")
    return RestEndpoint(
        url=check_url(url, variable="SLUICE_CONNECT_URL"),
        ca_file=Path(env["SLUICE_CA_FILE"]),
        certificate_file=Path(certificate) if certificate else None,
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
