"""How to reach a pipeline, wherever it lives: read from the same variables in all three places.

`sluice up` writes them to `place.env` in its state folder, a Job in a cluster is given them from Secrets,
and `--target external` takes them from the shell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from exits import Exit, SluiceError

VARIABLES = {
    "SLUICE_BOOTSTRAP_SERVERS": "host:port of Kafka's TLS and SCRAM listener",
    "SLUICE_CA_FILE": "PEM file of the authority that signed the broker's certificate",
    "SLUICE_REGISTRY_URL": "base URL of the Apicurio registry",
    "SLUICE_PRODUCER_PASSWORD": "password of the Kafka user producer",
    "SLUICE_CONSUMER_PASSWORD": "password of the Kafka user consumer",
    "SLUICE_CONNECT_URL": "base URL of Kafka Connect's REST interface; of several workers, with commas between them",
    "SLUICE_MYSQL_HOST": "host of MySQL",
    "SLUICE_MYSQL_PORT": "port of MySQL",
    "SLUICE_MYSQL_READER_PASSWORD": "password of the MySQL user reader",
    "SLUICE_REDIS_HOST": "host of Redis",
    "SLUICE_REDIS_PORT": "port of Redis",
    "SLUICE_REDIS_READER_PASSWORD": "password of the Redis user reader",
}
PRODUCER_VARIABLES = (
    "SLUICE_BOOTSTRAP_SERVERS",
    "SLUICE_CA_FILE",
    "SLUICE_REGISTRY_URL",
    "SLUICE_PRODUCER_PASSWORD",
)
"""All that a load needs: the loader's container is given no more."""


@dataclass(frozen=True, kw_only=True)
class KafkaUser:
    """A Kafka user's way in: TLS, SCRAM-SHA-512."""

    bootstrap_servers: str
    ca_file: Path
    username: str
    password: str = field(repr=False)

    def client_settings(self) -> dict[str, str | int | float | bool]:
        """Settings for a librdkafka client of this user."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.username,
            "sasl.password": self.password,
            "ssl.ca.location": str(self.ca_file),
        }


@dataclass(frozen=True, kw_only=True)
class StoreUser:
    """A database user's way in."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ProducerPlace:
    """What a load needs."""

    producer: KafkaUser
    registry_url: str

    @property
    def registry_compatible_url(self) -> str:
        """Where the registry speaks Confluent's API."""
        return f"{self.registry_url}/apis/ccompat/v7"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read PRODUCER_VARIABLES from `env`; raises SluiceError that names every one missing."""
        _require(env, PRODUCER_VARIABLES)
        return cls(producer=_kafka_user(env, "producer"), registry_url=env["SLUICE_REGISTRY_URL"].rstrip("/"))


@dataclass(frozen=True, kw_only=True)
class Place(ProducerPlace):
    """What a person who looks around needs as well."""

    consumer: KafkaUser
    connect_urls: tuple[str, ...]
    """Base URLs of Connect's workers; each answers for all."""
    mysql: StoreUser
    redis: StoreUser

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read VARIABLES from `env`; raises SluiceError that names every one missing."""
        _require(env, tuple(VARIABLES))
        return cls(
            producer=_kafka_user(env, "producer"),
            consumer=_kafka_user(env, "consumer"),
            registry_url=env["SLUICE_REGISTRY_URL"].rstrip("/"),
            connect_urls=tuple(url.strip().rstrip("/") for url in env["SLUICE_CONNECT_URL"].split(",")),
            mysql=_store_user(env, "MYSQL"),
            redis=_store_user(env, "REDIS"),
        )


def _require(env: Mapping[str, str], names: tuple[str, ...]) -> None:
    missing = [name for name in names if not env.get(name)]
    if missing:
        lines = "".join(f"\n  {name}: {VARIABLES[name]}" for name in missing)
        raise SluiceError(f"these variables must say where the pipeline is:{lines}", status=Exit.USAGE)


def _is_utf8(text: str) -> bool:
    """Whether text of the environment is; what is not UTF-8 comes as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _kafka_user(env: Mapping[str, str], name: str) -> KafkaUser:
    ca_file = env["SLUICE_CA_FILE"]
    if not _is_utf8(ca_file):
        raise SluiceError("SLUICE_CA_FILE is not UTF-8, which Kafka's client needs; move the file", status=Exit.USAGE)
    return KafkaUser(
        bootstrap_servers=env["SLUICE_BOOTSTRAP_SERVERS"],
        ca_file=Path(ca_file),
        username=name,
        password=env[f"SLUICE_{name.upper()}_PASSWORD"],
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
