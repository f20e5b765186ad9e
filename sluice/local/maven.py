"""Downloads and verifies Maven, and runs it to download the servers and to build our Java plugins.

Maven is started by a shell script and has options that are lists of paths. It is given paths of symbolic links, which
have no special characters (docs/adr/0010-relative-names-for-servers.md).
"""

import re
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore

from producer.runtime import tls_trust
from producer.runtime.exit_status import Exit, SluiceError
from sluice.local.java import JAVA_HOME
from sluice.local.pipeline_spec import ROOT

MAVEN_VERSION = "3.9.16"
MAVEN_SHA512 = (
    "831a8591fe20c8243b1dbe7d71e3244f31d1665b0804b2e825e38cbbe5ce0caf"
    "b8338851f90780735568773e0a6cd07bbec107cda0b896b008b861075358b6f6"
)
_NAME = f"apache-maven-{MAVEN_VERSION}"
_PLAIN_PATH = re.compile(r"[\w/.-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Maven:
    """An installed Maven, and the links for its paths, which exist while installed_maven() is open."""

    program: Path
    checkout: Path
    cache: Path
    env: Mapping[str, str]

    def run(self, *arguments: str, output: int | IO[bytes]) -> "subprocess.CompletedProcess[bytes]":
        """Run `mvn` in the checkout's folder to its end; both its streams go to `output`, a file or descriptor."""
        return subprocess.run(
            [str(self.program), f"-Dmaven.repo.local={self.cache / 'maven'}", *arguments],
            cwd=self.checkout,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )


@contextmanager
def installed_maven(
    cache: Path, *, env: Mapping[str, str], say: Callable[[str], None], checkout: Path = ROOT
) -> Generator[Maven]:
    """Provide Maven, downloaded where it is missing, for the projects in `checkout` and with its repository in `cache`.

    Raises SluiceError where the download fails.
    """
    _install(cache, env=env, say=say)
    with TemporaryDirectory(prefix="sluice-", dir=_plain_folder()) as folder:
        links = {"checkout": checkout, "cache": cache}
        for name, target in links.items():
            (Path(folder) / name).symlink_to(target)
        linked = Path(folder) / "cache"
        yield Maven(
            program=linked / _NAME / "bin/mvn",
            checkout=Path(folder) / "checkout",
            cache=linked,
            env=_environment(cache, linked, checkout=Path(folder) / "checkout", env=env),
        )


def run_maven(
    cache: Path,
    folder: Path,
    *options: str,
    pom: str = "sluice/local/pom.xml",
    env: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Have Maven write the servers, or what another `pom` names, into `folder` in `cache`; `options` are for Maven.

    Raises SluiceError with the reason where Maven fails.
    """
    log = cache / "maven.log"
    with installed_maven(cache, env=env, say=say) as maven, log.open("wb") as output:
        target = maven.cache / folder.relative_to(cache)
        done = maven.run(
            "--file", pom,
            "package",
            f"-Dservers.directory={target}",
            f"-Dplugins.directory={target / 'plugins'}",
            f"-Dwork.directory={target / 'work'}",
            *options,
            output=output,
        )  # fmt: skip
    if done.returncode:
        raise SluiceError(_explain(log.read_text(encoding="utf-8", errors="replace"), log))


def _plain_folder() -> str:
    """Return the folder of temporary files if its path is safe in a shell and a class path, else /tmp."""
    usual = tempfile.gettempdir()
    return usual if _PLAIN_PATH.fullmatch(usual) else "/tmp"  # noqa: S108 a folder with a unique name is created there


def _install(cache: Path, *, env: Mapping[str, str], say: Callable[[str], None]) -> None:
    folder = cache / _NAME
    if folder.is_dir():
        return
    say(f"fetching Maven {MAVEN_VERSION} …")
    archive = _download(cache, env=env)
    if sha512(archive.read_bytes()).hexdigest() != MAVEN_SHA512:
        archive.unlink()
        raise SluiceError(f"{archive.name} is not the file that was pinned: it was removed. Is a mirror altering it?")
    with TemporaryDirectory(dir=cache) as unpacked, tarfile.open(archive) as tar:
        # Before Python 3.11.4 there are no filters; the archive was checked against its checksum in any case.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(unpacked)  # noqa: S202
        (Path(unpacked) / folder.name).rename(folder)


def _download(cache: Path, *, env: Mapping[str, str]) -> Path:
    # Not at the top: `sluice up` imports this module, and mostly has nothing to download.
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    mirror = env.get("SLUICE_MAVEN_MIRROR") or MAVEN_CENTRAL_URL
    context = MavenContext(
        repo_cache=cache / "maven", local_repos=[], remote_repos={"central": mirror.rstrip("/")}, timeout=60
    )
    artifact = context.project("org.apache.maven", "apache-maven").at_version(MAVEN_VERSION).artifact("bin", "tar.gz")
    tls_trust.trust_system_store()
    try:
        return artifact.resolve()
    except (OSError, RuntimeError) as error:
        advice = tls_trust.explain_certificate_error(error, mirror) or (
            "Is Maven Central reachable? A mirror is named by SLUICE_MAVEN_MIRROR=URL (and in ~/.m2/settings.xml, for "
            "Maven's own fetching)."
        )
        raise SluiceError(f"Maven could not be fetched: {error}\n{advice}", status=Exit.UNAVAILABLE) from error


def _environment(cache: Path, linked: Path, *, checkout: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Return Maven's environment: our Java, the proxy, and the certificate authorities trusted by the system."""
    options = [env.get("MAVEN_OPTS", ""), *_trust_store_options(cache, linked), *_proxy_options()]
    return {
        **env,
        "JAVA_HOME": str(JAVA_HOME),
        "MAVEN_BASEDIR": str(checkout),
        "MAVEN_OPTS": " ".join(option for option in options if option),
        # Java decodes the names of files by the locale.
        "LC_ALL": "C.UTF-8",
    }


def _trust_store_options(cache: Path, linked: Path) -> list[str]:
    certificates = tls_trust.system_certificates()
    if not certificates:
        return []  # Java has its own
    entries = [PKCS12Certificate(certificate, f"{index}".encode()) for index, certificate in enumerate(certificates)]
    store = cache / "trust.p12"
    store.write_bytes(serialize_java_truststore(entries, BestAvailableEncryption(b"changeit")))
    return [f"-Djavax.net.ssl.trustStore={linked / store.name}", "-Djavax.net.ssl.trustStorePassword=changeit"]


def _proxy_options() -> list[str]:
    """Return Java's options for the proxy of HTTPS_PROXY; none for one with a user, which belongs in settings.xml."""
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 as in _download

    proxy = urlsplit(getproxies().get("https", ""))
    if not proxy.hostname or proxy.username or proxy_bypass(_host(MAVEN_CENTRAL_URL)):
        return []
    address = f"-Dhttps.proxyHost={proxy.hostname} -Dhttps.proxyPort={proxy.port or 80}"
    return [address, "-Daether.connector.http.useSystemProperties=true"]


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


_UNTRUSTED = re.compile(r"\((https://[^)\s]+)\).*PKIX path")
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
"""Words in Maven's output, most specific first, and the explanation for the user."""


def _explain(log: str, path: Path) -> str:
    # An [INFO] line may contain the words of a failure ("Loaded … trusted checksums").
    problems = (line for line in log.splitlines() if not line.startswith("[INFO]"))
    lines = [line.removeprefix("[ERROR]").strip() for line in problems]
    for line in lines:
        if refused := _UNTRUSTED.search(line):
            issuer = tls_trust.explain_untrusted_issuer(refused[1])
            return f"the servers could not be fetched: {issuer}\nMaven's whole output: {path}"
    for words, advice in _EXPLANATIONS.items():
        for line in lines:
            if words in line:
                return f"the servers could not be fetched: {line}\n{advice}\nMaven's whole output: {path}"
    return f"the servers could not be fetched: {lines[-1] if lines else 'Maven said nothing'}\nMaven's output: {path}"
