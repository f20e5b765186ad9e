"""The servers of the embedded place: fetched once from Maven Central into the user's cache.

Maven does the fetching, because it knows mirrors, proxies and what a resumed download is; it verifies every file by
the checksums in .mvn/checksums before anything is unpacked.
"""

import platform
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from producer.runtime.exit_status import SluiceError
from sluice.local.folder_checks import MAX_PATH_BYTES, FolderPurpose, make_folder, resolve_folder
from sluice.local.maven import run_maven
from sluice.local.pipeline_spec import ROOT
from sluice.local.state_files import home_folder

_PLATFORMS = (("Linux", "x86_64"), ("Darwin", "arm64"))
_NEEDED_BYTES = 2 << 30
_INPUTS = (".mvn/maven.config", ".mvn/checksums/checksums.sha256", "sluice/local/pom.xml", "connect/pom.xml")
_OURS = ("redis-sink", "converters")
"""Plugins for Connect that are built here, each in its folder of connect/."""
_OUR_PROJECTS = tuple(f"sluice:{name}" for name in _OURS)
_OURS_INPUTS = (
    *_INPUTS,
    "connect/plugin-parent/pom.xml",
    "connect/converter-parent/pom.xml",
    *(f"connect/{name}/{part}" for name in _OURS for part in ("pom.xml", "src/main")),
)
_BUILD_OURS = ("--projects", ",".join((*_OUR_PROJECTS, "io.apicurio:apicurio-registry")))
"""With the POM that stands in for one that is not on Central (connect/converter-parent)."""

TRAINING_FOLDER = "learning"
"""The folder in the cache of the instance that sluice/local/aot_cache.py starts."""
_DOWNLOADS = FolderPurpose(
    what="downloads",
    change="SLUICE_CACHE=DIR",
    longest=MAX_PATH_BYTES - len(f"/{TRAINING_FOLDER}"),
    without="[]?!",  # Quarkus makes URIs of its jars' real names, and leaves these as they are
)

Say = Callable[[str], None]


def fetch_servers(*, env: Mapping[str, str], say: Say) -> Path:
    """The folder that holds kafka/, registry/, mariadb/, redis/ and plugins/; fetched where it is not there yet.

    Our own plugins are built into a folder beside plugins/, one for each state of their sources, so that a change of
    them unpacks no database again. Raises SluiceError where there is no network, no room or no build for this platform,
    or where a file is not the one that was pinned.
    """
    _check_platform()
    cache = resolve_folder(cache_folder(env), _DOWNLOADS)
    folder = cache / f"servers-{_digest(_INPUTS)}"
    if _our_plugins(folder).is_dir():
        return folder
    make_folder(cache, _DOWNLOADS)
    with (cache / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)  # another instance may be fetching the same: wait for it, then find it there
        if not folder.is_dir():
            _check_room(cache)
            _fetch(cache, folder, env=env, say=say)
        if not _our_plugins(folder).is_dir():
            _build_ours(cache, _our_plugins(folder), env=env, say=say)
    return folder


def plugin_path(servers: Path, name: Path) -> str:
    """A worker's plugin.path: what was fetched, and what is ours. `name` is what the worker calls `servers`."""
    return f"{name / 'plugins'},{name / _our_plugins(servers).name}"


def _our_plugins(servers: Path) -> Path:
    return servers / f"our-plugins-{_digest(_OURS_INPUTS)}"


def cache_folder(env: Mapping[str, str]) -> Path:
    """Where downloads are kept: $SLUICE_CACHE, or sluice/ in the user's cache folder."""
    if env.get("SLUICE_CACHE"):
        return Path(env["SLUICE_CACHE"]).absolute()
    base = env.get("XDG_CACHE_HOME") or home_folder(env) / ".cache"
    return Path(base).absolute() / "sluice"


def _digest(names: Iterable[str]) -> str:
    files = (path for name in names for path in _files(ROOT / name))
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    return sorted(inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else [path]


def _check_platform() -> None:
    here = (platform.system(), platform.machine())
    if here not in _PLATFORMS:
        supported = " and ".join(f"{system} {machine}" for system, machine in _PLATFORMS)
        raise SluiceError(f"the embedded pipeline has no database for {' '.join(here)}; it runs on {supported}.")


def _check_room(cache: Path) -> None:
    free = shutil.disk_usage(cache).free
    if free < _NEEDED_BYTES:
        raise SluiceError(
            f"the disk of {cache} has {free >> 20} MiB left and {_NEEDED_BYTES >> 20} are needed; make room, or name "
            "another folder: SLUICE_CACHE=/path"
        )


def _fetch(cache: Path, folder: Path, *, env: Mapping[str, str], say: Say) -> None:
    building = cache / "building"
    shutil.rmtree(building, ignore_errors=True)
    say("fetching Kafka, Connect's plugins, the registry, MariaDB and Redis (about 420 MB, once) …")
    run_maven(cache, building, "--projects", ",".join(f"!{name}" for name in _OUR_PROJECTS), env=env, say=say)
    _make_executable(building)
    building.rename(folder)


def _build_ours(cache: Path, folder: Path, *, env: Mapping[str, str], say: Say) -> None:
    say("building the plugins that are our own …")
    building = cache / "building"
    shutil.rmtree(building, ignore_errors=True)
    run_maven(cache, building, *_BUILD_OURS, env=env, say=say)
    (building / "plugins").rename(folder)


def run_plugin_tests(*, env: Mapping[str, str], say: Say) -> str:
    """Build our plugins in a folder that is then gone, and run their Java tests; Maven's output.

    Raises SluiceError with the end of that output where a test fails.
    """
    cache = make_folder(cache_folder(env), _DOWNLOADS)
    with (cache / ".lock").open("w") as lock, TemporaryDirectory(dir=cache) as building:
        flock(lock, LOCK_EX)
        run_maven(cache, Path(building), *_BUILD_OURS, "-Dmaven.test.skip=false", env=env, say=say)
        return (cache / "maven.log").read_text(encoding="utf-8", errors="replace")


def _make_executable(folder: Path) -> None:
    # A jar keeps no file modes.
    for pattern in ("mariadb/**/bin/*", "mariadb/**/scripts/*", "redis/redis-server-*"):
        for path in folder.glob(pattern):
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
