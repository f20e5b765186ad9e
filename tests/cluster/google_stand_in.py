"""Stand-ins for Google Cloud, and a stack of the whole program on them with Pulumi's real engine.

All providers are stand-ins that return their inputs, but for what the tests need: this does not test that Google
accepts them.
"""

import datetime
import ipaddress
import os
import ssl
from base64 import b64encode
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pulumi.runtime.proto import provider_pb2

from infra.program import deploy
from infra.settings.declared_settings import ROOT
from infra.settings.stack_settings import Settings
from tests.cluster.conftest import skip_or_fail
from tests.cluster.go_builds import MissingPrerequisite, dynamic_resources, pulumi
from tests.cluster.grpc_server import serve_providers
from tests.cluster.out_of_reach import OutOfReach
from tests.cluster.provider_stand_in import NotInitializedError, ProviderError, StandIn, Values
from tests.cluster.pulumi_engine import Program, Stack
from tests.cluster.pulumi_values import encoded, plain
from tests.cluster.random_stand_in import RandomStandIn
from tests.cluster.test_claims import Cloud, credentials
from tests.unit.infra.gcp.fake_functions import FakeFunctions

SETTINGS = {
    "gcp.project": "my-lab",
    "gcp.controlPlaneCidrs": '["203.0.113.7/32"]',
    "budget.billingAccount": "01AB23-45CD67-89EF01",
    "budget.emails": '["you@example.com"]',
}


@dataclass(frozen=True, kw_only=True)
class GoogleServers:
    """Servers for Google's APIs and for the cluster's API (TLS), and the providers of both."""

    tokens: Cloud
    api: Cloud
    google: "GoogleProvider"
    kubernetes: OutOfReach


