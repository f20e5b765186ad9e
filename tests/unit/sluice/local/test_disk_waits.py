"""A database that is to end while its disk is full is killed: SIGTERM would damage its binary log.

The database is a process that never answers; tests/faults/test_full_disk.py has a real one.
"""

import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace

import pytest

from sluice.local.disk_waits import kill_where_disk_is_full, wake_disk_waits
from sluice.local.instance import Instance
from sluice.local.processes import Server, StartedServer, free_port_base, running_processes, stop_all
from sluice.local.up import down

MIB, GIB = 1 << 20, 1 << 30
KILLED = "the database has too little space on its disk: it is killed, since SIGTERM would damage its binary log"
DATABASE = """
import pathlib, signal, socket, sys
def end(*_):
    pathlib.Path("terminated").touch()
    sys.exit()
signal.signal(signal.SIGTERM, end)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
"""


@pytest.fixture
def instance(tmp_path: Path) -> Generator[Instance]:
    instance = Instance.make(tmp_path / "state", port_base=free_port_base(), workers=1)
    instance.folder("mysql")
    yield instance
    stop_all(instance, seconds=5, say=print)


def start_database(instance: Instance) -> None:
    port = instance.port("mysql")
    command = [sys.executable, "-c", DATABASE, str(port)]
    server = Server(name="mysql", command=command, folder=instance.state, ready=lambda: True, port=port)
    StartedServer(server, instance=instance).wait(seconds=30, cancelled=threading.Event())


def start_worker(instance: Instance) -> None:
    worker = Server(name="connect-1", command=["sleep", "60"], folder=instance.state, ready=lambda: True)
    StartedServer(worker, instance=instance).wait(seconds=30, cancelled=threading.Event())


def names(instance: Instance) -> set[str]:
    return {entry.name for entry in running_processes(instance)}


def terminated(instance: Instance) -> bool:
    return (instance.state / "terminated").exists()


SetDisk = Callable[..., None]


@pytest.fixture
def set_disk(monkeypatch: pytest.MonkeyPatch) -> SetDisk:
    def set_to(free: Callable[[], int], total: int = 100 * GIB) -> None:
        usage = lambda _: SimpleNamespace(free=free(), total=total)  # noqa: E731
        monkeypatch.setattr("sluice.local.disk_waits.shutil.disk_usage", usage)

    return set_to


def test_a_server_without_an_answer_on_a_full_disk_is_killed(instance: Instance, set_disk: SetDisk) -> None:
    set_disk(lambda: 0)
    assert not kill_where_disk_is_full(instance), "there is no server"
    start_database(instance)
    assert wake_disk_waits(instance) == 0
    assert kill_where_disk_is_full(instance)
    assert names(instance) == set()
    assert not terminated(instance)
    assert not kill_where_disk_is_full(instance), "it has been killed"


@pytest.mark.parametrize(
    ("free", "total", "killed"),
    [
        (500 * MIB, 100 * GIB, True),
        (512 * MIB, 100 * GIB, False),
        # A small disk never has 512 MiB.
        (199 * MIB, 400 * MIB, True),
        (200 * MIB, 400 * MIB, False),
    ],
)
def test_space_for_all_that_waits_is_half_a_gigabyte_or_half_of_a_small_disk(
    instance: Instance, set_disk: SetDisk, free: int, total: int, killed: bool
) -> None:
    set_disk(lambda: free, total)
    start_database(instance)
    assert wake_disk_waits(instance) == 0, "it does not answer"
    assert kill_where_disk_is_full(instance) is killed


def test_disk_that_becomes_full_while_the_writers_end_is_seen_before_the_database_gets_sigterm(
    instance: Instance, set_disk: SetDisk
) -> None:
    set_disk(lambda: GIB if "connect-1" in names(instance) else 0)
    start_database(instance)
    start_worker(instance)
    said: list[str] = []
    down(instance, purge=False, say=said.append)
    assert said == ["ending connect-1", KILLED]
    assert not terminated(instance)


def test_full_disk_is_seen_before_the_writers_end(instance: Instance, set_disk: SetDisk) -> None:
    set_disk(lambda: 0)
    start_database(instance)
    start_worker(instance)
    said: list[str] = []
    down(instance, purge=False, say=said.append)
    assert said == [KILLED, "ending connect-1"]
    assert not terminated(instance)


def test_database_with_space_gets_sigterm(instance: Instance, set_disk: SetDisk) -> None:
    set_disk(lambda: GIB)
    start_database(instance)
    down(instance, purge=False, say=print)
    assert terminated(instance)


def test_database_whose_folder_was_removed_by_hand_gets_sigterm(instance: Instance) -> None:
    start_database(instance)
    (instance.state / "mysql").rmdir()
    down(instance, purge=False, say=print)
    assert terminated(instance)
