"""The database goes on after its disk was full, and its binary log is whole.

Only root may mount a small disk: elsewhere nothing is tried.
"""

import os
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pymysql
import pytest

from producer.runtime.exit_status import Exit
from sluice.local import mariadb
from sluice.local.binary_log import drop_half_transaction, whole_transactions
from sluice.local.disk_waits import kill_where_disk_is_full, wake_disk_waits
from sluice.local.fetch_servers import fetch_servers
from sluice.local.instance import Instance
from sluice.local.processes import StartedServer, free_port_base, running_processes, stop_all
from sluice.local.up import down
from tests.administrator import run as execute
from tests.faults.row_changes import TOPIC, inserted_keys
from tests.faults.schedules.full_disk import Disks, can_mount
from tests.faults.schedules.local_pipeline import LocalPipeline
from tests.kill_servers import LocalServerControl
from tests.pipeline.mysql_sinks import json_value, mysql_sink, new_table
from tests.run_sluice import wait_for

_SECONDS = 60
_START_SECONDS = 1500
"""Time limit of a start, with the time to build the connectors."""
_TIMEOUT_MS = 1000
_LONGER = 5
"""Timeouts of a statement for which the disk stays full, at least."""
_BEGIN_BYTES = 100
"""More than the event that begins a transaction has."""
_WAITING = "SELECT ID, STATE FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for someone to free space'"


def start_database(instance: Instance) -> None:
    servers = fetch_servers(env=os.environ, say=print)
    settings = mariadb.prepare(instance, servers=servers)
    server = mariadb.server(instance, settings=settings, servers=servers)
    StartedServer(server, instance=instance).wait(seconds=_SECONDS, cancelled=threading.Event())


@pytest.fixture
def small_disks(tmp_path: Path) -> Generator[tuple[Instance, Disks]]:
    """An instance of which only the database runs, on a disk of its own."""
    if not can_mount():
        pytest.skip("this user may not mount a disk")
    instance = Instance.make(tmp_path / "state", port_base=free_port_base(), workers=1)
    disks = Disks(instance, folder=tmp_path)
    try:
        disks.mount()
        start_database(instance)
        yield instance, disks
    finally:
        stop_all(instance, seconds=_SECONDS, say=print)
        disks.unmount()


@pytest.fixture(scope="module")
def pipeline_on_small_disks(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[LocalPipeline, Disks]]:
    """A pipeline whose database has a disk of its own."""
    if not can_mount():
        pytest.skip("this user may not mount a disk")
    folder = tmp_path_factory.mktemp("small-disks")
    pipeline = LocalPipeline(Instance.make(folder / "state", port_base=free_port_base(), workers=1))
    disks = Disks(pipeline.instance, folder=folder)
    try:
        disks.mount()
        done = pipeline.sluice("up", seconds=_START_SECONDS)
        assert done.returncode == Exit.OK, done.stderr
        yield pipeline, disks
    finally:
        pipeline.down()
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
            wait_until(lambda: run(other, _WAITING))
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


def test_a_disk_that_is_full_for_longer_than_a_statement_may_take_harms_nothing(
    pipeline_on_small_disks: tuple[LocalPipeline, Disks],
) -> None:
    pipeline, disks = pipeline_on_small_disks
    admin = pipeline.admin
    settings = {"connection.statement.timeout.ms": str(_TIMEOUT_MS)}

    with new_table(admin, "id BIGINT PRIMARY KEY, a TEXT") as table, mysql_sink(admin, table, settings) as sink:

        def write(letter: str) -> list[tuple[int, str]]:
            rows = [(number, letter * 3000) for number in range(4)]
            sink.produce(*((str(number), json_value({"a": "string"}, a=text)) for number, text in rows))
            return rows

        # Updates, later: the files of the table need not grow, the binary log does.
        sink.wait_for_rows(write("x"))
        with admin.mysql() as other, disks.full("mysql"):
            rows = write("y")
            assert "full disk" in sink.reason("full disk")
            commits = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'connect' AND INFO = 'COMMIT'"
            wait_until(lambda: run(other, f"{commits} AND TIME_MS > {_LONGER * _TIMEOUT_MS}"))
            assert len(run(other, commits)) == 1, "retries pile up in the server"
        sink.wait_for_rows(rows)
        assert sink.states() == {"RUNNING"}
        with admin.mysql() as connection:
            assert_log_is_whole(connection)
        assert_source_goes_on(pipeline)
        assert sink.letters(0) == []


