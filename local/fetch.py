"""The servers of the embedded place: fetched once from Maven Central into the user's cache.

Maven does the fetching, because it knows mirrors, proxies and what a resumed download is; it verifies every file by
the checksums in .mvn/checksums before anything is unpacked. Maven itself is verified here.
"""

import platform
import shutil
import ssl
import stat
import subprocess
import tarfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from fcntl import LOCK_EX, flock
from hashlib import sha256, sha512
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from cryptography.x509 import load_pem_x509_certificates
from jgo.maven import MavenContext

from exits import Exit, SluiceError
from local.description import ROOT
from local.java import JAVA_HOME

MAVEN_VERSION = "3.9.16"
MAVEN_SHA512 = (
    "831a8591fe20c8243b1dbe7d71e3244f31d1665b0804b2e825e38cbbe5ce0caf"
    "b8338851f90780735568773e0a6cd07bbec107cda0b896b008b861075358b6f6"
)
_PLATFORMS = (("Linux", "x86_64"), ("Darwin", "arm64"))
_NEEDED_BYTES = 2 << 30
_INPUTS = (".mvn/maven.config", ".mvn/checksums/checksums.sha256", "local/pom.xml", "connect/pom.xml")
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

Say = Callable[[str], None]


def servers_folder(*, env: Mapping[str, str], say: Say) -> Path:
    """The folder that holds kafka/, registry/, mariadb/, redis/ and plugins/; fetched where it is not there yet.

    Our own plugins are built into a folder beside plugins/, one for each state of their sources, so that a change of
    them unpacks no database again. Raises SluiceError where there is no network, no room or no build for this platform,
    or where a file is not the one that was pinned.
    """
    _check_platform()
    cache = cache_folder(env)
    folder = cache / f"servers-{_digest(_INPUTS)}"
    if _our_plugins(folder).is_dir():
        return folder
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)  # another instance may be fetching the same: wait for it, then find it there
        if not folder.is_dir():
            _check_room(cache)
            _fetch(cache, folder, env=env, say=say)
        if not _our_plugins(folder).is_dir():
            _build_ours(cache, _our_plugins(folder), env=env, say=say)
    return folder


def plugin_path(servers: Path) -> str:
    """A worker's plugin.path: what was fetched, and what is ours."""
    return f"{servers / 'plugins'},{_our_plugins(servers)}"


def _our_plugins(servers: Path) -> Path:
    return servers / f"our-plugins-{_digest(_OURS_INPUTS)}"


def cache_folder(env: Mapping[str, str]) -> Path:
    """Where downloads are kept: $SLUICE_CACHE, or sluice/ in the user's cache folder."""
    if env.get("SLUICE_CACHE"):
        return Path(env["SLUICE_CACHE"]).absolute()
    base = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME", "~")).expanduser() / ".cache")
    return Path(base) / "sluice"


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


def run_our_tests(*, env: Mapping[str, str], say: Say) -> str:
    """Build our plugins in a folder that is then gone, and run their Java tests; Maven's output.

    Raises SluiceError with the end of that output where a test fails.
    """
    cache = cache_folder(env)
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock, TemporaryDirectory(dir=cache) as building:
        flock(lock, LOCK_EX)
        run_maven(cache, Path(building), *_BUILD_OURS, "-Dmaven.test.skip=false", env=env, say=say)
        return (cache / "maven.log").read_text(encoding="utf-8", errors="replace")


