"""Jars that only tests need, fetched by Maven into the user's cache; each set has its own pom.xml."""

import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from producer.runtime.exit_status import SluiceError
from sluice.local.fetch_servers import Say
from sluice.local.maven import installed_maven
from tests.build_cache import cached_folder

_INPUTS = ("pom.xml", ".mvn/maven.config", ".mvn/checksums/checksums.sha256")


def digest(project: Path) -> str:
    """Return a short hash of the versions and checksums that a pom's folder pins."""
    return sha256(b"".join((project / name).read_bytes() for name in _INPUTS)).hexdigest()[:16]


def fetch_jars(project: Path, *, name: str, env: Mapping[str, str], say: Say) -> Path:
    """Return the folder of the jars that `project`/pom.xml copies to ${jars.directory}; fetches them if needed.

    Raises SluiceError with Maven's last lines if that fails.
    """

    def fetch(building: Path) -> None:
        _fetch(project, building, env=env, say=say)

    # The same lock as the local pipeline's: one Maven per cache at a time.
    return cached_folder(f"{name}-{digest(project)}", fetch, env=env, lock=".lock")


def _fetch(project: Path, folder: Path, *, env: Mapping[str, str], say: Say) -> None:
    cache = folder.parent
    with installed_maven(cache, env=env, say=say, checkout=project) as maven:
        done = maven.run("package", f"-Djars.directory={maven.cache / folder.name}", output=subprocess.PIPE)
    if done.returncode:
        last = "\n  ".join(done.stdout.decode(errors="replace").splitlines()[-15:])
        raise SluiceError(f"the jars of {project / 'pom.xml'} could not be fetched:\n  {last}")
