"""Whom to trust on the network: whom this system trusts; and what to say of a certificate that is not trusted.

The certificates of Python's packages (certifi's) know nothing of a company's or a university's own authority, which
signs anew what passes its proxy; an administrator puts it into the system's store.
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

_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
"""The files of a folder of authorities that OpenSSL reads."""
_USUAL = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu
    "/etc/pki/tls/cert.pem",  # Fedora, RHEL
    "/etc/ssl/cert.pem",  # Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # newer Fedora
    "/etc/ssl/ca-bundle.pem",  # SUSE
)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_KEYCHAINS = ("/System/Library/Keychains/SystemRootCertificates.keychain", "/Library/Keychains/System.keychain")
_NOT_THE_AUTHORITY = {9: "is not valid yet", 10: "has expired", 62: "is for another host", 64: "is for another address"}
"""OpenSSL's codes of what adding an authority would not mend."""
_SECONDS = 10
_ADVICE = {
    "Darwin": "Add it to the keychain: security add-trusted-cert -d -k /Library/Keychains/System.keychain FILE",
    "Linux": "Add it to the system's store (update-ca-certificates, or update-ca-trust on Fedora), or name a file of "
    "authorities that has it: SSL_CERT_FILE=/path/to/bundle.pem",
}


def trust_system() -> None:
    """Let every TLS connection that this process opens from now on trust the system's store.

    On Linux that is OpenSSL's, which SSL_CERT_FILE and SSL_CERT_DIR replace; on macOS the keychain.
    """
    truststore.inject_into_ssl()


def authorities() -> list[Certificate]:
    """The certificates of the system's store, for a program that has a store of its own; may be empty."""
    texts = _keychains() if platform.system() == "Darwin" else _files()
    blocks = {block for text in texts for block in _PEM.findall(text)}
    with warnings.catch_warnings(action="ignore"):  # old authorities have serial numbers that are frowned upon today
        return [found for block in sorted(blocks) if (found := _decoded(block))]


def _decoded(block: bytes) -> Certificate | None:
    try:
        return load_pem_x509_certificate(block)
    except ValueError:  # of a kind that nothing can use
        return None


def _files() -> Iterator[bytes]:
    """OpenSSL's file, and its folder, where it looks up one at a time; where it was built for neither, the usual."""
    paths = ssl.get_default_verify_paths()
    file, folder = cast(str | None, paths.cafile), cast(str | None, paths.capath)
    found = [Path(file)] if file else []
    if folder:
        found += [path for path in sorted(Path(folder).iterdir()) if _HASHED.fullmatch(path.name)]
    for path in found or [path for path in map(Path, _USUAL) if path.is_file()][:1]:
        try:
            yield path.read_bytes()
        except OSError:  # a link to what was removed
            continue


def _keychains() -> Iterator[bytes]:
    command = ["security", "find-certificate", "-a", "-p", *_KEYCHAINS]
    yield subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout


def explain(error: BaseException, url: str) -> str | None:
    """What to do about a certificate that was not accepted when `url` was fetched; None for any other error."""
    causes = list(_causes(error))
    if not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return None
    url = next((found for cause in causes if (found := _server(cause))), url)
    codes = [getattr(cause, "verify_code", None) for cause in causes]
    wrong = next((_NOT_THE_AUTHORITY[code] for code in codes if code in _NOT_THE_AUTHORITY), None)
    return f"The certificate of {_host(url)} {wrong}." if wrong else untrusted(url)


def _server(error: BaseException) -> str | None:
    """The server that aiohttp's or urllib3's error is about: `url` may have redirected to another."""
    where = getattr(error, "pool", error)
    host, port = getattr(where, "host", None), getattr(where, "port", None)
    return f"https://{host}:{port}" if isinstance(host, str) and isinstance(port, int) else None


def untrusted(url: str) -> str:
    """Name the authority of the certificate that `url` is served with, and say how it is trusted."""
    return f"The certificate of {_host(url)} is by {_issuer(url)}, whom this system does not trust. " + _ADVICE.get(
        platform.system(), _ADVICE["Linux"]
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that it was made of, however the libraries in between have wrapped it."""
    todo, seen = [error], set[int]()
    while todo:
        one = todo.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _issuer(url: str) -> str:
    try:
        return load_der_x509_certificate(_certificate(url)).issuer.rfc4514_string()
    except (OSError, HTTPException, ValueError):
        return "an authority"


def _certificate(url: str) -> bytes:
    """The certificate itself (DER), got in a connection that carries nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, port = _host(url), urlsplit(url).port or 443
    proxy = None if proxy_bypass(host) else getproxies().get("https")
    via = urlsplit(proxy) if proxy else None
    connection = HTTPSConnection(
        (via.hostname if via else None) or host, via.port if via else port, timeout=_SECONDS, context=context
    )
    if via:
        connection.set_tunnel(host, port)
    try:
        connection.connect()
        return cast(ssl.SSLSocket, connection.sock).getpeercert(binary_form=True) or b""
    finally:
        connection.close()
