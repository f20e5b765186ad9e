"""No secret of a pipeline is where anyone else could read it, or where nobody looks for one.

Where each is allowed: docs/security.md.
"""

import base64
import json
import os
import socket
import stat
import threading
from collections.abc import Generator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from hashlib import sha1
from pathlib import Path

import psutil
import pytest

from sluice.local import connect_workers, kafka_broker, mariadb, redis_server
from sluice.local.certificates import make_certificates
from sluice.local.fetch_servers import fetch_servers
from sluice.local.instance import TEMPORARY_FOLDER, Instance
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.processes import free_port_base, running_processes
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator
from tests.run_sluice import Sluice
from tests.security.pipeline_exercise import Exercise
from tests.security.secret_values import SecretSearch

FILES_WITH_SECRETS = {
    "passwords.json": "all passwords: the one place where they are kept",
    "endpoints.env": "those of the users with which `sluice` loads and reads, for a shell",
    "connect-?.properties": "the worker's own login to the broker, and the password of its key store",
    "tls/*.pem": "private keys of servers and clients",
}
"""Files of an instance that hold a secret, and why; nobody but their owner can read them."""
PROCESSES_WITH_SECRETS = {
    "registry": "its login to the broker, and the password by which it is opened",
    "connect-1": "what ${env:…} in k8s/connectors/ stands for",
}
"""Processes that have a secret in their environment, which no other user can read."""


@pytest.fixture(scope="module")
def search(instance: Instance) -> SecretSearch:
    return SecretSearch.of(instance)


@pytest.fixture(scope="module")
def exercise(
    instance: Instance,
    endpoints: Endpoints,
    admin: Administrator,
    sluice: Sluice,
    tmp_path_factory: pytest.TempPathFactory,
) -> Exercise:
    """The tests' pipeline, with which the other tests have done what they do, after all that this does to it."""
    done = Exercise(
        instance=instance, endpoints=endpoints, admin=admin, sluice=sluice, folder=tmp_path_factory.mktemp("said")
    )
    done.run_commands()
    done.fail_at_debug_level()
    done.crash_a_worker()
    done.ask_servers()
    done.read_topics(without={"gps-fixes", "images"})
    return done


def test_commands_and_servers_say_no_secret(exercise: Exercise, search: SecretSearch) -> None:
    assert len(exercise.said) > 50
    assert all(exercise.said.values())
    assert {asked: names for asked, answer in exercise.said.items() if (names := search.find(answer))} == {}


def test_only_the_files_that_must_hold_a_secret_hold_one(exercise: Exercise, search: SecretSearch) -> None:
    state = exercise.instance.state
    assert list(state.glob("hs_err_pid*.log"))
    holders = {path.relative_to(state).as_posix() for path in files(state) if search.find_in_file(path)}
    assert {"passwords.json", "endpoints.env"} <= holders
    assert {name for name in holders if not any(fnmatchcase(name, known) for known in FILES_WITH_SECRETS)} == set()
    assert {path: names for path in files(exercise.folder) if (names := search.find_in_file(path))} == {}


def files(folder: Path) -> Generator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_nobody_else_can_open_a_file_of_a_pipeline(exercise: Exercise) -> None:
    assert open_to_others(exercise.instance.state) == {}


def open_to_others(folder: Path) -> dict[str, str]:
    """Return files and folders on which others than the owner have rights, with their modes."""
    found: dict[str, str] = {}
    for path in (folder, *folder.rglob("*")):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:  # a temporary file of a server
            continue
        # To these nobody else comes, because their folder is closed: to the socket of the database, and to what Vert.x
        # makes in the folder for temporary files, where it changes modes itself.
        closed = stat.S_ISSOCK(mode) or folder / TEMPORARY_FOLDER in path.parents
        if mode & 0o077 and not stat.S_ISLNK(mode) and not closed:
            found[str(path)] = stat.filemode(mode)
    return found


def test_no_secret_is_in_a_process_list(exercise: Exercise, search: SecretSearch) -> None:
    found = running_processes(exercise.instance)
    assert {entry.name for entry in found} >= set(exercise.instance.process_names)
    for entry in found:
        assert search.find("\0".join(entry.process.cmdline()).encode()) == set(), entry.name
        if search.find("\0".join(entry.process.environ().values()).encode()):
            assert entry.name in PROCESSES_WITH_SECRETS
        environment = Path(f"/proc/{entry.pid}/environ")
        assert not environment.exists() or environment.stat().st_mode & 0o077 == 0


def test_a_server_that_is_killed_leaves_no_core(exercise: Exercise) -> None:
    limits = [
        entry.process.rlimit(psutil.RLIMIT_CORE)[0]
        for entry in running_processes(exercise.instance)
        if hasattr(psutil, "RLIMIT_CORE")
    ]
    assert set(limits) <= {0}


@contextmanager
def watched(folder: Path, search: SecretSearch) -> Generator[set[str]]:
    """Collect, while the block runs, files that others could open and command lines of any process with a secret."""
    found: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            found.update(open_to_others(folder))
            for process in psutil.process_iter():
                try:
                    words = "\0".join(process.cmdline()).encode(errors="surrogateescape")
                except psutil.Error:
                    continue
                if names := search.find(words):
                    found.add(f"command line of {process.pid}: {names}")

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def test_at_no_time_of_a_first_start_is_a_file_open_or_a_secret_in_a_command_line(tmp_path: Path) -> None:
    """Everything that happens once: files are written, the database and the broker's folder are created."""
    servers = fetch_servers(env=os.environ, say=print)
    spec = PipelineSpec.read()
    before = os.umask(0)
    try:
        instance = Instance.make(tmp_path / "state", port_base=free_port_base(), workers=1)
        make_certificates(instance)
        with watched(instance.state, SecretSearch.of(instance)) as found:
            kafka_broker.prepare(instance, spec=spec, servers=servers)
            mariadb.prepare(instance, servers=servers)
            redis_server.prepare(instance)
            connect_workers.worker(instance, index=0, spec=spec, servers=servers)
    finally:
        os.umask(before)
    assert found == set()


def test_the_search_finds_a_secret_in_every_form(tmp_path: Path) -> None:
    instance = Instance.make(tmp_path, port_base=None, workers=1)
    make_certificates(instance)
    search = SecretSearch.of(instance)
    for name, password in instance.passwords.items():
        word = password.encode()
        for text in (
            b"x" + word + b"x",
            json.dumps({"password": password}).encode(),
            *(base64.b64encode(before + b":" + word + b"\n") for before in (b"a", b"ab", b"abc")),
            base64.urlsafe_b64encode(word),
            word.hex().encode(),
            password.encode("utf-16-le"),
            sha1(word).hexdigest().encode(),
        ):
            assert search.find(text) == {name}
    (tmp_path / "log").write_bytes(bytes((4 << 20) - 9) + instance.passwords["redis-admin"].encode() + bytes(99))
    assert search.find_in_file(tmp_path / "log") == {"redis-admin"}
    assert search.find_in_file(tmp_path / "tls/admin.pem") == {"admin.pem"}
    assert search.find_in_file(tmp_path / "tls/ca.pem") == set()
    assert search.find(socket.gethostname().encode()) == set()
