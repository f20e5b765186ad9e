"""One connector's configuration without secrets, and its offsets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from producer.runtime.exit_status import SluiceError
from producer.runtime.terminal import format_json
from sluice.secret_settings import mask_settings, mask_text, secret_values
from sluice.view.connect_requests import ask_about_connector
from sluice.view.connector_status import sink_group, topics_of
from sluice.view.endpoints import Endpoints
from sluice.view.group_offsets import GroupOffset
from sluice.view.http_client import UnavailableError
from sluice.view.kafka_status import KafkaInspector
from sluice.view.pipeline_inspector import KeptClient


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


class DetailsInspector:
    """Asks for one connector's details again and again, by a client of Kafka that it keeps. Close it after use."""

    def __init__(self, endpoints: Callable[[], Endpoints], name: str) -> None:
        self._endpoints = endpoints
        self._name = name
        self._kafka = KeptClient(lambda: KafkaInspector(endpoints().consumer), lambda _: None)

    def close(self) -> None:
        """Close the client; the next question opens it again."""
        self._kafka.close()

    def fetch(self) -> ConnectorDetails:
        """Query it; raises as ask_about_connector() does, but not where only the offsets are not answered."""
        endpoints, name = self._endpoints(), self._name
        info = ask_about_connector(endpoints.connect, "GET", name)
        try:
            config = {str(key): str(value) for key, value in info["config"].items()}
            kind = info.get("type")
        except (AttributeError, KeyError, TypeError) as error:
            raise UnavailableError(f"Kafka Connect answers what is no connector: {error!r}") from error
        masked = mask_settings(config)
        try:
            if kind == "sink":
                topics = topics_of(config) or _active_topics(endpoints, name)
                offsets = self._kafka.ask(lambda kafka: kafka.group_offsets(sink_group(name), topics))
                return ConnectorDetails(name=name, config=masked, sink_offsets=offsets)
            return ConnectorDetails(name=name, config=masked, source_offsets=_source_offsets(endpoints, name, config))
        except (UnavailableError, SluiceError) as error:
            return ConnectorDetails(name=name, config=masked, offsets_problem=str(error))


def _active_topics(endpoints: Endpoints, name: str) -> tuple[str, ...]:
    """Return the topics that a connector has read since it was made."""
    answer = ask_about_connector(endpoints.connect, "GET", name, "/topics")
    try:
        return tuple(map(str, answer[name]["topics"]))
    except (KeyError, TypeError) as error:
        raise UnavailableError(f"Kafka Connect answers what are no topics: {error!r}") from error


def _source_offsets(endpoints: Endpoints, name: str, config: dict[str, str]) -> tuple[tuple[str, str], ...]:
    answer = ask_about_connector(endpoints.connect, "GET", name, "/offsets")
    secrets = secret_values(config)

    def text(value: Any) -> str:
        return mask_text(format_json(value), secrets)

    try:
        return tuple((text(one["partition"]), text(one["offset"])) for one in answer["offsets"])
    except (KeyError, TypeError) as error:
        raise UnavailableError(f"Kafka Connect answers what are no offsets: {error!r}") from error
