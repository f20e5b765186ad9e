"""The MySQL sink loses no row and takes no good one with a bad one: bad records, kills, locks, a restored backup."""

import random
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from sluice.local.instance import Instance
from tests.administrator import Administrator, run
from tests.kill_servers import LocalServerControl
from tests.pipeline.mysql_sinks import (
    MySqlSink,
    Row,
    json_value,
    mysql_sink,
    new_table,
    set_global,
    statements,
)
from tests.run_sluice import wait_for

TYPES = {"name": "string", "small": "int32", "amount": "double"}
COLUMNS = "id BIGINT PRIMARY KEY, name VARCHAR(9) NOT NULL, small TINYINT, amount DOUBLE CHECK (amount < 9)"
README = Path(__file__).resolve().parents[2] / "connect/mysql-sink/README.md"
KILLS = "it kills a server of this machine"


def record(number: int, name: str | None = "good", small: int = 1, amount: float = 0.5) -> tuple[str, bytes]:
    return str(number), json_value(TYPES, name=name, small=small, amount=amount)


def row(number: int) -> Row:
    return (number, "good", 1, 0.5)


@pytest.fixture
def items(admin: Administrator) -> Generator[MySqlSink]:
    with new_table(admin, COLUMNS) as table, mysql_sink(admin, table) as sink:
        yield sink


def bad_record(number: int, kind: int) -> tuple[str, bytes, str]:
    """Return a record that is bad in one of five ways, and text of its reason; the database itself refuses the last."""
    return (
        (*record(number, small=300), "small"),
        (*record(number, name="ten letters"), "name"),
        (*record(number, name=None), "name"),
        (f"{number}x", record(number)[1], f"{number}x"),
        (*record(number, amount=9.5), "constraint"),
    )[kind]


def test_ten_bad_records_among_ten_thousand_are_found_exactly(items: MySqlSink) -> None:
    numbers = random.Random(13).sample(range(10_000), 10)
    bad = {number: bad_record(number, index % 5) for index, number in enumerate(numbers)}
    # The rows of bad records are there before: what is bad changes nothing.
    items.produce(*(record(number) for number in bad))
    items.wait_for_rows(map(row, sorted(bad)))
    items.produce(*(bad[number][:2] if number in bad else record(number) for number in range(10_000)))
    items.wait_for_rows(map(row, range(10_000)))
    letters = items.letters(len(bad))
    assert sorted((letter.key, letter.value) for letter in letters) == sorted(
        (key.encode(), value) for key, value, _ in bad.values()
    )
    reasons = {letter.key: letter.reason for letter in letters}
    for key, _, reason in bad.values():
        assert reason in reasons[key.encode()].lower()
    assert items.states() == {"RUNNING"}


@contextmanager
def locked_row(admin: Administrator, table: str, number: int) -> Generator[Callable[[], None]]:
    """Hold the lock of a row, so that a batch which writes it stops there; yields a function that releases it."""
    connection = admin.mysql()
    connection.autocommit(False)
    run(connection, f"SELECT * FROM myDB.{table} WHERE id = {number} FOR UPDATE")
    released = False

    def release() -> None:
        nonlocal released
        if not released:
            released = True
            connection.close()

    try:
        yield release
    finally:
        release()


@pytest.mark.local_only(KILLS)
@pytest.mark.parametrize("killed", ["mysql", "connect-1"])
def test_a_kill_in_the_middle_of_a_batch_leaves_exact_rows(items: MySqlSink, instance: Instance, killed: str) -> None:
    servers = LocalServerControl(instance)
    items.produce(record(4000, small=0), record(4001, small=0), record(4002, small=0))
    items.wait_for_rows([(number, "good", 0, 0.5) for number in (4000, 4001, 4002)])
    try:
        with locked_row(items.admin, items.table, 4000) as release:
            items.produce(*(record(number) for number in range(8000)), ("4001", None))
            wait_for(lambda: statements(items.admin, items.table) > 0)
            servers.kill(killed)
            if killed == "mysql":
                servers.start(killed)
            release()
    finally:
        servers.start(killed)
    items.wait_for_rows([row(number) for number in range(8000) if number != 4001], seconds=120)
    items.wait_running()


