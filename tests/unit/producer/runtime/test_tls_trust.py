"""Downloads trust the system's certificate authorities; the error message names an issuer that is not among them.

SSL_CERT_FILE replaces OpenSSL's default file as the system's store. Each test runs a child process, since libraries
keep the trust settings of the moment at which they are imported.
"""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from producer.runtime import tls_trust
from sluice.local.fetch_servers import cache_folder
from sluice.local.maven import MAVEN_VERSION, installed_maven
from tests.https_server import AUTHORITY, HttpsServer, secure_server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]
LOG = b"1353099678298235,3,0,0.738168312,-1.460986747,269,17.8,0\n" * 2
OBJECT = b'{"kind": "storage#object", "bucket": "b", "name": "gps.csv", "size": "%d", "generation": "1"}' % len(LOG)
NAMED = f"by CN={AUTHORITY}"

GOOGLE = """
import os, sys
from producer.runtime.exit_status import SluiceError
from infra.gcp.google_api import Google
try:
    print(Google.signed_in(os.environ, sleep=lambda _: None).get("compute", "v1/here"))
except SluiceError as error:
    sys.exit(str(error))
"""
SOURCE = """
import os, sys
from producer.runtime.exit_status import SluiceError
from producer.gps.open_log import open_log
try:
    with open_log(sys.argv[1], env=os.environ) as source:
        print(len(source.stream.read()))
except SluiceError as error:
    sys.exit(str(error))
"""
TOKEN = """
import sys
from infra.gcp.google_session import token_request
print(token_request()(sys.argv[1]).status)
"""
MAVEN = """
import os, sys
from pathlib import Path
from producer.runtime.exit_status import SluiceError
from sluice.local.maven import installed_maven
try:
    with installed_maven(Path(sys.argv[1]), env=os.environ, say=lambda _: None):
        pass
except SluiceError as error:
    sys.exit(str(error))
"""


def _answer(path: str) -> tuple[int, bytes]:
    if path.startswith("/storage/v1/b/b/o/gps.csv"):
        return 200, OBJECT
    if "gps.csv" in path:
        return 200, LOG
    return (200, b"{}") if path.startswith(("/compute", "/token")) else (404, b"")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[HttpsServer]:
    with secure_server(tmp_path_factory.mktemp("https"), _answer) as secure:
        yield secure


def environment(**own: str) -> dict[str, str]:
    """The caller's, with no authority named but in `own`."""
    named = ("SSL_CERT_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(named)}, **own}


def python(code: str, *arguments: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("source", ["{}/gps.csv", "gs://b/gps.csv"])
def test_a_url_is_read_with_the_systems_authorities(source: str, server: HttpsServer) -> None:
    env = environment(SSL_CERT_FILE=str(server.authority), STORAGE_EMULATOR_HOST=server.url)
    done = python(SOURCE, source.format(server.url), env=env)
    assert done.stdout == f"{len(LOG)}\n", done.stderr


def test_the_unknown_issuer_of_a_urls_certificate_is_named(server: HttpsServer) -> None:
    done = python(SOURCE, f"{server.url}/gps.csv", env=environment())
    assert NAMED in done.stderr
    assert "SSL_CERT_FILE=" in done.stderr


def test_google_apis_are_called_with_the_systems_authorities(server: HttpsServer) -> None:
    env = environment(SSL_CERT_FILE=str(server.authority), SLUICE_GOOGLE_ENDPOINT=server.url)
    done = python(GOOGLE, env=env)
    assert done.stdout == "{}\n", done.stderr
    assert python(TOKEN, f"{server.url}/token", env=env).stdout == "200\n"


def test_the_unknown_issuer_of_googles_certificate_is_named(server: HttpsServer) -> None:
    done = python(GOOGLE, env=environment(SLUICE_GOOGLE_ENDPOINT=server.url))
    assert NAMED in done.stderr
    assert "SSL_CERT_FILE=" in done.stderr


def test_maven_is_downloaded_with_the_systems_authorities(server: HttpsServer, tmp_path: Path) -> None:
    env = environment(SSL_CERT_FILE=str(server.authority), SLUICE_MAVEN_MIRROR=server.url)
    done = python(MAVEN, str(tmp_path), env=env)
    assert "Maven could not be fetched" in done.stderr  # it is not there, but that much was learnt
    assert "CERTIFICATE_VERIFY_FAILED" not in done.stderr


def test_the_unknown_issuer_of_mavens_mirror_is_named(server: HttpsServer, tmp_path: Path) -> None:
    done = python(MAVEN, str(tmp_path), env=environment(SLUICE_MAVEN_MIRROR=server.url))
    assert NAMED in done.stderr
    assert "SSL_CERT_FILE=" in done.stderr


SETTINGS = "<settings><mirrors><mirror><id>m</id><mirrorOf>*</mirrorOf><url>{}</url></mirror></mirrors></settings>"
POM = """<project><modelVersion>4.0.0</modelVersion><artifactId>x</artifactId>
<parent><groupId>no</groupId><artifactId>such</artifactId><version>1</version></parent></project>"""


@pytest.mark.parametrize("trusted", [True, False])
def test_maven_itself_downloads_with_the_systems_authorities(
    trusted: bool, server: HttpsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = cache_folder(os.environ)
    with installed_maven(own, env=os.environ, say=print):
        (tmp_path / f"apache-maven-{MAVEN_VERSION}").symlink_to(own / f"apache-maven-{MAVEN_VERSION}")
    (tmp_path / "settings.xml").write_text(SETTINGS.format(server.url))
    (tmp_path / "pom.xml").write_text(POM)
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
    with installed_maven(tmp_path, env=os.environ, say=print, checkout=tmp_path) as maven:
        done = maven.run("--settings", "settings.xml", "validate", output=subprocess.PIPE)
    said = done.stdout.decode()
    assert ("Could not find artifact no:such" in said) is trusted, said
    assert ("PKIX path building failed" in said) is not trusted, said


def test_ssl_cert_dir_is_read_like_ssl_cert_file(
    server: HttpsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    (tmp_path / "0a1b2c3d.0").write_bytes(server.authority.read_bytes())
    (tmp_path / "1a1b2c3d.0").symlink_to("removed")
    (tmp_path / "README").write_text("no certificate")
    (found,) = tls_trust.system_certificates()
    assert found.subject.rfc4514_string() == f"CN={AUTHORITY}"
