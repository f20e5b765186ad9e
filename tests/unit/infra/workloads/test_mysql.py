"""MySQL: its users' passwords, and the scripts of k8s/mysql."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from infra.workloads.k8s_manifests import K8S
from infra.workloads.mysql import MySql, MySqlArgs, post_start_script
from infra.workloads.workload_context import WorkloadContext
from tests.unit.infra.conftest import workload_context
from tests.unit.infra.created_objects import mebibytes
from tests.unit.infra.recording_monitor import Made, run


def make(context: WorkloadContext) -> list[Made]:
    return run(lambda: _make(context))


def _make(context: WorkloadContext) -> None:
    MySql("mysql", MySqlArgs(context=context, after=[]))


def test_secret_has_a_password_for_everybody(context: WorkloadContext) -> None:
    (secret,) = (entry for entry in make(context) if entry.kind == "Secret" and entry.name == "mysql")
    assert secret.plain["stringData"] == {
        f"{user}-password": f"password-of-mysql-{user}" for user in ("root", "connect", "source", "reader")
    }


def test_scripts_are_those_of_every_target_with_the_passwords_filled_in(context: WorkloadContext) -> None:
    (secret,) = (entry for entry in make(context) if entry.kind == "Secret" and entry.name == "mysql-scripts")
    scripts = secret.plain["stringData"]
    assert sorted(scripts) == sorted(path.name for path in (K8S / "mysql").glob("*.sql"))
    assert "IDENTIFIED BY 'password-of-mysql-source'" in scripts["20-users.sql"]
    assert not any("${" in text for text in scripts.values())


def test_passwords_are_long_and_need_no_quoting(context: WorkloadContext) -> None:
    for entry in make(context):
        if entry.kind == "RandomPassword":
            assert entry.plain["length"] >= 32
            assert entry.plain["special"] is False


def test_changed_scripts_replace_the_pod(context: WorkloadContext, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _set(make(context))
    monkeypatch.setattr("infra.workloads.mysql.read_scripts", lambda: {"10-other.sql": "SELECT 1"})
    assert _set(make(context)).plain["spec"]["template"] != before.plain["spec"]["template"]


def test_disk_has_the_class_and_size_of_the_settings() -> None:
    made = make(workload_context(**{"kubernetes.storageClass": "fast", "mysql.storage": "33Gi"}))
    (claim,) = _set(made).plain["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"]["requests"]["storage"] == "33Gi"


def test_clients_may_stream_rows_and_the_pool_leaves_memory_for_the_rest(context: WorkloadContext) -> None:
    (container,) = _set(make(context)).plain["spec"]["template"]["spec"]["containers"]
    assert "--local-infile=ON" in container["args"]
    (pool,) = (re.fullmatch(r"--innodb-buffer-pool-size=(\d+)M", text) for text in container["args"] if "pool" in text)
    assert pool
    # MySQL 9.7.4 had 1,032 MiB with a full pool of 512 MiB, after four connections had streamed rows.
    limit = container["resources"]["limits"]["memory"]
    assert int(pool[1]) + 520 <= mebibytes(limit)


def _set(made: list[Made]) -> Made:
    (found,) = (entry for entry in made if entry.kind == "StatefulSet")
    return found


class Server:
    """A server that does not answer two pings, and a client that records its input."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bin", "scripts", "secrets", "data"):
            (folder / name).mkdir()
        self._program("mysqladmin", 'echo x >>"$LOG.pings"; [ "$(wc -l <"$LOG.pings")" -ge 3 ]')
        self._program("sleep", "exit 0")
        self.client()
        (folder / "secrets/root-password").write_text("secret")
        (folder / "scripts/10-tables.sql").write_text("first;\n")
        (folder / "scripts/20-users.sql").write_text("second;\n")

    def client(self, *, status: int = 0) -> None:
        self._program("mysql", f'echo "$MYSQL_PWD $*" >>"$LOG"; cat >>"$LOG"; exit {status}')

    def _program(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def start(self, scripts: str) -> "subprocess.CompletedProcess[str]":
        command = post_start_script(
            scripts=str(self.folder / "scripts"), secrets=str(self.folder / "secrets"), folder=str(self.folder / "data")
        )
        env = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "LOG": str(self.folder / "log"),
            "SLUICE_SCRIPTS": scripts,
        }
        return subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False, timeout=30)

    @property
    def received(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_scripts_run_in_order_once_the_server_answers(server: Server) -> None:
    assert server.start("one").returncode == 0
    call, *statements = server.received.splitlines()
    assert statements == ["first;", "second;"]
    assert call.startswith("secret --user=root")
    assert "secret" not in call.partition(" ")[2]  # the password is in no argument, where anybody could read it


def test_scripts_run_again_only_when_they_have_changed(server: Server) -> None:
    assert server.start("one").returncode == 0
    before = server.received
    assert server.start("one").returncode == 0
    assert server.received == before
    assert server.start("two").returncode == 0
    assert server.received == before * 2


def test_refused_script_ends_the_container_and_runs_again(server: Server) -> None:
    server.client(status=1)
    assert server.start("one").returncode != 0
    server.client()
    before = server.received
    assert server.start("one").returncode == 0
    assert server.received != before
