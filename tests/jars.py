"""Jars that only tests need, by a pom of their own beside them, in the user's cache."""

import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from producer.runtime.exit_status import SluiceError
from sluice.local.fetch_servers import Say
from sluice.local.maven import installed_maven
from tests.cache import once

_INPUTS = ("pom.xml", ".mvn/maven.config", ".mvn/checksums/checksums.sha256")


def digest(project: Path) -> str:
    """What the folder of a pom pins, in a few characters."""
    return sha256(b"".join((project / name).read_bytes() for name in _INPUTS)).hexdigest()[:16]


def jars(project: Path, *, name: str, env: Mapping[str, str], say: Say) -> Path:
    """The folder of the jars that `project`/pom.xml copies to ${jars.directory}; fetched where it is not there yet.

    Raises SluiceError with Maven's last lines.
    """

    def fetch(building: Path) -> None:
        _fetch(project, building, env=env, say=say)

    # The embedded place's own lock: one Maven in a cache at a time.
    return once(f"{name}-{digest(project)}", fetch, env=env, lock=".lock")


def _fetch(project: Path, folder: Path, *, env: Mapping[str, str], say: Say) -> None:
    cache = folder.parent
    with installed_maven(cache, env=env, say=say, checkout=project) as maven:
        done = maven.run("package", f"-Djars.directory={maven.cache / folder.name}", output=subprocess.PIPE)
    if done.returncode:
        last = "\n  ".join(done.stdout.decode(errors="replace").splitlines()[-15:])
        raise SluiceError(f"the jars of {project / 'pom.xml'} could not be fetched:\n  {last}")