def test_a_database_killed_on_a_full_disk_leaves_no_half_transaction_to_the_source(
    pipeline_on_small_disks: tuple[LocalPipeline, Disks],
) -> None:
    pipeline, disks = pipeline_on_small_disks
    servers = LocalServerControl(pipeline.instance)

    # The source has not read the end of the log, and has to read past the place.
    pipeline.admin.servers.stop_connector("mysql-source")
    with pipeline.admin.mysql() as connection:
        before = insert_row(connection)
    with waiting_for_space(pipeline.instance, disks):
        servers.kill("mysql")
    servers.start("mysql")
    with mariadb.connect_as_root(pipeline.instance) as connection:
        assert_log_is_whole(connection)
    pipeline.admin.servers.resume_connector("mysql-source")
    wait_for_change(pipeline, before)
    assert_source_goes_on(pipeline)


def test_the_end_of_a_database_on_a_full_disk_leaves_its_log_whole(small_disks: tuple[Instance, Disks]) -> None:
    instance, disks = small_disks

    with waiting_for_space(instance, disks):
        assert drop_half_transaction(instance) == 0, "the log of a server that runs was cut"
        said: list[str] = []
        down(instance, purge=False, say=said.append)
        assert any("it is killed" in line for line in said)
    assert drop_half_transaction(instance) > 0, "nothing was written of the transaction"
    start_database(instance)
    with mariadb.connect_as_root(instance) as connection:
        assert_log_is_whole(connection)
        assert run(connection, "SELECT COUNT(*) FROM d.t") == ((0,),)
        run(connection, "INSERT INTO d.t VALUES (1, 'a')")
        assert not kill_where_disk_is_full(instance)


def test_a_half_behind_which_the_server_went_on_is_left_in_the_log(small_disks: tuple[Instance, Disks]) -> None:
    instance, disks = small_disks
    log = instance.state / "mysql/binlog.000001"

    with mariadb.connect_as_root(instance) as other:
        with waiting_for_space(instance, disks):
            ((waiting, _),) = run(other, _WAITING)
            half = log.stat().st_size
            run(other, f"KILL {waiting}")
            wait_until(lambda: not run(other, _WAITING))
        run(other, "INSERT INTO d.t VALUES (10, 'a'); INSERT INTO d.t VALUES (11, 'b')")
        with pytest.raises(pymysql.MySQLError, match="Wrong offset or I/O error"):
            run(other, f"SHOW BINLOG EVENTS IN '{log.name}'")
    for entry in running_processes(instance):
        entry.process.kill()
    stop_all(instance, seconds=_SECONDS, say=print)
    before = log.read_bytes()
    assert drop_half_transaction(instance) == 0
    assert log.read_bytes() == before
    assert whole_transactions(before[:half]) < half, "it is no half"
    # The server writes the same transaction again first. The rest of the half would be longer than this.
    size = half + _BEGIN_BYTES
    assert whole_transactions(before[:size]) == size


@contextmanager
def waiting_for_space(instance: Instance, disks: Disks) -> Generator[None]:
    """Fill the disk, and let a transaction wait for space in the middle of the binary log; none of it is committed."""
    with mariadb.connect_as_root(instance) as writer, mariadb.connect_as_root(instance) as other:
        run(writer, "CREATE DATABASE IF NOT EXISTS d; CREATE TABLE d.t (id INT PRIMARY KEY, a TEXT)")

        def write() -> None:
            with suppress(pymysql.MySQLError):  # the server ends
                # Rows that need a page of their own make the server crash on a full disk.
                run(writer, "BEGIN; INSERT INTO d.t VALUES (1, REPEAT('x', 3000)), (2, REPEAT('x', 3000)); COMMIT")

        with disks.full("mysql"):
            thread = threading.Thread(target=write, daemon=True)
            thread.start()
            wait_until(lambda: run(other, _WAITING))
            yield
            thread.join(_SECONDS)


def assert_source_goes_on(pipeline: LocalPipeline) -> None:
    """Change the table that mysql-source reads, and wait for the change and for a status without a complaint."""
    with pipeline.admin.mysql() as connection:
        key = insert_row(connection)
    wait_for_change(pipeline, key)
    wait_for(lambda: pipeline.sluice("status").returncode == Exit.OK, seconds=_SECONDS)


def insert_row(connection: mariadb.Connection) -> int:
    """Insert a row into the table that mysql-source reads; return its key."""
    return execute(connection, "INSERT INTO myDB.test (utime, fix_mode, satellites) VALUES (0, 1, 0)")


def wait_for_change(pipeline: LocalPipeline, key: int) -> None:
    """Wait until mysql-source has sent the new row, once."""
    wait_for(lambda: inserted_keys(pipeline.sluice("messages", TOPIC, "--key", str(key))) == [key], seconds=_SECONDS)


def assert_log_is_whole(connection: mariadb.Connection) -> None:
    """Let the server read its binary log to the end; it refuses a log with half a transaction."""
    for name, *_ in run(connection, "SHOW BINARY LOGS"):
        assert run(connection, f"SHOW BINLOG EVENTS IN '{name}'")
