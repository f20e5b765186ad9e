"""A source in a bucket of one's own is read with the credentials that GKE's metadata server gives the pod."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.unit.producer.log_samples import LOG, LogServer

READ = (
    "import sys; from producer.sources.stored_bytes import open_stored_bytes as o;"
    "sys.stdout.buffer.write(o('gs://bucket/gps.csv', name='gs://bucket/gps.csv', env={}).read())"
)
ACCOUNT = "/computeMetadata/v1/instance/service-accounts/"
REFUSED = "does not have storage.objects.get access to the Google Cloud Storage object"


class PodWorld(LogServer):
    """The metadata server of a pod, and a bucket that only the pod's service account may read."""

    granted = True

    def do_GET(self) -> None:  # noqa: N802 called by the server
        if self.path == "/" or self.path.startswith("/computeMetadata/"):
            self._metadata_server()
        elif not self.granted or self.headers.get("Authorization") != "Bearer of-the-pod":
            self.answer(403, json.dumps({"error": {"code": 403, "message": f"principal://x {REFUSED}."}}).encode())
        else:
            super().do_GET()

    def _metadata_server(self) -> None:
        assert self.headers["Metadata-Flavor"] == "Google"
        content: object = "my-lab"
        if self.path.startswith(ACCOUNT):
            content = {"aliases": ["default"], "email": "my-lab.svc.id.goog", "scopes": []}
        if "/token" in self.path:
            content = {"access_token": "of-the-pod", "expires_in": 3600, "token_type": "Bearer"}
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(200)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "application/text" if isinstance(content, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def world() -> Generator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), type("World", (PodWorld,), {})) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def read_in_a_pod(server: ThreadingHTTPServer, home: Path) -> "subprocess.CompletedProcess[bytes]":
    """Read in a process of its own: Google's library takes the metadata server's address when it is imported."""
    here = f"127.0.0.1:{server.server_port}"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GCE_METADATA_HOST": here,
        "GCE_METADATA_IP": here,
        "STORAGE_EMULATOR_HOST": f"http://{here}",  # read by gcsfs: only the address of the bucket's service
    }
    return subprocess.run([sys.executable, "-c", READ], env=env, capture_output=True, check=False, timeout=120)


def test_a_bucket_is_read_as_the_service_account_of_the_pod(world: ThreadingHTTPServer, tmp_path: Path) -> None:
    done = read_in_a_pod(world, tmp_path)
    assert done.stdout == LOG, done.stderr.decode()


def test_a_missing_grant_is_said(world: ThreadingHTTPServer, tmp_path: Path) -> None:
    world.RequestHandlerClass.granted = False  # type: ignore[attr-defined]
    done = read_in_a_pod(world, tmp_path)
    assert done.returncode
    assert REFUSED in done.stderr.decode()
