"""The function as Google runs it: what is deployed, in a folder of its own, served by functions-framework."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from infra.gcp.guard_source import source_files

_HOST = "127.0.0.1"
_SECONDS = 60


@dataclass
class Function:
    """A process that serves one entry point."""

    port: int
    log: Path
    read: int = 0

    def send(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a request; its status."""
        connection = HTTPConnection(_HOST, self.port, timeout=_SECONDS)
        try:
            connection.request("POST", "/", body=body, headers=dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()

    def said(self) -> list[dict[str, Any]]:
        """What it has written to its standard output since the last time."""
        text = self.log.read_text()
        new, self.read = text[self.read :], len(text)
        return [json.loads(line) for line in new.splitlines()]


@contextmanager
def served(target: str, signature: str, *, env: Mapping[str, str], folder: Path) -> Generator[Function]:
    """Serve an entry point until the block ends. A process that does not start raises AssertionError."""
    for name, path in source_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)
    with socket.create_server((_HOST, 0)) as free:
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("functions-framework")
    command = [program, "--target", target, "--signature-type", signature, "--host", _HOST, "--port", str(port)]
    here = {**env, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    out, errors = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=folder, env=here, stdout=stdout, stderr=stderr)
        try:
            _wait(process, port, errors)
            yield Function(port=port, log=out)
        finally:
            process.terminate()
            process.wait(_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    until = time.monotonic() + _SECONDS
    while True:
        assert process.poll() is None, errors.read_text()
        assert time.monotonic() < until, errors.read_text()
        try:
            socket.create_connection((_HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
