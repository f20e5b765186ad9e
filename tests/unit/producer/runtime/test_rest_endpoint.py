"""Requests that prove who asks and verify who answers; connections are kept open."""

import json
import shutil
import ssl
import threading
import time
from collections.abc import Generator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from producer.runtime import rest_endpoint
from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local.certificates import make_certificates
from sluice.local.instance import Instance


class QuietServer(ThreadingHTTPServer):
    """A server that says nothing of handshakes that fail."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class MutualServer:
    """A server of an instance that asks for a client's certificate, and what it was asked."""

    def __init__(self, instance: Instance) -> None:
        self.requests: list[tuple[str, str, str | None, bytes]] = []
        self.connections = 0
        self.keep_alive = True
        test = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                test.connections += 1
                super().setup()

            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                test.requests.append((self.command, self.path, self.headers.get("Authorization"), body))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
                self.close_connection = not test.keep_alive

            do_GET = do_POST = do  # noqa: N815 http.server names them so

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(instance.state / "tls/broker.pem")
        context.load_verify_locations(instance.state / "tls/ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tls_folder(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tls_folder(tmp_path_factory.mktemp("other"))


def tls_folder(state: Path) -> Path:
    make_certificates(Instance.make(state, port_base=None, workers=1))
    return state / "tls"


@pytest.fixture
def server(folder: Path) -> Generator[MutualServer]:
    running = MutualServer(Instance.open(folder.parent))
    thread = threading.Thread(target=running.server.serve_forever, args=[0.01])
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


def endpoint(server: MutualServer, folder: Path) -> RestEndpoint:
    return RestEndpoint(
        url=server.url, ca_file=folder / "ca.pem", certificate_file=folder / "client.pem", user_info="me:a:b"
    )


def test_connection_is_kept_for_the_next_request(server: MutualServer, folder: Path) -> None:
    asked = endpoint(server, folder)
    assert asked.send("GET", "/a?b=c", seconds=5) == (200, "OK", b"{}")
    assert asked.send("POST", "", {"x": 1}, seconds=5)[0] == 200
    login = "Basic bWU6YTpi"
    assert server.requests == [("GET", "/a?b=c", login, b""), ("POST", "/", login, json.dumps({"x": 1}).encode())]
    assert server.connections == 1


def test_connection_that_the_server_has_closed_is_opened_again(server: MutualServer, folder: Path) -> None:
    server.keep_alive = False
    asked = endpoint(server, folder)
    for _ in range(3):
        assert asked.send("GET", "/", seconds=5)[0] == 200
    assert server.connections == 3


def test_certificates_that_were_renewed_are_read_again(
    server: MutualServer, folder: Path, other_folder: Path, tmp_path: Path
) -> None:
    asked = RestEndpoint(url=server.url, ca_file=tmp_path / "ca.pem", certificate_file=tmp_path / "client.pem")
    for name in ("ca.pem", "client.pem"):
        shutil.copy(other_folder / name, tmp_path)
    for _ in range(2):
        with pytest.raises(OSError, match="certificate verify failed"):
            asked.send("GET", "/", seconds=5)
    for name in ("ca.pem", "client.pem"):
        shutil.copy(folder / name, tmp_path)
    assert asked.send("GET", "/", seconds=5)[0] == 200


def test_connections_that_are_closed_are_forgotten(server: MutualServer, folder: Path) -> None:
    server.keep_alive = False
    for number in range(5):
        replace(endpoint(server, folder), user_info=f"me:{number}").send("GET", "/", seconds=5)
    connections = rest_endpoint._CONNECTIONS  # pyright: ignore[reportPrivateUsage]
    deadline = time.monotonic() + 10
    while any(kept.url == server.url for kept in connections.by_endpoint):  # the server closes after it has answered
        assert time.monotonic() < deadline
        connections.drop_closed()


@pytest.mark.parametrize("certificate", [None, "other"])
def test_client_without_a_certificate_of_the_authority_is_refused(
    certificate: str | None, server: MutualServer, folder: Path, other_folder: Path
) -> None:
    file = other_folder / "client.pem" if certificate else None
    with pytest.raises(OSError, match=r"ALERT|alert|reset|EOF"):
        replace(endpoint(server, folder), certificate_file=file).send("GET", "/", seconds=5)
    assert not server.requests


def test_nothing_is_sent_to_a_server_of_another_authority(
    server: MutualServer, folder: Path, other_folder: Path
) -> None:
    with pytest.raises(OSError, match="certificate verify failed"):
        replace(endpoint(server, folder), ca_file=other_folder / "ca.pem").send("GET", "/", seconds=5)
    assert not server.requests


def test_certificate_of_a_client_is_not_accepted_as_a_server_s(server: MutualServer, folder: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "client.pem")
    false_server = QuietServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    false_server.socket = context.wrap_socket(false_server.socket, server_side=True)
    thread = threading.Thread(target=false_server.handle_request)
    thread.start()
    url = f"https://127.0.0.1:{false_server.server_port}"
    with pytest.raises(OSError, match=r"(unsuitable|unsupported) certificate purpose"):
        replace(endpoint(server, folder), url=url).send("GET", "/", seconds=5)
    thread.join()
    false_server.server_close()


@pytest.mark.parametrize("missing", ["ca_file", "certificate_file"])
def test_file_that_is_missing_is_named(missing: str, server: MutualServer, folder: Path) -> None:
    asked = replace(endpoint(server, folder), **{missing: folder / "gone.pem"})
    with pytest.raises(OSError, match=r"gone\.pem cannot be read \(No such file or directory\)"):
        asked.send("GET", "/", seconds=5)


@pytest.mark.parametrize("field", ["ca_file", "certificate_file"])
def test_file_without_a_certificate_is_named(field: str, server: MutualServer, folder: Path, tmp_path: Path) -> None:
    (empty := tmp_path / "empty.pem").touch()
    with pytest.raises(OSError, match=r"empty\.pem holds no certificate"):
        replace(endpoint(server, folder), **{field: empty}).send("GET", "/", seconds=5)


def test_nobody_is_asked_for_the_passphrase_of_a_key(server: MutualServer, folder: Path, tmp_path: Path) -> None:
    encrypted = tmp_path / "encrypted.pem"
    key = load_pem_private_key((folder / "client.pem").read_bytes(), password=None)
    encrypted.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
        + (folder / "client.pem").read_bytes().partition(b"-----END PRIVATE KEY-----\n")[2]
    )
    with pytest.raises(OSError, match=r"encrypted\.pem holds .* no key without a passphrase"):
        replace(endpoint(server, folder), certificate_file=encrypted).send("GET", "/", seconds=5)


def test_secrets_are_not_shown(server: MutualServer, folder: Path) -> None:
    assert "a:b" not in repr(endpoint(server, folder))
