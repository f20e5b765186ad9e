"""The wait for disks (infra/gcp/claims.py) in Pulumi's engine, against a stand-in of a cluster's API."""

import json
import os
import ssl
from collections.abc import Callable, Generator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pulumi import Output

from infra.gcp.claims import Claims, ClaimsArgs
from tests.cluster.conftest import skip_or_fail
from tests.cluster.go_builds import MissingPrerequisite, dynamic_resources, pulumi
from tests.cluster.guard_stand_in import GuardStandIn
from tests.cluster.pulumi_engine import CommandError, Stack
from tests.unit.infra.gcp.fake_functions import FakeFunctions

LABEL = "Claims claims"
_FUNCTIONS = "/cloudfunctions/"
ROOT = Path(__file__).resolve().parents[2]


class Cloud:
    """Stand-in of Google's APIs and of a cluster with one volume, which is gone after `looks_left` requests.

    Every request for a token is granted, and every permission. Billing accounts are in dollars; the one of
    `billing_account` pays for every project.
    """

    functions: FakeFunctions
    """Answers the calls of Cloud Functions' API."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.looks_left, self.policy, self.looks = 0, "Delete", 0
        self.guard = GuardStandIn()
        self.billing_account = "01AB23-45CD67-89EF01"
        self.functions = FakeFunctions()
        self.clusters: list[str] = ["c"]
        """Names of the clusters that GKE lists."""
        self.answers = True
        """Whether the cluster's API server answers."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def volumes(self) -> list[dict[str, Any]]:
        self.looks += 1
        if self.looks > self.looks_left:
            return []
        csi = {"driver": "pd.csi.storage.gke.io", "volumeHandle": "projects/p/zones/z/disks/lost"}
        return [{"metadata": {"name": "pv"}, "spec": {"persistentVolumeReclaimPolicy": self.policy, "csi": csi}}]

    def posted(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Return the answer to a test of the guard, about permissions, or with a token."""
        if answer := self.guard.answer(path, body):
            return answer
        if path.endswith(":testIamPermissions"):
            return HTTPStatus.OK, json.loads(body)
        return HTTPStatus.OK, {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}

    def found(self, path: str, *, token: str | None) -> tuple[int, dict[str, Any]]:
        """Return the answer about GKE's clusters, the billing account, the guard, or the cluster's volumes."""
        if answer := self.guard.answer(path):
            return answer
        if path.startswith("/container/"):
            return HTTPStatus.OK, {"clusters": [{"name": name, "status": "RUNNING"} for name in self.clusters]}
        if path.startswith("/cloudbilling/"):
            account = f"billingAccounts/{self.billing_account}"
            return HTTPStatus.OK, {"billingAccountName": account, "billingEnabled": True, "currencyCode": "USD"}
        assert token == "Bearer t"
        if not self.answers:
            return HTTPStatus.SERVICE_UNAVAILABLE, {}
        return HTTPStatus.OK, {"items": self.volumes()}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.startswith(_FUNCTIONS):
                    self._answer_function(json.loads(asked))
                    return
                status, content = cloud.posted(self.path, asked)
                self._answer(content, status)

            def do_DELETE(self) -> None:
                self._answer_function(None)

            def do_GET(self) -> None:
                if self.path.startswith(_FUNCTIONS):
                    self._answer_function(None)
                    return
                status, content = cloud.found(self.path, token=self.headers["Authorization"])
                self._answer(content, status)

            def _answer_function(self, body: object) -> None:
                url = urlsplit(self.path)
                status, content = cloud.functions.answer(self.command, url.path, dict(parse_qsl(url.query)), body)
                self._answer(content, status)

            def _answer(self, content: object, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


@pytest.fixture(scope="module")
def cloud() -> Generator[Cloud]:
    made = Cloud()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def stack(cloud: Cloud, say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Stack:
    try:
        engine, dynamic = pulumi(env=os.environ, say=say), dynamic_resources(env=os.environ, say=say)
    except MissingPrerequisite as error:
        skip_or_fail(str(error), env=os.environ)
    folder = tmp_path_factory.mktemp("stack")
    variables = {
        "PATH": f"{dynamic}:{os.environ['PATH']}",
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials(folder, cloud.url)),
        "SLUICE_GOOGLE_ENDPOINT": cloud.url,
    }

    def program() -> None:
        args = ClaimsArgs(server=cloud.url, authority=Output.from_input(None), project="p", location="l", cluster="c")
        Claims("claims", args, parent=None, after=[])

    return Stack(
        program,
        name="gke",
        project="sluice",
        folder=folder,
        pulumi=engine,
        variables=variables,
        settings_from=ROOT,
        home=folder / "home",
    )


def credentials(folder: Path, url: str) -> Path:
    """Write credentials of a service account whose tokens come from `url`; return the file's path."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    content = {
        "type": "service_account",
        "client_email": "a@b.c",
        "private_key_id": "k",
        "private_key": key.decode(),
        "token_uri": f"{url}/token",
    }
    path = folder / "credentials.json"
    path.write_text(json.dumps(content))
    path.chmod(0o600)
    return path


def test_it_is_made_once_and_holds_no_code(stack: Stack) -> None:
    assert stack.up().changed == {LABEL: "create"}
    assert stack.up().changed == {}
    (claims,) = (entry for entry in stack.state() if entry["type"].endswith(":Claims"))
    assert len(claims["inputs"]["__provider"]) < 100


def test_a_disk_that_stays_keeps_the_cluster(stack: Stack, cloud: Cloud) -> None:
    cloud.looks_left, cloud.policy = 100, "Retain"
    with pytest.raises(CommandError, match=r"would outlive the cluster: pv \(disk lost"):
        stack.destroy()
    assert stack.state()


def test_an_up_without_the_cluster_says_what_to_do(stack: Stack, cloud: Cloud) -> None:
    cloud.clusters = []
    for command in (stack.preview, stack.refresh):
        with pytest.raises(
            CommandError, match=r"c \(l, project p\) does not exist any more.*scripts/forget-cluster"
        ) as end:
            command()
        assert "Traceback" not in str(end.value)
    cloud.clusters = ["c"]


def test_destroy_goes_on_when_the_last_disk_is_gone(stack: Stack, cloud: Cloud) -> None:
    cloud.looks_left, cloud.looks, cloud.policy = 1, 0, "Delete"
    assert stack.destroy().labels("delete") == [LABEL]
    assert cloud.looks == 2
