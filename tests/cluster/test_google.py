"""The whole program for Google Cloud in Pulumi's real engine: the order of making and, above all, of unmaking.

No provider is real here: each gives back what it is given. That Google takes it is not shown.
"""

import datetime
import ipaddress
import os
import ssl
from base64 import b64encode
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pulumi.runtime.proto import provider_pb2

from infra.program import deploy
from infra.settings import Settings
from tests.cluster.builds import Missing, programs
from tests.cluster.conftest import without
from tests.cluster.engine import Stack
from tests.cluster.provider import StandIn, Values
from tests.cluster.random_stand_in import RandomStandIn
from tests.cluster.serving import served
from tests.cluster.test_claims import Cloud, credentials, plugin
from tests.cluster.values import encoded

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"gcp.project": "my-lab", "gcp.controlPlaneCidrs": '["203.0.113.7/32"]'}


class Echo(StandIn):
    """Gives back what it is given, and what the program asks of it besides."""

    version = "1.0.0"

    def __init__(self, *, endpoint: str = "", authority: str = "") -> None:
        self._cluster = {"endpoint": endpoint, "masterAuth": {"clusterCaCertificate": authority}}

    def check(self, *, kind: str, name: str, news: Values, olds: Values, seed: bytes) -> Values:
        return news

    def create(self, *, kind: str, name: str, inputs: Values) -> tuple[str, Values]:
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
        return

    def replaces(self, *, kind: str, path: str, inputs: Values) -> bool:
        return False

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        answer: dict[str, Any] = {"return": encoded({"number": "1", "accessToken": "t"})}
        return provider_pb2.InvokeResponse(**answer)


def certificate() -> tuple[bytes, bytes]:
    """A certificate of this machine's own address, and its key."""
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


@pytest.fixture(scope="module")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Cloud, Cloud, bytes]]:
    """Who gives tokens, the cluster's API by TLS, and that one's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    authority, key = certificate()
    (folder / "tls.pem").write_bytes(authority + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    tokens, api = Cloud(), Cloud(context)
    yield tokens, api, authority
    for server in (tokens.server, api.server):
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def stack(
    clouds: tuple[Cloud, Cloud, bytes], say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Stack]:
    try:
        engine = programs(env=os.environ, say=say).pulumi
    except Missing as error:
        without(str(error), env=os.environ)
    tokens, api, authority = clouds
    folder = tmp_path_factory.mktemp("stack")
    google = Echo(endpoint=f"127.0.0.1:{api.server.server_port}", authority=b64encode(authority).decode())
    providers = {"gcp": google, "kubernetes": Echo(), "docker-build": Echo(), "random": RandomStandIn()}
    with served(providers) as attached:
        made = Stack(
            _program,
            name="gke",
            project="sluice",
            folder=folder,
            pulumi=engine,
            variables={
                "PULUMI_DEBUG_PROVIDERS": attached,
                "PATH": f"{plugin(folder).parent}:{os.environ['PATH']}",
                "GOOGLE_APPLICATION_CREDENTIALS": str(credentials(folder, tokens.url)),
            },
            settings_from=ROOT,
            home=folder / "home",
        )
        made.configure(SETTINGS)
        yield made


def _program() -> None:
    from infra.gcp.program import deploy_on_google  # noqa: PLC0415 Google's SDK takes seconds

    settings = Settings.of_stack()
    assert settings.gcp
    deploy_on_google(settings, settings.gcp, deploy=deploy, ask=lambda account, permissions: permissions)
    pulumi.export("made", True)


def kinds(labels: list[str]) -> list[str]:
    return [label.split()[0] for label in labels]


def test_nothing_that_costs_is_made_before_the_budget(stack: Stack) -> None:
    made = kinds(stack.up().labels("create"))
    before = set(made[: made.index("Budget")])
    assert before <= {"Service", "NotificationChannel", "Topic", "RandomPassword"}
    assert made.index("Cluster") < made.index("NodePool") < made.index("Claims") < made.index("Namespace")


def test_up_again_changes_nothing(stack: Stack) -> None:
    assert stack.up().changed == {}


def test_destroy_waits_for_the_disks_and_removes_the_budget_last(
    stack: Stack, clouds: tuple[Cloud, Cloud, bytes]
) -> None:
    api = clouds[1]
    api.looks_left, api.looks = 1, 0
    gone = kinds(stack.destroy().labels("delete"))
    order = ("KafkaConnector", "KafkaConnect", "Kafka", "KafkaNodePool", "Namespace", "Claims", "NodePool", "Cluster")
    for first, then in zip(order, [*order[1:], "Subnetwork"], strict=True):
        assert len(gone) - 1 - gone[::-1].index(first) < gone.index(then), (first, then)
    assert len(gone) - 1 - gone[::-1].index("StatefulSet") < gone.index("Claims")
    rest = set(gone[gone.index("Budget") :])
    assert rest <= {"Budget", "NotificationChannel", "Topic", "Service", "RandomPassword"}
    assert api.looks == 2
    assert stack.state() == []
