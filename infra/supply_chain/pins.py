"""Reads what is pinned: Python packages of the locks, Maven artifacts of .mvn/checksums, images, downloaded servers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from infra.settings.declared_settings import ROOT

PYPI, MAVEN, DOCKER, GENERIC = "pypi", "maven", "docker", "generic"
"""Types of a package URL."""
_REQUIREMENT = re.compile(r"^([\w.-]+)==([^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_IMAGE = re.compile(
    r"(?:(?P<host>[\w.-]+\.[\w.-]+)/)?(?P<name>[^:@]+):(?P<tag>[^@]+)(?:@sha256:(?P<digest>[0-9a-f]{64}))?"
)


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A pinned artifact."""

    kind: str
    """PYPI, MAVEN, DOCKER or GENERIC."""
    group: str
    """A Maven group, or an image's folder; empty for others."""
    name: str
    version: str
    sha256: tuple[str, ...] = ()
    """One for each file that may be installed; none for an image that is pinned by its tag only."""
    qualifiers: tuple[tuple[str, str], ...] = ()
    """Of its package URL: an image's registry, the type and classifier of a Maven artifact."""
    licence: str | None = None
    """An SPDX expression, where known."""
    sha512: str | None = None


def read_lock(path: Path) -> Iterator[Pin]:
    """Yield the Python packages of a requirements file with hashes."""
    text = path.read_text(encoding="utf-8")
    found = list(_REQUIREMENT.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    for match, end in zip(found, ends, strict=True):
        hashes = tuple(_HASH.findall(text, match.start(), end))
        yield Pin(kind=PYPI, group="", name=match[1].lower(), version=match[2], sha256=hashes)


def read_maven(path: Path = ROOT / ".mvn/checksums/checksums.sha256") -> Iterator[Pin]:
    """Yield the Maven artifacts with checksums; POMs, which only describe them, are left out."""
    for line in path.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        if not name.endswith(".pom"):
            yield _artifact(PurePosixPath(name), digest)


def _artifact(path: PurePosixPath, digest: str) -> Pin:
    *group, name, version, file = path.parts
    rest = file.removeprefix(f"{name}-{version}")
    classifier, _, extension = rest.partition(".")
    qualifiers = {"classifier": classifier.removeprefix("-"), "type": "" if extension == "jar" else extension}
    return Pin(
        kind=MAVEN,
        group=".".join(group),
        name=name,
        version=version,
        sha256=(digest,),
        qualifiers=tuple((key, value) for key, value in qualifiers.items() if value),
    )


def image_pin(image: str) -> Pin:
    """Return the pin of an image, `host/folder/name:tag`, with or without `@sha256:…`; raises ValueError."""
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise ValueError(f"{image} is no image with a tag")
    folder, _, name = match["name"].rpartition("/")
    host = match["host"] or "docker.io"
    return Pin(
        kind=DOCKER,
        group=folder or ("library" if host == "docker.io" else ""),
        name=name,
        version=match["tag"],
        sha256=(match["digest"],) if match["digest"] else (),
        qualifiers=() if host == "docker.io" else (("repository_url", host),),
    )


def named_in_pom(path: Path) -> frozenset[str]:
    """Return the artifact ids that a POM names; of a property, all whose names begin as its values do."""
    return frozenset(re.findall(r"<(?:artifactId|mariadb\.artifact)>([\w.-]+)</", path.read_text(encoding="utf-8")))
