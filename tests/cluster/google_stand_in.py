"""Stand-ins for Google Cloud, and a stack of the whole program on them with Pulumi's real engine.

All providers are stand-ins that return their inputs: this does not test that Google accepts them.
"""

import datetime
import ipaddress
import os
import ssl
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pulumi.runtime.proto import provider_pb2

from infra.program import deploy
from infra.settings.declared_settings import ROOT
from infra.settings.stack_settings import Settings
from tests.cluster.grpc_server import serve_providers
from tests.cluster.provider_stand_in import ProviderError, StandIn, Values
from tests.cluster.pulumi_engine import Program, Stack
from tests.cluster.pulumi_values import encoded
from tests.cluster.random_stand_in import RandomStandIn
from tests.cluster.test_claims import Cloud, credentials

SETTINGS = {
    "gcp.project": "my-lab",
    "gcp.controlPlaneCidrs": '["203.0.113.7/32"]',
    "budget.billingAccount": "01AB23-45CD67-89EF01",
    "budget.emails": '["you@example.com"]',
}


@dataclass(frozen=True, kw_only=True)
class GoogleServers:
    """Servers for tokens and for the cluster's API (TLS), and the latter's certificate."""

    tokens: Cloud
    api: Cloud
    authority: bytes
    refusals: dict[str, str] = field(default_factory=dict[str, str])
    """By type of resource: what the provider says in place of creating, updating or deleting one."""


class EchoProvider(StandIn):
    """Provider that returns its inputs, plus the outputs that the program reads."""

    version = "1.0.0"

    def __init__(
        self, *, endpoint: str = "", authority: str = "", refusals: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._refusals = refusals
        self._cluster = {"endpoint": endpoint, "masterAuth": {"clusterCaCertificate": authority}}

    def check(self, *, kind: str, name: str, news: Values, olds: Values, seed: bytes) -> Values:
        return news

    def create(self, *, kind: str, name: str, inputs: Values) -> tuple[str, Values]:
        self._refuse(kind)
        email = f"{name}@my-lab.iam.gserviceaccount.com"
        more: dict[str, Values] = {
            "Cluster": self._cluster,
            "Account": {"email": email, "member": f"serviceAccount:{email}", "name": name},
            "IAMCustomRole": {"name": f"projects/my-lab/roles/{name}"},
            "Function": {"serviceConfig": {"uri": f"https://{name}.run.app"}},
            "Image": {"ref": f"registry/{name}@sha256:0"},
            "NotificationChannel": {"name": name},
        }
        return name, {"name": name, **inputs, **more.get(kind.rpartition(":")[2], {})}

    def read(self, *, kind: str, identity: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        return outputs, inputs

    def update(self, *, kind: str, identity: str, inputs: Values) -> Values:
        return self.create(kind=kind, name=identity, inputs=inputs)[1]

    def delete(self, *, kind: str, identity: str, inputs: Values) -> None:
        self._refuse(kind)

    def _refuse(self, kind: str) -> None:
        if kind in self._refusals:
            raise ProviderError(self._refusals[kind])

    def replaces(self, *, kind: str, path: str, inputs: Values) -> bool:
        return False

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        answer: dict[str, Any] = {"return": encoded({"number": "1", "accessToken": "t"})}
        return provider_pb2.InvokeResponse(**answer)


@contextmanager
def google_servers(folder: Path) -> Generator[GoogleServers]:
    """Serve both; writes the certificate and its key into `folder`."""
    authority, key = _certificate()
    (folder / "tls.pem").write_bytes(authority + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    served_here = GoogleServers(tokens=Cloud(), api=Cloud(context), authority=authority)
    yield served_here
    for cloud in (served_here.tokens, served_here.api):
        cloud.server.shutdown()
        cloud.server.server_close()


@contextmanager
def serve_stand_ins(google_servers: GoogleServers) -> Generator[str]:
    """Serve the stand-in of every provider; yields the value of PULUMI_DEBUG_PROVIDERS."""
    endpoint = f"127.0.0.1:{google_servers.api.server.server_port}"
    google = EchoProvider(
        endpoint=endpoint,
        authority=b64encode(google_servers.authority).decode(),
        refusals=google_servers.refusals,
    )
    with serve_providers(
        {"gcp": google, "kubernetes": EchoProvider(), "docker-build": EchoProvider(), "random": RandomStandIn()}
    ) as attached:
        yield attached


@contextmanager
def google_stack(
    google_servers: GoogleServers,
    program: Program | None,
    *,
    folder: Path,
    pulumi: Path,
    plugins: Sequence[Path],
    policy_packs: Sequence[Path] = (),
) -> Generator[Stack]:
    """Yield the configured stack gke of a program, or of the checkout in work/ of `folder`.

    `plugins` are folders with Pulumi's own plugins.
    """
    with serve_stand_ins(google_servers) as attached:
        stack = Stack(
            program,
            name="gke",
            project="sluice",
            folder=folder,
            pulumi=pulumi,
            variables={
                "PULUMI_DEBUG_PROVIDERS": attached,
                "PATH": ":".join([*map(str, plugins), os.environ["PATH"]]),
                "GOOGLE_APPLICATION_CREDENTIALS": str(credentials(folder, google_servers.tokens.url)),
                "SLUICE_GOOGLE_ENDPOINT": google_servers.tokens.url,
            },
            settings_from=ROOT if program else None,
            home=folder / "home",
            policy_packs=policy_packs,
        )
        stack.configure(SETTINGS)
        yield stack


class AllPermissions:
    """Answers of Cloud Billing to a user with all permissions, on an account in dollars that pays for the project."""

    def granted(self, account: str, permissions: Sequence[str]) -> Sequence[str]:
        return permissions

    def currency(self, account: str) -> str:
        return "USD"

    def account_of(self, project: str) -> str:
        return SETTINGS["budget.billingAccount"]


def deploy_with_all_permissions() -> None:
    """Run the program of `pulumi up` as a user with all permissions."""
    from infra.gcp_program import deploy_on_google  # noqa: PLC0415 Google's SDK takes seconds

    settings = Settings.read_stack()
    assert settings.gcp
    deploy_on_google(settings, settings.gcp, deploy=deploy, billing=AllPermissions())


def _certificate() -> tuple[bytes, bytes]:
    """Return a self-signed certificate for 127.0.0.1 and its key (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM), plain
