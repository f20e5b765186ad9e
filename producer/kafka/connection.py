"""Endpoints of Kafka and the registry for a load, with the Kafka user's credentials, from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.rest_endpoint import RestEndpoint

PRODUCER_VARIABLES = {
    "SLUICE_BOOTSTRAP_SERVERS": "host:port of Kafka's TLS and SCRAM listener",
    "SLUICE_CA_FILE": "PEM file of the authorities that signed the certificates of the broker and of https:// URLs",
    "SLUICE_REGISTRY_URL": "base URL of the Apicurio registry",
    "SLUICE_PRODUCER_PASSWORD": "password of the Kafka user producer",
}
"""Environment variables of a load, with their meaning: the loader's container gets no others."""


@dataclass(frozen=True, kw_only=True)
class KafkaUser:
    """Bootstrap servers and credentials of a Kafka user: TLS, SCRAM-SHA-512."""

    bootstrap_servers: str
    ca_file: Path
    username: str
    password: str = field(repr=False)

    def client_settings(self) -> dict[str, str | int | float | bool]:
        """Return the settings of a librdkafka client for this user."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.username,
            "sasl.password": self.password,
            "ssl.ca.location": str(self.ca_file),
        }


@dataclass(frozen=True, kw_only=True)
class ProducerEndpoints:
    """Endpoints of Kafka and of the registry, for a load."""

    producer: KafkaUser
    registry: RestEndpoint

    @property
    def compatible_registry(self) -> RestEndpoint:
        """The registry's API that is compatible with Confluent's."""
        return replace(self.registry, url=f"{self.registry.url}/apis/ccompat/v7")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read PRODUCER_VARIABLES from `env`; raises SluiceError (USAGE), which names all that are missing."""
        require_variables(env, PRODUCER_VARIABLES)
        return cls(producer=read_kafka_user(env, "producer"), registry=read_registry(env))


def require_variables(env: Mapping[str, str], variables: Mapping[str, str]) -> None:
    """Raise SluiceError (USAGE) if `env` lacks some of `variables`; the message names them with their meaning."""
    missing = [name for name in variables if not env.get(name)]
    if missing:
        lines = "".join(f"\n  {name}: {variables[name]}" for name in missing)
        raise SluiceError(f"set these variables, which say where the pipeline is:{lines}", status=Exit.USAGE)


def read_registry(env: Mapping[str, str]) -> RestEndpoint:
    """Return the registry; the optional SLUICE_REGISTRY_USER_INFO is `user:password`, else SluiceError (USAGE)."""
    user_info = env.get("SLUICE_REGISTRY_USER_INFO", "")
    if user_info and ":" not in user_info:
        raise SluiceError("SLUICE_REGISTRY_USER_INFO is not user:password", status=Exit.USAGE)
    url = check_url(env["SLUICE_REGISTRY_URL"], variable="SLUICE_REGISTRY_URL")
    return RestEndpoint(url=url, ca_file=Path(env["SLUICE_CA_FILE"]), user_info=user_info)


def check_url(url: str, *, variable: str) -> str:
    """Return a base URL without blanks around it and a slash at its end; raises SluiceError (USAGE) for another text.

    `localhost:8083` has no scheme, and a client would guess one: a password could go to another server.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an address in brackets that is none
        usable = False
    if not usable:
        raise SluiceError(f"{variable} is not http://HOST:PORT or https://HOST:PORT", status=Exit.USAGE)
    return url.strip().rstrip("/")


def read_kafka_user(env: Mapping[str, str], name: str) -> KafkaUser:
    """Return the Kafka user `name` with its password from `env`; raises SluiceError (USAGE) for a path not in UTF-8."""
    ca_file = env["SLUICE_CA_FILE"]
    if not _is_utf8(ca_file):
        raise SluiceError("SLUICE_CA_FILE is not UTF-8, which Kafka's client needs; move the file", status=Exit.USAGE)
    return KafkaUser(
        bootstrap_servers=env["SLUICE_BOOTSTRAP_SERVERS"],
        ca_file=Path(ca_file),
        username=name,
        password=env[f"SLUICE_{name.upper()}_PASSWORD"],
    )


def _is_utf8(text: str) -> bool:
    """Return whether a variable's text is UTF-8; in Python other bytes are lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
