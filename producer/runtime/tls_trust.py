"""TLS trust: uses the certificate authorities trusted by the system, and explains certificates that are not trusted.

Python's own bundle (certifi) lacks the certificate authority of a company's or a university's proxy, which re-signs all
traffic; administrators install that authority in the system's trust store.
"""

import platform
import re
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import truststore
from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificate

_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")
"""Names of the files that OpenSSL reads in a folder of certificates: subject hash and number."""
_COMMON_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu
    "/etc/pki/tls/cert.pem",  # Fedora, RHEL
    "/etc/ssl/cert.pem",  # Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # newer Fedora
    "/etc/ssl/ca-bundle.pem",  # SUSE
)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_MACOS_KEYCHAINS = ("/System/Library/Keychains/SystemRootCertificates.keychain", "/Library/Keychains/System.keychain")
_OTHER_PROBLEMS = {9: "is not valid yet", 10: "has expired", 62: "is for another host", 64: "is for another address"}
"""OpenSSL's verification error codes that have nothing to do with the authority."""
_TIMEOUT_SECONDS = 10
_ADVICE = {
    "Darwin": "Add it to the keychain: security add-trusted-cert -d -k /Library/Keychains/System.keychain FILE",
    "Linux": "Add it to the system's store (update-ca-certificates, or update-ca-trust on Fedora), or name a file of "
    "authorities that has it: SSL_CERT_FILE=/path/to/bundle.pem",
}


def trust_system_store() -> None:
    """Make all TLS connections that this process opens from now on trust the system's store.

    Linux: OpenSSL's store, or SSL_CERT_FILE and SSL_CERT_DIR. macOS: the keychain.
    """
    truststore.inject_into_ssl()


def system_certificates() -> list[Certificate]:
    """Return the certificates of the system's store, for a program with a store of its own (Java); may be empty."""
    texts = _keychain_pems() if platform.system() == "Darwin" else _bundle_pems()
    blocks = {block for text in texts for block in _PEM.findall(text)}
    with warnings.catch_warnings(action="ignore"):  # old authorities have serial numbers that are deprecated today
        return [certificate for block in sorted(blocks) if (certificate := _decode(block))]


def _decode(block: bytes) -> Certificate | None:
    try:
        return load_pem_x509_certificate(block)
    except ValueError:  # of an unsupported kind
        return None


def _bundle_pems() -> Iterator[bytes]:
    """Yield the files of OpenSSL's default store: its bundle and its folder, or else the first common bundle."""
    paths = ssl.get_default_verify_paths()
    file, folder = cast(str | None, paths.cafile), cast(str | None, paths.capath)
    bundles = [Path(file)] if file else []
    if folder:
        bundles += [path for path in sorted(Path(folder).iterdir()) if _HASHED_NAME.fullmatch(path.name)]
    for path in bundles or [path for path in map(Path, _COMMON_BUNDLES) if path.is_file()][:1]:
        try:
            yield path.read_bytes()
        except OSError:  # a dangling link
            continue


def _keychain_pems() -> Iterator[bytes]:
    command = ["security", "find-certificate", "-a", "-p", *_MACOS_KEYCHAINS]
    yield subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout


def explain_certificate_error(error: BaseException, url: str) -> str | None:
    """Return the message for a certificate error raised when `url` was fetched; None for any other error."""
    causes = list(_causes(error))
    if not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return None
    url = next((server for cause in causes if (server := _server_url(cause))), url)
    codes = [getattr(cause, "verify_code", None) for cause in causes]
    problem = next((_OTHER_PROBLEMS[code] for code in codes if code in _OTHER_PROBLEMS), None)
    return f"The certificate of {_host(url)} {problem}." if problem else explain_untrusted_issuer(url)


def _server_url(error: BaseException) -> str | None:
    """Return the server of an aiohttp or urllib3 error: the requested URL may have been redirected to another."""
    target = getattr(error, "pool", error)
    host, port = getattr(target, "host", None), getattr(target, "port", None)
    return f"https://{host}:{port}" if isinstance(host, str) and isinstance(port, int) else None


def explain_untrusted_issuer(url: str) -> str:
    """Return a message with the issuer of the certificate of `url`, and how to trust it."""
    return (
        f"The certificate of {_host(url)} is issued by {_issuer(url)}, which this system does not trust. "
        + _ADVICE.get(platform.system(), _ADVICE["Linux"])
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the errors it wraps: causes, contexts, reasons, arguments."""
    queue, visited = [error], set[int]()
    while queue:
        one = queue.pop(0)
        if isinstance(one, BaseException) and id(one) not in visited:
            visited.add(id(one))
            yield one
            queue += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _issuer(url: str) -> str:
    try:
        return load_der_x509_certificate(_fetch_certificate(url)).issuer.rfc4514_string()
    except (OSError, HTTPException, ValueError):
        return "an authority"


def _fetch_certificate(url: str) -> bytes:
    """Return the server's certificate (DER). The connection is not verified, and nothing is sent over it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, port = _host(url), urlsplit(url).port or 443
    proxy = None if proxy_bypass(host) else getproxies().get("https")
    proxy_url = urlsplit(proxy) if proxy else None
    connection = HTTPSConnection(
        (proxy_url.hostname if proxy_url else None) or host,
        proxy_url.port if proxy_url else port,
        timeout=_TIMEOUT_SECONDS,
        context=context,
    )
    if proxy_url:
        connection.set_tunnel(host, port)
    try:
        connection.connect()
        return cast(ssl.SSLSocket, connection.sock).getpeercert(binary_form=True) or b""
    finally:
        connection.close()
