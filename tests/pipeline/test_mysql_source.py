"""mysql-source: every change of myDB.test is a record of cdc.myDB.test."""

import json
import subprocess
import time
from collections.abc import Callable, Generator
from queue import Queue
from threading import Thread
from typing import Any

import pymysql
import pytest
from confluent_kafka import Consumer, TopicPartition

from producer.kafka.register_schema import registry_client
from sluice.view.connector_status import fetch_connect_status
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator, Connection, run
from tests.run_sluice import SLUICE, Sluice, wait_for

TOPIC = "cdc.myDB.test"
SECONDS = 2.0
"""Time limit from a change to its line in `sluice messages --follow`."""
Changes = Callable[[int], list[dict[str, Any]]]
INSERT = (
    "INSERT INTO myDB.test (utime, fix_mode, satellites, latitude, longitude, altitude, modified)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
ROW = (1_353_099_678_298_235, 2, 0, 0.738167915410646, -1.46098650670922, None, "2012-11-16 21:01:18.298235")
FIX = {
    "utime": 1_353_099_678_298_235,
    "fix_mode": 2,
    "satellites": 0,
    "latitude": 0.738167915410646,
    "longitude": -1.46098650670922,
    "altitude": None,
    "track": None,
    "speed": None,
    "modified": "2012-11-16T21:01:18.298235Z",
}


@pytest.fixture
def database(admin: Administrator) -> Generator[Connection]:
    with admin.mysql() as connection:
        yield connection
        run(connection, "DELETE FROM myDB.test WHERE id > 1")


@pytest.fixture
def changes(sluice: Sluice) -> Changes:
    """Function that returns all records of the row with a key."""

    def read(key: int) -> list[dict[str, Any]]:
        done = sluice("messages", TOPIC, "--key", str(key))
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


@pytest.fixture
def following(environment: dict[str, str], target: str) -> Generator[Callable[[], dict[str, Any]]]:
    """Function that returns the next record of `sluice messages --follow`; fails after 30 s without one."""
    lines: Queue[str] = Queue()
    command = [SLUICE, "--target", target, "messages", TOPIC, "--follow", "--limit", "1"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        stdout = process.stdout
        assert stdout is not None
        reader = Thread(target=lambda: [lines.put(line) for line in stdout])
        reader.start()
        lines.get(timeout=30)
        yield lambda: json.loads(lines.get(timeout=30))
        process.terminate()
        reader.join()


def beats_of(admin: Administrator) -> int:
    """Return how many heartbeats mysql-source has sent."""
    client = Consumer(admin.kafka.client_settings() | {"group.id": "test-heartbeats"})
    try:
        return client.get_watermark_offsets(TopicPartition("mysql-source-heartbeat.cdc", 0), timeout=30)[1]
    finally:
        client.close()


def is_stopped(admin: Administrator) -> bool:
    connectors = fetch_connect_status(*admin.endpoints.connect).connectors
    (source,) = [connector for connector in connectors if connector.name == "mysql-source"]
    return source.state == "STOPPED" and not source.tasks


def test_the_sample_row_is_a_record_with_types(changes: Changes) -> None:
    wait_for(lambda: bool(changes(1)))
    message = changes(1)[0]
    assert message["key"] == {"id": 1}
    assert message["value"]["op"] == "r"
    row = message["value"]["after"]
    assert row.pop("modified").endswith("Z")
    assert row == {
        "id": 1,
        "utime": 1_365_180_000_000_000,
        "fix_mode": 3,
        "satellites": 0,
        "latitude": 0.738168312,
        "longitude": -1.460986747,
        "altitude": 269.0,
        "track": 17.8,
        "speed": 0.0,
    }


def test_each_change_is_seen_within_two_seconds(database: Connection, following: Callable[[], dict[str, Any]]) -> None:
    def seen(statement: str, *values: object) -> tuple[dict[str, Any], float]:
        run(database, statement, *values)
        begun = time.monotonic()
        return following(), time.monotonic() - begun

    inserted, seconds = seen(INSERT, *ROW)
    key = inserted["key"]["id"]
    updated, more = seen("UPDATE myDB.test SET altitude = 271.3 WHERE id = %s", key)
    deleted, most = seen("DELETE FROM myDB.test WHERE id = %s", key)
    assert [message["value"]["op"] for message in (inserted, updated, deleted)] == ["c", "u", "d"]
    assert max(seconds, more, most) < SECONDS


def test_changes_while_it_is_stopped_come_after_an_idle_time_too(
    admin: Administrator, database: Connection, changes: Changes
) -> None:
    # Debezium counts heartbeats after a statement that is no transaction of rows, and would skip as many events.
    run(database, "ALTER USER 'source'@'%' ACCOUNT UNLOCK")
    beats = beats_of(admin)
    wait_for(lambda: beats_of(admin) >= beats + 4)
    admin.servers.stop_connector("mysql-source")
    try:
        wait_for(lambda: is_stopped(admin))
        first = time.time_ns()  # no other run has used it
        for number in range(6):
            run(database, INSERT.replace("(utime", "(id, utime").replace("(%s", "(%s, %s"), first + number, *ROW)
    finally:
        admin.servers.resume_connector("mysql-source")
    wait_for(lambda: bool(changes(first + 5)))
    assert [len(changes(first + number)) for number in range(6)] == [1] * 6


def test_microseconds_nulls_and_every_digit_survive(database: Connection, changes: Changes) -> None:
    key = run(database, INSERT, *ROW)
    wait_for(lambda: bool(changes(key)))
    (message,) = changes(key)
    assert message["value"]["before"] is None
    assert message["value"]["after"] == {"id": key, **FIX}


def test_an_update_has_both_rows_and_a_delete_the_last_one(database: Connection, changes: Changes) -> None:
    key = run(database, INSERT, *ROW)
    run(database, "UPDATE myDB.test SET altitude = 271.3, modified = modified WHERE id = %s", key)
    run(database, "DELETE FROM myDB.test WHERE id = %s", key)
    wait_for(lambda: len(changes(key)) == 4)
    inserted, updated, deleted, tombstone = (message["value"] for message in changes(key))
    assert updated["before"] == inserted["after"] == updated["after"] | {"altitude": None}
    assert deleted["before"] == updated["after"]
    assert deleted["after"] is None
    assert tombstone is None


def test_a_transaction_that_is_rolled_back_is_no_change(database: Connection, changes: Changes) -> None:
    run(database, "BEGIN")
    never = run(database, INSERT, *ROW)
    run(database, "ROLLBACK")
    key = run(database, INSERT, *ROW)
    wait_for(lambda: bool(changes(key)))
    assert changes(never) == []


OTHER_COLUMNS = {
    # column: type, SQL value written, value received
    "seen": ("DATETIME(6) NULL", "'2012-11-16 21:01:18.298235'", "2012-11-16T21:01:18.298235"),
    "born": ("DATE NULL", "'1999-12-31'", "1999-12-31"),
    "lasted": ("TIME(6)", "'-838:59:59'", "-838:59:59.000000"),
    "counted": ("BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615"),
    "paid": ("DECIMAL(65,30)", f"{'9' * 35}.{'9' * 30}", f"{'9' * 35}.{'9' * 30}"),
    "with-dash": ("INT", "1", 1),
    "with_dash": ("INT", "2", 2),
    "1 ü": ("INT", "3", 3),
    "letters": ("TEXT CHARACTER SET utf8mb4", "'Zoë 🚲'", "Zoë 🚲"),
    "chosen": ("SET('p', 'q')", "'p,q'", "p,q"),
    "noted": ("JSON", "'{\"a\": [1, null]}'", '{"a": [1, null]}'),
    "raw": ("BLOB", "x'00ff'", {"bytes": 2, "hex": "00ff"}),
    "flags": ("BIT(9)", "b'100000001'", {"bytes": 2, "hex": "0101"}),
    "note": ("VARCHAR(20) DEFAULT 'x'", "NULL", None),
    "note of a default": ("VARCHAR(20) DEFAULT 'x'", "DEFAULT", "x"),
    "note of a value": ("VARCHAR(20) DEFAULT 'x'", "'y'", "y"),
    "must": ("INT NOT NULL DEFAULT 3", "DEFAULT", 3),
    "braces": ("VARCHAR(20) NOT NULL DEFAULT '{}'", "DEFAULT", "{}"),
    "never": ("DATETIME(6) NULL DEFAULT CURRENT_TIMESTAMP(6)", "NULL", None),
    "price": ("DECIMAL(10,2) DEFAULT 1.50", "NULL", None),
}


def test_columns_that_are_added_come_with_the_next_change(database: Connection, changes: Changes) -> None:
    definitions = ", ".join(f"ADD COLUMN `{name}` {type_}" for name, (type_, _, _) in OTHER_COLUMNS.items())
    names = ", ".join(f"`{name}`" for name in OTHER_COLUMNS)
    values = ", ".join(value for _, value, _ in OTHER_COLUMNS.values())
    run(database, f"ALTER TABLE myDB.test {definitions}")
    try:
        key = run(database, f"INSERT INTO myDB.test (utime, fix_mode, satellites, {names}) VALUES (1, 1, 0, {values})")
        wait_for(lambda: bool(changes(key)))
    finally:
        run(database, "ALTER TABLE myDB.test " + ", ".join(f"DROP COLUMN `{name}`" for name in OTHER_COLUMNS))
    row = changes(key)[0]["value"]["after"]
    assert {name: row[name] for name in OTHER_COLUMNS} == {name: comes for name, (_, _, comes) in OTHER_COLUMNS.items()}


def test_a_row_of_megabytes_is_complete(database: Connection, changes: Changes) -> None:
    run(database, "ALTER TABLE myDB.test ADD COLUMN data LONGTEXT")
    try:
        key = run(database, "INSERT INTO myDB.test (utime, fix_mode, satellites, data) VALUES (1, 1, 0, 'small')")
        run(database, "UPDATE myDB.test SET data = REPEAT('x', 7000000) WHERE id = %s", key)
        run(database, "UPDATE myDB.test SET data = REPEAT('y', 7000000) WHERE id = %s", key)
        wait_for(lambda: len(changes(key)) == 3)
    finally:
        run(database, "ALTER TABLE myDB.test DROP COLUMN data")
    rows = [message["value"]["after"]["data"] for message in changes(key)]
    assert rows == ["small", "x" * 7_000_000, "y" * 7_000_000]


def test_a_truncate_is_a_record(database: Connection, sluice: Sluice) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM myDB.test WHERE id = 1")
        (sample,) = cursor.fetchall()
    last = run(database, INSERT, *ROW)
    run(database, "TRUNCATE TABLE myDB.test")
    # Otherwise a repeated key would be taken for an earlier test's row.
    run(database, "ALTER TABLE myDB.test AUTO_INCREMENT = %s", last + 1)
    run(database, f"INSERT INTO myDB.test VALUES ({', '.join(['%s'] * len(sample))})", *sample)

    def newest() -> list[dict[str, Any]]:
        done = sluice("messages", TOPIC, "--limit", "2")
        return [json.loads(line) for line in done.stdout.splitlines()]

    wait_for(lambda: [message["value"] and message["value"]["op"] for message in newest()] == ["t", "c"])
    assert newest()[0]["key"] is None


def test_the_schema_is_complete(endpoints: Endpoints, changes: Changes) -> None:
    wait_for(lambda: bool(changes(1)))
    with registry_client(endpoints.compatible_registry) as registry:
        schema = registry.get_latest_version(f"{TOPIC}-value").schema
    assert schema is not None
    assert not schema.references


def test_the_status_shows_a_source_that_runs_and_has_no_lag(sluice: Sluice) -> None:
    status = json.loads(sluice("status", "--json").stdout)
    (source,) = [entry for entry in status["connect"]["connectors"] if entry["name"] == "mysql-source"]
    assert (source["kind"], source["state"]) == ("source", "RUNNING")
    assert [task["state"] for task in source["tasks"]] == ["RUNNING"]
    assert "mysql-source" not in status["lag"]


def test_the_source_may_not_write(endpoints: Endpoints, admin: Administrator) -> None:
    with (
        pymysql.connect(
            host=endpoints.mysql.host,
            port=endpoints.mysql.port,
            user="source",
            password=admin.passwords["mysql-source"],
        ) as connection,
        connection.cursor() as cursor,
        pytest.raises(pymysql.OperationalError, match="denied"),
    ):
        cursor.execute("DELETE FROM myDB.test")
