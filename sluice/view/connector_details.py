"""One connector's configuration without secrets, and its offsets."""

from dataclasses import dataclass
from typing import Any

from producer.runtime.exit_status import SluiceError
from producer.runtime.terminal import format_json
from sluice.secret_settings import mask_settings, mask_text, secret_values
from sluice.view.connect_requests import ask_about_connector
from sluice.view.connector_status import sink_group, topics_of
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import GroupOffset, KafkaInspector


@dataclass(frozen=True, kw_only=True)
class ConnectorDetails:
    """What the status of a connector leaves out."""

    name: str
    config: dict[str, str]
    """Its settings, with MASK in place of secrets."""
    sink_offsets: tuple[GroupOffset, ...] = ()
    """Of a sink: where it is in each partition."""
    source_offsets: tuple[tuple[str, str], ...] = ()
    """Of a source: what it reads, and where it is in it, both as JSON."""
    offsets_problem: str | None = None
    """Why the offsets are not known."""


def fetch_connector_details(endpoints: Endpoints, name: str) -> ConnectorDetails:
    """Query one connector; raises as ask_about_connector() does, but not where only the offsets are not answered."""
    info = ask_about_connector(endpoints.connect, "GET", name)
    try:
        config = {str(key): str(value) for key, value in info["config"].items()}
        kind = info.get("type")
    except (AttributeError, KeyError, TypeError) as error:
        raise UnavailableError(f"Kafka Connect answers what is no connector: {error!r}") from error
    masked = mask_settings(config)
    try:
        if kind == "sink":
            offsets = KafkaInspector(endpoints.consumer).group_offsets(sink_group(name), topics_of(config))
            return ConnectorDetails(name=name, config=masked, sink_offsets=offsets)
        return ConnectorDetails(name=name, config=masked, source_offsets=_source_offsets(endpoints, name, config))
    except (UnavailableError, SluiceError) as error:
        return ConnectorDetails(name=name, config=masked, offsets_problem=str(error))


def _source_offsets(endpoints: Endpoints, name: str, config: dict[str, str]) -> tuple[tuple[str, str], ...]:
    answer = ask_about_connector(endpoints.connect, "GET", name, "/offsets")
    secrets = secret_values(config)

    def text(value: Any) -> str:
        return mask_text(format_json(value), secrets)

    try:
        return tuple((text(one["partition"]), text(one["offset"])) for one in answer["offsets"])
    except (KeyError, TypeError) as error:
        raise UnavailableError(f"Kafka Connect answers what are no offsets: {error!r}") from error
