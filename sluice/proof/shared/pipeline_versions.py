"""What stood around a proof when it was made: programs, versions, connectors."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from sluice.proof.shared.sink_progress import ConnectSink
from sluice.view.connector_status import ConnectorStatus
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from sluice.view.store_status import fetch_registry_status


@dataclass(frozen=True, kw_only=True)
class PipelineVersions:
    """The pipeline as it was found."""

    versions: tuple[tuple[str, str], ...]
    """Each program and what it says of itself."""
    connectors: tuple[ConnectorStatus, ...]
    dead_letters: int
    """Messages in the sink's topic of dead letters."""


def look_around(endpoints: Endpoints, *, sink: ConnectSink, store: tuple[str, str]) -> PipelineVersions:
    """Ask every part for its version. `store` is what a store is and said of itself; raises SluiceError as `sink`."""
    worker, cluster = sink.worker(), sink.cluster()
    brokers = f"{len(cluster.brokers)} broker{'' if len(cluster.brokers) == 1 else 's'}"
    return PipelineVersions(
        versions=(
            store,
            ("Kafka Connect", worker.version),
            # A broker tells no client its version.
            ("Kafka", f"cluster {cluster.identity}, {brokers}"),
            ("Schema registry", _registry(endpoints.registry_url)),
            ("Sluice", sluice_version()),
            ("Python", platform.python_version()),
        ),
        connectors=worker.connectors,
        dead_letters=next((topic.messages for topic in cluster.topics if topic.name == sink.names.dead_letters), 0),
    )


def sluice_version() -> str:
    """The version of this program."""
    try:
        return version("sluice")
    except PackageNotFoundError:
        return "not installed"


def _registry(url: str) -> str:
    # The proof does not need the registry: that it is silent is worth a line and no more.
    try:
        return f"Apicurio {fetch_registry_status(url).version}"
    except UnavailableError:
        return "did not answer"
