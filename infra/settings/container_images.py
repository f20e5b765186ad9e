"""Names of the container images; as a program, prints the images to build, each with its Dockerfile.

The tag of an image of ours is a digest of the files that it is built from: a changed plugin is another image, which
rolls the pods, and the same files are the same image wherever they are built. scripts/kind-up runs the program.
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
        "schemas/*.proto",
    ),
    "toolbox": (
        "infra/toolbox/*",
        "producer/**/*.py",
        "schemas/*.avsc",
        "schemas/*.proto",
        "sluice/*.py",
        "sluice/cluster/**/*.py",
        "sluice/console/**/*",
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
"""The Dockerfile of each of our images, from the repository's root, which is the context of every build."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """Image names of one stack.

    `registry` (setting images.registry) replaces the host of every image; `overrides` (images.NAME) whole names.
    """

    registry: str | None
    overrides: Mapping[str, str]
    built: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    """Our images that the program itself builds, with digests (infra/gcp/artifact_registry.py)."""

    def ours(self, name: str) -> Input[str]:
        """Return the name of one of our images; an Output where the program builds it."""
        return self.built[name] if name in self.built and name not in self.overrides else self[name]

    def __getitem__(self, name: str) -> str:
        """Return the image that infra/settings/versions.py lists as `name`; raises KeyError for an unknown one."""
        if name in self.overrides:
            return self.overrides[name]
        image = _own_image(name) if name in OWN_IMAGES else IMAGES[name]
        return image if self.registry is None else f"{self.registry}/{image.partition('/')[2]}"


def own_image(name: str, *, root: Path = ROOT) -> str:
    """Return the name of one of our images, with the tag computed from its files."""
    return f"{OWN_IMAGES[name]}:{_tag(own_image_files(name, root=root), root=root)}"


def own_image_files(name: str, *, root: Path = ROOT) -> list[Path]:
    """List the files that one of our images is built from, sorted; its tag is computed from them."""
    return _files(root, _SOURCES[name])


@cache
def _own_image(name: str) -> str:
    """Cached: one run has one tag, even where a file is edited meanwhile."""
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
    """Print a line `IMAGE DOCKERFILE` for each of our images, then `IMAGE node` for kind's node."""
    for name, dockerfile in DOCKERFILES.items():
        sys.stdout.write(f"{own_image(name)} {dockerfile}\n")
    sys.stdout.write(f"{KIND_NODE} node\n")


if __name__ == "__main__":
    main()
