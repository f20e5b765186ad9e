"""Certificates of an instance: its own authority, and the certificates that it signs.

Elliptic-curve keys (P-256), because they are generated in a millisecond. Valid for a year, because an instance is
disposable; `sluice up` renews them in their last month.
"""

import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sluice.local.instance import Instance

_SERVER, _CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
_IDENTITIES = {
    # The broker is a client of its own listeners for brokers and for the controller.
    "broker": (_SERVER, _CLIENT),
    "admin": (_CLIENT,),
    # A worker forwards requests to the one that leads the group.
    "connect": (_SERVER, _CLIENT),
    "client": (_CLIENT,),
    "registry": (_SERVER,),
}
"""What each certificate is for: `admin` is `sluice up` at the broker, `client` whoever may use Connect's REST."""
TRUST_STORE = "tls/ca.p12"
_VALIDITY = timedelta(days=365)
_RENEW_BEFORE_END = timedelta(days=30)


def make_certificates(instance: Instance) -> None:
    """Write tls/ca.pem, TRUST_STORE (the same for Java), and tls/<identity>.pem (key and chain), mode 0600.

    Does nothing while all are there, belong together and are valid for another month. The authority's key is not kept:
    nobody can sign another certificate for this instance.
    """
    if _is_complete(instance.state / "tls") and (instance.state / TRUST_STORE).exists():
        return
    key, authority = _authority()
    for name in _IDENTITIES:
        instance.write(f"tls/{name}.pem", _signed(name, authority=authority, authority_key=key))
    trusted = pkcs12.PKCS12Certificate(authority, b"authority")
    instance.write(TRUST_STORE, pkcs12.serialize_java_truststore([trusted], NoEncryption()))
    instance.write("tls/ca.pem", authority.public_bytes(Encoding.PEM).decode())


def make_key_store(instance: Instance, identity: str, *, name: str) -> tuple[str, str]:
    """Write tls/<name>.p12 with key and chain of an identity; return its path in the instance's folder and password.

    For servers that read no PEM. The password is new each time, and the settings of the server hold it: whoever reads
    those can read the key itself. So it is hashed once only, for each further round would cost CPU time at every start.
    """
    pem = (instance.state / f"tls/{identity}.pem").read_bytes()
    certificate, *authorities = x509.load_pem_x509_certificates(pem)
    key = cast(ec.EllipticCurvePrivateKey, load_pem_private_key(pem, password=None))
    password = secrets.token_urlsafe(24)
    encryption = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1).build(password.encode())
    store = pkcs12.serialize_key_and_certificates(identity.encode(), key, certificate, authorities, encryption)
    path = f"tls/{name}.p12"
    instance.write(path, store)
    return path, password


def _is_complete(folder: Path) -> bool:
    """Return whether the authority is valid for another month and has signed every identity, each with its key.

    It has not where a former version made them, or a start was killed while it wrote them.
    """
    try:
        authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        for name in _IDENTITIES:
            pem = (folder / f"{name}.pem").read_bytes()
            load_pem_private_key(pem, password=None)
            x509.load_pem_x509_certificate(pem).verify_directly_issued_by(authority)
    except (OSError, ValueError, TypeError, InvalidSignature):  # missing or damaged: create new ones
        return False
    return authority.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE_END


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _VALIDITY)
    )


def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        _builder("sluice-ca", "sluice-ca", key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _signed(name: str, *, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = [
        x509.DNSName("localhost"),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.IPAddress(ip_address("::1")),
    ]
    certificate = (
        _builder(name, "sluice-ca", key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage(_IDENTITIES[name]),
            critical=False,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = certificate.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
    return (private + chain).decode()