class EchoProvider(StandIn):
    """Provider that returns its inputs."""

    version = "1.0.0"

    def check(self, *, kind: str, name: str, news: Values, olds: Values, seed: bytes) -> Values:
        return news

    def create(self, *, kind: str, name: str, inputs: Values) -> tuple[str, Values]:
        more = {"ref": f"registry/{name}@sha256:0"} if kind.endswith(":Image") else {}
        return name, {"name": name, **inputs, **more}

    def read(self, *, kind: str, identity: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        return outputs, inputs

    def update(self, *, kind: str, identity: str, inputs: Values) -> Values:
        return self.create(kind=kind, name=identity, inputs=inputs)[1]

    def delete(self, *, kind: str, identity: str, inputs: Values) -> None:
        pass

    def replaces(self, *, kind: str, path: str, inputs: Values) -> bool:
        return False


class GoogleProvider(EchoProvider):
    """Returns its inputs, plus the outputs that the program reads.

    Like the real provider it keeps a function whose deployment has failed, and does nothing when that is updated
    without a change, and replaces a node pool whose nodes get other metadata. Like Google it refuses a second node pool
    of the same name, and the id of a deleted role: always, as after 7 days.
    """

    def __init__(self, functions: FakeFunctions, *, endpoint: str, authority: str) -> None:
        self.gone: set[str] = set()
        """Kinds of resources that somebody else has deleted."""
        self.refusals: dict[str, str] = {}
        """By type of resource: what the provider says in place of creating, updating or deleting one."""
        self._functions = functions
        self._cluster = {"endpoint": endpoint, "masterAuth": {"clusterCaCertificate": authority}}
        self._deleted_roles = set[str]()
        self._node_pools = set[str]()

    def create(self, *, kind: str, name: str, inputs: Values) -> tuple[str, Values]:
        self._refuse(kind)
        if "NodePool" in self.gone:
            self._node_pools.clear()
        self.gone.discard(_kind(kind))
        if kind.endswith(":IAMCustomRole") and inputs["roleId"] in self._deleted_roles:
            raise ProviderError(f"Error 400: a role with the role_id {inputs['roleId']} is in a deleted state")
        if _kind(kind) == "NodePool":
            self._add_node_pool(inputs["name"])
        created = self._outputs(kind=kind, name=name, inputs=inputs)
        if kind.endswith("cloudfunctionsv2/function:Function"):
            self._deploy(name, inputs, created)
        return name, created

    def _add_node_pool(self, name: str) -> None:
        if name in self._node_pools:
            raise ProviderError(f"resource - nodePools/{name} already exists")
        self._node_pools.add(name)

    def _deploy(self, name: str, inputs: Values, created: Values) -> None:
        status, answer = self._functions.create(inputs["name"], inputs)
        problem = answer.get("error")
        if problem and status == HTTPStatus.OK:
            raise NotInitializedError(problem["message"], identity=name, outputs=created)
        if problem:
            raise ProviderError(problem["message"])

    def _outputs(self, *, kind: str, name: str, inputs: Values) -> Values:
        email = f"{name}@my-lab.iam.gserviceaccount.com"
        account = {"email": email, "member": f"serviceAccount:{email}"}
        more: dict[str, Values] = {
            "Cluster": self._cluster,
            "Account": {**account, "name": name},
            "ServiceIdentity": {"member": f"serviceAccount:service-1@gcp-sa-{name}.iam.gserviceaccount.com"},
            "IAMCustomRole": {"name": f"projects/my-lab/roles/{inputs.get('roleId')}"},
            "Function": {"serviceConfig": {"uri": f"https://{name}.run.app"}},
            "NotificationChannel": {"name": name},
        }
        return {"name": name, **inputs, **more.get(_kind(kind), {})}

    def _refuse(self, kind: str) -> None:
        if kind in self.refusals:
            raise ProviderError(self.refusals[kind])

    def read(self, *, kind: str, identity: str, inputs: Values, outputs: Values) -> tuple[Values, Values] | None:
        return None if _kind(kind) in self.gone else (outputs, inputs)

    def update(self, *, kind: str, identity: str, inputs: Values) -> Values:
        self._refuse(kind)
        return self._outputs(kind=kind, name=identity, inputs=inputs)

    def delete(self, *, kind: str, identity: str, inputs: Values) -> None:
        self._refuse(kind)
        if plain(inputs).get("deletionProtection"):
            raise ProviderError("Cannot destroy cluster because deletion_protection is set to true.")
        if kind.endswith(":IAMCustomRole"):
            self._deleted_roles.add(inputs["roleId"])
        if _kind(kind) == "NodePool":
            self._node_pools.discard(inputs["name"])
        if kind.endswith("cloudfunctionsv2/function:Function"):
            self._functions.delete(inputs["name"])

    def replaces(self, *, kind: str, path: str, inputs: Values) -> bool:
        metadata = _kind(kind) == "NodePool" and path.startswith("nodeConfig.metadata")
        return metadata or kind.lower().endswith("iammember") or path in ("name", "roleId", "accountId")

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        answer: dict[str, Any] = {"return": encoded({"number": "1", "accessToken": "t"})}
        return provider_pb2.InvokeResponse(**answer)


def _kind(token: str) -> str:
    return token.rpartition(":")[2]


@contextmanager
def google_servers(folder: Path) -> Generator[GoogleServers]:
    """Serve both; writes the certificate and its key into `folder`."""
    authority, key = _certificate()
    (folder / "tls.pem").write_bytes(authority + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    api = Cloud(context)
    tokens = Cloud()
    endpoint = f"127.0.0.1:{api.server.server_port}"
    google = GoogleProvider(tokens.functions, endpoint=endpoint, authority=b64encode(authority).decode())
    served_here = GoogleServers(tokens=tokens, api=api, google=google, kubernetes=OutOfReach(EchoProvider()))
    served_here.tokens.clusters = ["sluice"]
    yield served_here
    for cloud in (served_here.tokens, served_here.api):
        cloud.server.shutdown()
        cloud.server.server_close()


@contextmanager
def serve_stand_ins(google_servers: GoogleServers) -> Generator[str]:
    """Serve the stand-in of every provider; yields the value of PULUMI_DEBUG_PROVIDERS."""
    providers = {
        "gcp": google_servers.google,
        "kubernetes": google_servers.kubernetes,
        "docker-build": EchoProvider(),
        "random": RandomStandIn(),
    }
    with serve_providers(providers) as attached:
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


@contextmanager
def whole_program(google_servers: GoogleServers, *, say: Callable[[str], None], folder: Path) -> Generator[Stack]:
    """Yield the configured stack gke of the whole program; without the engine, skip the test, or fail it in CI."""
    try:
        engine, dynamic = pulumi(env=os.environ, say=say), dynamic_resources(env=os.environ, say=say)
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    with google_stack(
        google_servers, deploy_with_all_permissions, folder=folder, pulumi=engine, plugins=[dynamic]
    ) as stack:
        yield stack
