"""Downloads the local pipeline's servers from Maven Central into the user's cache, once, and builds our plugins.

Maven downloads them, because it supports mirrors, proxies and resumed downloads; it verifies every file by the
checksums in .mvn/checksums before anything is unpacked.
"""

import platform
import re
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
_REPLACED_POM = "converter-parent"
"""Module of connect/ that is no code of ours, but replaces a POM missing on Central."""

TRAINING_FOLDER = "training"
"""Folder in the cache for the instance of the training run (sluice/local/aot_cache.py)."""
_DOWNLOADS = FolderPurpose(
    content="downloads",
    option="SLUICE_CACHE=DIR",
    max_bytes=MAX_PATH_BYTES - len(f"/{TRAINING_FOLDER}"),
    forbidden="[]?!",  # Quarkus makes URIs of its jars' resolved paths and does not escape these
)

Say = Callable[[str], None]


def fetch_servers(*, env: Mapping[str, str], say: Say) -> Path:
    """Return the folder with kafka/, registry/, mariadb/, redis/ and plugins/; download it where it is missing.

    Our plugins are built into a folder beside plugins/, one for each digest of their sources, so that a change of
    them does not unpack the database again. Raises SluiceError where the network, disk space or a build for this
    platform is missing, or where a file differs from its pinned checksum.
    """
    _check_platform()
    cache = resolve_folder(cache_folder(env), _DOWNLOADS)
    folder = cache / f"servers-{_digest(_INPUTS)}"
    if _our_plugins(folder).is_dir():
        return folder
    make_folder(cache, _DOWNLOADS)
    with (cache / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)  # another command may be downloading the same: wait, then use it
        if not folder.is_dir():
            _check_room(cache)
            _fetch(cache, folder, env=env, say=say)
        if not _our_plugins(folder).is_dir():
            _build_plugins(cache, _our_plugins(folder), env=env, say=say)
    return folder


def plugin_path(servers: Path, link: Path) -> str:
    """Return a worker's plugin.path: downloaded plugins and ours. `link` is the path by which it finds `servers`."""
    return f"{link / 'plugins'},{link / _our_plugins(servers).name}"


def _our_plugins(servers: Path) -> Path:
    modules = _our_modules()
    poms = [f"connect/{name}/pom.xml" for name in ("plugin-parent", _REPLACED_POM, *modules)]
    # A module without src/main holds fixtures of tests.
    sources = [name for name in (f"connect/{name}/src/main" for name in modules) if (ROOT / name).is_dir()]
    return servers / f"our-plugins-{_digest((*_INPUTS, *poms, *sources))}"


def _our_modules() -> tuple[str, ...]:
    """Return the modules of connect/ with our code: all are built here, into one folder, plugins/sluice."""
    names = re.findall("<module>(.*)</module>", (ROOT / "connect/pom.xml").read_text(encoding="utf-8"))
    return tuple(name for name in names if name != _REPLACED_POM)


def _projects() -> list[str]:
    return [f"sluice:{name}" for name in _our_modules()]


def _build_plugins_options() -> tuple[str, str]:
    """Return Maven's options to build our plugins alone, with the POM that replaces one missing on Central."""
    return "--projects", ",".join((*_projects(), "io.apicurio:apicurio-registry"))


def cache_folder(env: Mapping[str, str]) -> Path:
    """Return the folder of the downloads: $SLUICE_CACHE, or sluice/ in the user's cache folder."""
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
        raise SluiceError(f"the local pipeline has no database for {' '.join(here)}; it runs on {supported}.")


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
    say("fetching Kafka, Connect's plugins, the registry, MariaDB and Redis (about 360 MB, once) …")
    without_ours = ",".join(f"!{name}" for name in _projects())
    run_maven(cache, building, "--projects", without_ours, "-Dskip.mysql.source", env=env, say=say)
    _make_executable(building)
    building.rename(folder)


def _build_plugins(cache: Path, folder: Path, *, env: Mapping[str, str], say: Say) -> None:
    say("building our own plugins …")
    building = cache / "building"
    shutil.rmtree(building, ignore_errors=True)
    run_maven(cache, building, *_build_plugins_options(), env=env, say=say)
    (building / "plugins").rename(folder)


def run_plugin_tests(*, env: Mapping[str, str], say: Say) -> str:
    """Build our plugins in a temporary folder, run their Java tests, and return Maven's output.

    The tests start the downloaded MariaDB. Raises SluiceError with the end of the output where a test fails.
    """
    env = {**env, "SLUICE_TEST_MARIADB": str(fetch_servers(env=env, say=say) / "mariadb")}
    cache = make_folder(cache_folder(env), _DOWNLOADS)
    with (cache / ".lock").open("w") as lock, TemporaryDirectory(dir=cache) as building:
        flock(lock, LOCK_EX)
        run_maven(cache, Path(building), *_build_plugins_options(), "-Dmaven.test.skip=false", env=env, say=say)
        return (cache / "maven.log").read_text(encoding="utf-8", errors="replace")


def _make_executable(folder: Path) -> None:
    # A jar does not keep file modes.
    for pattern in ("mariadb/**/bin/*", "mariadb/**/scripts/*", "redis/redis-server-*"):
        for path in folder.glob(pattern):
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
