"""Certificates, tokens and kubeconfig of a local control plane."""

import json
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sluice.local.certificates import make_certificates
from sluice.local.instance import Instance


def make_credentials(instance: Instance) -> str:
    """Write certificates (tls/), the service accounts' key and the token file; return the administrator's token."""
    make_certificates(instance)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    instance.write("service-accounts.pem", text)
    token = secrets.token_urlsafe(24)
    instance.write("tokens.csv", f'{token},admin,admin,"system:masters"\n')
    return token


def write_kubeconfig(instance: Instance, *, url: str, authority: Path, token: str) -> Path:
    """Write the administrator's kubeconfig, with the context `tests`, and return its path."""
    cluster = {"server": url, "certificate-authority": str(authority)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "admin"}}],
        "current-context": "tests",
    }
    return instance.write("kubeconfig", json.dumps(config))
