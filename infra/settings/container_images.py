"""Image of each container; run as a program, prints the images that are built here, each with its Dockerfile.

Our own images have a tag made of the files that they are built from: a changed plugin is another image, which rolls
the pods, and the same files are the same image wherever they are built.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from pulumi import Input

from infra.settings.declared_settings import ROOT
from infra.settings.versions import IMAGES, KIND_NODE, OWN_IMAGES

_SOURCES: Mapping[str, tuple[str, ...]] = {
    "connect": (
        ".mvn/maven.config",
        ".mvn/checksums/*",
        "connect/Dockerfile*",
        "connect/pom.xml",
        "connect/*/pom.xml",
        "connect/*/src/main/**/*",
    ),
    "loader": (
        "producer/Dockerfile*",
        "producer/requirements.lock",
        "producer/**/*.py",
        "schemas/*.avsc",
    ),
    "toolbox": (
        "infra/toolbox/*",
        "producer/**/*.py",
        "schemas/*.avsc",
        "sluice/*.py",
        "sluice/cluster/**/*.py",
        "sluice/dead_letters/**/*.py",
        "sluice/proof/**/*",
        "sluice/view/**/*.py",
    ),
}
_TAG_LENGTH = 12
DOCKERFILES = {
    "connect": "connect/Dockerfile",
    "loader": "producer/Dockerfile",
    "toolbox": "infra/toolbox/Dockerfile",
}
"""What each of our images is built from, below the repository's root, which is every build's context."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """Names of images, from a registry of the site's own where it has one."""

    registry: str | None
    overrides: Mapping[str, str]
    built: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Those of ours that the program builds itself, by their digests."""

    def ours(self, name: str) -> Input[str]:
        """One of our images, which is known only once it is built where the program builds it."""
        return self.built[name] if name in self.built and name not in self.overrides else self[name]

    def __getitem__(self, name: str) -> str:
        """The image that infra/settings/versions.py knows by `name`."""
        if name in self.overrides:
            return self.overrides[name]
        image = _own_image(name) if name in OWN_IMAGES else IMAGES[name]
        return image if self.registry is None else f"{self.registry}/{image.partition('/')[2]}"


def own_image(name: str, *, root: Path = ROOT) -> str:
    """One of our images with the tag that its files give it."""
    return f"{OWN_IMAGES[name]}:{_tag(own_image_files(name, root=root), root=root)}"


def own_image_files(name: str, *, root: Path = ROOT) -> list[Path]:
    """The files that one of our images is built from, which give it its tag."""
    return _files(root, _SOURCES[name])


@cache
def _own_image(name: str) -> str:
    """As the files are when the program first asks: one run has one tag, whoever edits them meanwhile."""
    return own_image(name)


def _files(root: Path, patterns: Iterable[str]) -> list[Path]:
    found = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return sorted(path for path in found if "__pycache__" not in path.parts)


def _tag(files: Iterable[Path], *, root: Path) -> str:
    digest = sha256()
    for path in files:
        content = sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:_TAG_LENGTH]


def main() -> None:
    """Print what scripts/kind-up builds: a line `IMAGE DOCKERFILE` each, then the node's image."""
    for name, dockerfile in DOCKERFILES.items():
        sys.stdout.write(f"{own_image(name)} {dockerfile}\n")
    sys.stdout.write(f"{KIND_NODE} node\n")


if __name__ == "__main__":
    main()