def run_maven(cache: Path, folder: Path, *options: str, env: Mapping[str, str], say: Say) -> None:
    """Have Maven write the servers into `folder`; raises SluiceError that says what stands in the way."""
    home = maven(cache, env=env, say=say)
    log = cache / "maven.log"
    command = [
        str(home / "bin/mvn"),
        "--file", str(ROOT / "local/pom.xml"),
        "package",
        f"-Dmaven.repo.local={cache / 'maven'}",
        f"-Dservers.directory={folder}",
        f"-Dplugins.directory={folder / 'plugins'}",
        f"-Dwork.directory={folder / 'work'}",
        *options,
    ]  # fmt: skip
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=maven_env(cache, env=env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise SluiceError(_explained(log.read_text(encoding="utf-8", errors="replace"), log))


def maven(cache: Path, *, env: Mapping[str, str], say: Say) -> Path:
    """Maven's folder; fetched, verified and unpacked where it is not there yet."""
    folder = cache / f"apache-maven-{MAVEN_VERSION}"
    if folder.is_dir():
        return folder
    say(f"fetching Maven {MAVEN_VERSION} …")
    archive = _download_maven(cache, env=env)
    if sha512(archive.read_bytes()).hexdigest() != MAVEN_SHA512:
        archive.unlink()
        raise SluiceError(f"{archive.name} is not the file that was pinned: it was removed. Is a mirror altering it?")
    with TemporaryDirectory(dir=cache) as unpacked, tarfile.open(archive) as tar:
        # Before Python 3.11.4 there are no filters; what is unpacked was held to its checksum either way.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(unpacked)  # noqa: S202
        (Path(unpacked) / folder.name).rename(folder)
    return folder


def _download_maven(cache: Path, *, env: Mapping[str, str]) -> Path:
    mirror = env.get("SLUICE_MAVEN_MIRROR")
    repositories = {"mirror": mirror.rstrip("/")} if mirror else None
    context = MavenContext(repo_cache=cache / "maven", local_repos=[], remote_repos=repositories, timeout=60)
    artifact = context.project("org.apache.maven", "apache-maven").at_version(MAVEN_VERSION).artifact("bin", "tar.gz")
    try:
        return artifact.resolve()
    except (OSError, RuntimeError) as error:
        raise SluiceError(
            f"Maven could not be fetched: {error}\nIs Maven Central reachable? A mirror is named by "
            "SLUICE_MAVEN_MIRROR=URL (and in ~/.m2/settings.xml, for Maven's own fetching).",
            status=Exit.UNAVAILABLE,
        ) from error


def maven_env(cache: Path, *, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a Maven that is run on this machine's Java, and trusts whom this machine trusts."""
    options = f"{env.get('MAVEN_OPTS', '')} {_trust(cache)}".strip()
    return {**env, "JAVA_HOME": str(JAVA_HOME), "MAVEN_OPTS": options}


def _trust(cache: Path) -> str:
    """Let Java trust whom this machine trusts: a company's own authority stands in the system's bundle only."""
    bundle = cast(str | None, ssl.get_default_verify_paths().cafile)
    if bundle is None:
        return ""
    with warnings.catch_warnings(action="ignore"):  # old authorities have serial numbers that are frowned upon today
        certificates = load_pem_x509_certificates(Path(bundle).read_bytes())
    entries = [PKCS12Certificate(certificate, f"{index}".encode()) for index, certificate in enumerate(certificates)]
    store = cache / "trust.p12"
    store.write_bytes(serialize_java_truststore(entries, BestAvailableEncryption(b"changeit")))
    return f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=changeit"


_UNREACHABLE = "Is Maven Central reachable? A mirror or a proxy is named in ~/.m2/settings.xml, as for any Maven."
_EXPLANATIONS = {
    "maven-surefire-plugin": "The Java tests of our plugins in connect/ have failed.",
    "COMPILATION ERROR": "The Java sources of our plugins in connect/ cannot be compiled.",
    "trusted checksum": "A file that was fetched is not the one that was pinned. Does a mirror in between alter files?",
    "No space left": "The disk is full.",
    "Could not transfer": _UNREACHABLE,
    "Unknown host": _UNREACHABLE,
    "Could not resolve": "Maven Central does not hold it, or could not be asked.",
    "Failed to execute": "Nothing was kept; the same command tries again.",
}
"""What Maven says when it fails, most telling first, and what that means for the person who waits."""


def _explained(log: str, path: Path) -> str:
    # A line that only informs may hold the words of a failure ("Loaded … trusted checksums").
    told = (line for line in log.splitlines() if not line.startswith("[INFO]"))
    lines = [line.removeprefix("[ERROR]").strip() for line in told]
    for words, advice in _EXPLANATIONS.items():
        for line in lines:
            if words in line:
                return f"the servers could not be fetched: {line}\n{advice}\nMaven's whole output: {path}"
    return f"the servers could not be fetched: {lines[-1] if lines else 'Maven said nothing'}\nMaven's output: {path}"


def _make_executable(folder: Path) -> None:
    # A jar keeps no file modes.
    for pattern in ("mariadb/**/bin/*", "mariadb/**/scripts/*", "redis/redis-server-*"):
        for path in folder.glob(pattern):
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
