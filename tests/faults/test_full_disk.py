"""The database goes on after its disk was full. Only root may mount a small disk: elsewhere nothing is tried."""

import os
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from sluice.local import mariadb
from sluice.local.disk_waits import wake_disk_waits
from sluice.local.fetch_servers import fetch_servers
from sluice.local.instance import Instance
from sluice.local.processes import StartedServer, free_port_base, stop_all
from tests.faults.schedules.full_disk import Disks, can_mount

_SECONDS = 60
_STATE = "SELECT STATE FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for someone to free space'"


@pytest.fixture
def small_disks(tmp_path: Path) -> Generator[tuple[Instance, Disks]]:
    """An instance of which only the database runs, on a disk of its own."""
    if not can_mount():
        pytest.skip("this user may not mount a disk")
    instance = Instance.make(tmp_path / "state", port_base=free_port_base(), workers=1)
    disks = Disks(instance, folder=tmp_path)
    try:
        disks.mount()
        servers = fetch_servers(env=os.environ, say=print)
        server = mariadb.server(instance, settings=mariadb.prepare(instance, servers=servers), servers=servers)
        StartedServer(server, instance=instance).wait(seconds=_SECONDS, cancelled=threading.Event())
        yield instance, disks
    finally:
        stop_all(instance, seconds=_SECONDS, say=print)
        disks.unmount()


def wait_until(found: Callable[[], object]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_commit_that_waits_for_space_is_woken_when_there_is_some(small_disks: tuple[Instance, Disks]) -> None:
    instance, disks = small_disks

    with mariadb.connect_as_root(instance) as writer, mariadb.connect_as_root(instance) as other:
        run(writer, "CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)")
        assert wake_disk_waits(instance) == 0, "nothing waits"
        over, rows = threading.Event(), list[int]()
        # A daemon: where nothing wakes the commit, it ends with the server.
        thread = threading.Thread(target=insert_rows, args=(writer, over, rows), daemon=True)
        with disks.full("mysql"):
            thread.start()
            wait_until(lambda: run(other, _STATE))
            assert wake_disk_waits(instance) == 0, "there is no space yet"
            over.set()
        wait_until(lambda: wake_disk_waits(instance) == 1)
        thread.join(_SECONDS)
        assert run(other, "SELECT COUNT(*) FROM d.t") == ((len(rows),),), "a commit was refused"


def insert_rows(connection: mariadb.Connection, over: threading.Event, rows: list[int]) -> None:
    """Insert rows until the disk was full; `rows` are those whose commit the server has acknowledged."""
    while not over.is_set():
        run(connection, f"INSERT INTO d.t VALUES ({len(rows)})")
        rows.append(len(rows))


def run(connection: mariadb.Connection, sql: str) -> tuple[tuple[object, ...], ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall()
        while cursor.nextset():
            pass
        return rows
