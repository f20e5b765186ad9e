"""Versions and connectors of the pipeline at the time of a proof, for its report."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from producer.runtime.rest_endpoint import RestEndpoint
from sluice.proof.shared.sink_progress import ConnectSink
from sluice.view.connector_status import ConnectorStatus
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from sluice.view.store_status import fetch_registry_status


@dataclass(frozen=True, kw_only=True)
class PipelineVersions:
    """Versions, connectors and dead letters of the pipeline."""

    versions: tuple[tuple[str, str], ...]
    """Name and version of each program; the store first."""
    connectors: tuple[ConnectorStatus, ...]
    dead_letters: int
    """Number of records in the sink's topic of dead letters."""


def read_pipeline_versions(endpoints: Endpoints, *, sink: ConnectSink, store: tuple[str, str]) -> PipelineVersions:
    """Query every program's version; raises SluiceError as ConnectSink does. `store` is its name and version."""
    connect, kafka = sink.connect_status(), sink.kafka_status()
    brokers = f"{len(kafka.brokers)} broker{'' if len(kafka.brokers) == 1 else 's'}"
    return PipelineVersions(
        versions=(
            store,
            ("Kafka Connect", connect.version),
            # A broker does not tell clients its version.
            ("Kafka", f"cluster {kafka.identity}, {brokers}"),
            ("Schema registry", _registry(endpoints.registry)),
            ("Sluice", sluice_version()),
            ("Python", platform.python_version()),
        ),
        connectors=connect.connectors,
        dead_letters=next((topic.messages for topic in kafka.topics if topic.name == sink.names.dead_letters), 0),
    )


def sluice_version() -> str:
    """Return the version of this program."""
    try:
        return version("sluice")
    except PackageNotFoundError:
        return "not installed"


def _registry(registry: RestEndpoint) -> str:
    # The proof does not need the registry: one that does not answer is worth a line and no more.
    try:
        return f"Apicurio {fetch_registry_status(registry).version}"
    except UnavailableError:
        return "did not answer"
