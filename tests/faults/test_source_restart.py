"""Connect or the database is killed while rows change: no change is missing, and only the last ones are sent again.

Prints how many changes were sent again (`pytest -s`, or the report's "Captured stdout").
"""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from functools import partial

import pytest

from sluice.local.instance import Instance
from sluice.view.connector_status import fetch_connect_status
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from tests.administrator import Connection, administrator, run
from tests.faults.row_changes import EVERY_SECONDS, TOPIC, inserted_keys, repeated_keys, writing_rows
from tests.kill_servers import LocalServerControl, ServerControl
from tests.run_sluice import Sluice, wait_for

SECONDS = 120
"""Time limit for a source to resume; it needs a few seconds."""
OLDEST_SECONDS = 10.0
"""Age at the kill of the oldest change that may be sent again. The source commits its position twice a second
(offset.flush.interval.ms); a busy machine may take longer."""
Connect = Callable[[], AbstractContextManager[Connection]]


@pytest.fixture
def parts(instance: Instance, endpoints: Endpoints) -> Generator[ServerControl]:
    parts = LocalServerControl(instance)
    yield parts
    for name in ("mysql", "connect-1"):
        parts.start(name)
    wait_for(lambda: source_runs(endpoints), seconds=SECONDS)


@pytest.fixture
def connect(endpoints: Endpoints, instance: Instance) -> Connect:
    return partial(administrator, endpoints, instance)


@pytest.fixture
def sent(sluice: Sluice, connect: Connect) -> Generator[Callable[[], list[int]]]:
    """Function that returns the keys of inserted rows in the topic, without those of earlier tests."""
    with connect() as connection:
        first = run(connection, "INSERT INTO myDB.test (utime, fix_mode, satellites) VALUES (0, 1, 0)")
    yield lambda: [key for key in inserted_keys(sluice("messages", TOPIC)) if key > first]
    with connect() as connection:
        run(connection, "DELETE FROM myDB.test WHERE id >= %s", first)


def source_runs(endpoints: Endpoints) -> bool:
    try:
        connectors = fetch_connect_status(*endpoints.connect).connectors
    except UnavailableError:
        return False
    (source,) = [connector for connector in connectors if connector.name == "mysql-source"]
    return [task.state for task in source.tasks] == ["RUNNING"]


def kill_while_writing(
    name: str, *, parts: ServerControl, connect: Connect, sent: Callable[[], list[int]]
) -> tuple[list[int], list[int]]:
    """Kill a part while rows change and start it again; return the acknowledged keys and the sent ones, in order."""
    with writing_rows(connect) as keys:
        wait_for(lambda: len(keys) > 100 and len(sent()) > 50, seconds=SECONDS)
        parts.kill(name)
        parts.start(name)
        at_start = len(keys)
        wait_for(lambda: len(keys) > at_start + 50, seconds=SECONDS)
    wait_for(lambda: set(keys) <= set(sent()), seconds=SECONDS)
    return keys, sent()


@pytest.mark.parametrize("name", ["connect-1", "mysql"])
def test_after_a_kill_nothing_is_missing_and_only_the_last_changes_come_twice(
    name: str, parts: ServerControl, connect: Connect, sent: Callable[[], list[int]]
) -> None:
    written, received = kill_while_writing(name, parts=parts, connect=connect, sent=sent)
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM myDB.test WHERE id >= %s", (written[0],))
        rows = {row[0] for row in cursor.fetchall()}
    # A row that was committed but not acknowledged when the database was killed is there too, and is sent.
    assert set(written) <= rows == set(received)
    again = repeated_keys(received)
    print(f"\n{name} killed: {len(set(received))} changes, sent again: {[len(keys) for keys in again]}")
    assert len(again) <= 1, "the source goes back once"
    assert list(dict.fromkeys(received)) == sorted(rows), "apart from repeated ones, changes are in order"
    for keys in again:
        assert keys == sorted(keys)
        assert len(keys) < OLDEST_SECONDS / EVERY_SECONDS