def test_locks_of_others_are_waited_for(admin: Administrator) -> None:
    # Half of it is the longest wait for a lock, after which the server ends the statement with an error.
    settings = {"connection.statement.timeout.ms": "2000"}
    with new_table(admin, COLUMNS) as table, mysql_sink(admin, table, settings) as sink:
        sink.produce(record(1, small=0))
        sink.wait_for_rows([(1, "good", 0, 0.5)])
        with locked_row(admin, table, 1):
            sink.produce(record(1), record(2))
            seen: list[int] = []
            wait_for(lambda: bool(seen.append(statements(admin, table))) or _gaps(seen) >= 2)
            assert sink.states() == {"RUNNING"}
        sink.wait_for_rows(map(row, (1, 2)))


@pytest.mark.local_only("it reads a worker's log")
def test_server_that_only_reads_is_waited_for(items: MySqlSink, instance: Instance) -> None:
    items.produce(record(1))
    items.wait_for_rows([row(1)])
    log = instance.log("connect-1")
    log_start = log.stat().st_size
    set_global(items.admin, "read_only", "1")
    try:
        items.produce(record(2))
        wait_for(lambda: b"read-only" in log.read_bytes()[log_start:])
        assert items.states() == {"RUNNING"}
        assert items.rows() == [row(1)]
    finally:
        set_global(items.admin, "read_only", "0")
    items.wait_for_rows(map(row, (1, 2)))


def _gaps(seen: list[int]) -> int:
    """Return how often a running statement had ended when the next was looked for."""
    return sum(before > 0 and after == 0 for before, after in pairwise(seen))


@pytest.mark.parametrize("exactly_once", ["false", "true"])
def test_older_backup_restored_under_a_running_sink_heals_by_itself(admin: Administrator, exactly_once: str) -> None:
    with new_table(admin, COLUMNS) as table, offsets_table(admin) as offsets:
        settings = {"exactly.once": exactly_once, "offsets.table": offsets}
        with mysql_sink(admin, table, settings, partitions=2) as sink:
            sink.produce(*(record(number) for number in range(500)))
            sink.wait_for_rows(map(row, range(500)))
            with admin.mysql() as connection, backup(admin, table, offsets) as restore:
                sink.produce(*(record(number) for number in range(500, 1000)), ("7", None))
                sink.wait_for_rows(row(number) for number in range(1000) if number != 7)
                restore()
                run(connection, f"DELETE FROM myDB.{table} WHERE id = 8")
                # The row 8, which was older than the backup, is not written again: the sink went back no further.
                sink.wait_for_rows(row(number) for number in range(1000) if number not in (7, 8))
                assert sink.states() == {"RUNNING"}
                if exactly_once == "false":
                    sink.read_again()
                    sink.wait_for_rows(row(number) for number in range(1000) if number != 7)


@contextmanager
def offsets_table(admin: Administrator) -> Generator[str]:
    """Create the table for offsets as the sink's README does."""
    found = re.search(
        r"CREATE TABLE shop.sluice_offsets \((.*?)\n\) ENGINE", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found
    with new_table(admin, found[1], rights="SELECT, INSERT, UPDATE") as name:
        yield name


@contextmanager
def backup(admin: Administrator, *tables: str) -> Generator[Callable[[], None]]:
    """Copy tables; yields a function that restores all of them."""
    with admin.mysql() as connection:
        for table in tables:
            run(connection, f"CREATE TABLE myDB.{table}_copy AS SELECT * FROM myDB.{table}")

        def restore() -> None:
            connection.begin()
            for table in tables:
                run(connection, f"DELETE FROM myDB.{table}")
                run(connection, f"INSERT INTO myDB.{table} SELECT * FROM myDB.{table}_copy")
            connection.commit()

        yield restore
        for table in tables:
            run(connection, f"DROP TABLE myDB.{table}_copy")
