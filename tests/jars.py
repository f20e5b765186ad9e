"""Jars that only tests need, by a pom of their own beside them, in the user's cache."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path

from exits import SluiceError
from local.fetch import cache_folder, maven, maven_env

_INPUTS = ("pom.xml", ".mvn/maven.config", ".mvn/checksums/checksums.sha256")

Say = Callable[[str], None]


def digest(project: Path) -> str:
    """What the folder of a pom pins, in a few characters."""
    return sha256(b"".join((project / name).read_bytes() for name in _INPUTS)).hexdigest()[:16]


def jars(project: Path, *, name: str, env: Mapping[str, str], say: Say) -> Path:
    """The folder of the jars that `project`/pom.xml copies to ${jars.directory}; fetched where it is not there yet.

    Raises SluiceError with Maven's last lines.
    """
    cache = cache_folder(env)
    folder = cache / f"{name}-{digest(project)}"
    if not folder.is_dir():
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (cache / ".lock").open("w") as lock:  # the embedded place's own: one Maven in a cache at a time
            flock(lock, LOCK_EX)
            if not folder.is_dir():
                _fetch(project, cache, folder, env=env, say=say)
    return folder


def _fetch(project: Path, cache: Path, folder: Path, *, env: Mapping[str, str], say: Say) -> None:
    building = cache / f"building-{folder.name}"
    shutil.rmtree(building, ignore_errors=True)
    command = [maven(cache, env=env, say=say) / "bin/mvn", "package"]
    done = subprocess.run(
        [*command, f"-Dmaven.repo.local={cache / 'maven'}", f"-Djars.directory={building}"],
        cwd=project,
        env=maven_env(cache, env=env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = "\n  ".join((done.stdout + done.stderr).splitlines()[-15:])
        raise SluiceError(f"the jars of {project / 'pom.xml'} could not be fetched:\n  {last}")
    building.rename(folder)
