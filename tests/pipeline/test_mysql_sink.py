"""Rows into MySQL through Connect: topics to tables, keys, formats, other indexes, changes of a table, local_infile."""

import json
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit
from sluice.view.endpoints import Endpoints
from tests.administrator import Administrator, Connection, run
from tests.pipeline.mysql_sinks import (
    MySqlSink,
    json_value,
    mysql_sink,
    new_name,
    new_table,
    new_topics,
    set_global,
    sink_config,
)
from tests.pipeline.redis_sinks import produce
from tests.pipeline.time_ranges import TimeRange
from tests.run_sluice import Sluice, wait_for

TYPES = {"name": "string", "amount": "double"}
COLUMNS = "id BIGINT PRIMARY KEY, name VARCHAR(99) CHARACTER SET utf8mb4, amount DOUBLE CHECK (amount < 1e200)"
HARD_TEXT = "tab\t line\n return\r zero\0 quote' \"double\" back\\slash \\N 🛰 ' OR 1=1; --"


def person(number: int, name: str | None = None, amount: float | None = None) -> tuple[str, bytes]:
    return str(number), json_value(TYPES, name=name or f"name {number}", amount=amount)


@pytest.fixture
def people(admin: Administrator) -> Generator[MySqlSink]:
    with new_table(admin, COLUMNS) as table, mysql_sink(admin, table) as sink:
        yield sink


def test_last_record_of_a_key_wins_and_every_value_comes_back_as_it_was(people: MySqlSink) -> None:
    numbers = [1 / 3, 5e-324, -1.7976931348623157e308, 0.1 + 0.2, 1e-300]
    people.produce(
        person(9, HARD_TEXT),
        *(person(number, "first") for number in range(5)),
        ("3", None),
        *(person(number, "last", value) for number, value in enumerate(numbers)),
        ("4", None),
        ("77", None),
    )
    last = [(number, "last", value) for number, value in enumerate(numbers[:4])]
    people.wait_for_rows([*last, (9, HARD_TEXT, None)])


def test_a_new_table_needs_no_new_connector(admin: Administrator) -> None:
    name, types = new_name(), {"code": "string", "n": "int32"}
    first, second, third = (f"{name}_{end}" for end in ("first", "second", "third"))
    settings = {
        "topics.regex": f"{name}_.*",
        "table.name.format": "${topic}",
        "topic.to.table": f"{name}_second:{first}_of_second",
        f"topic.{second}.pk.mode": "record_value",
        f"topic.{second}.pk.fields": "code",
        f"topic.{third}.pk.fields": "number",
        # How often a consumer looks for topics that are new.
        "consumer.override.metadata.max.age.ms": "500",
    }
    with ExitStack() as stack:
        stack.enter_context(new_table(admin, "id BIGINT PRIMARY KEY, n INT", name=first))
        stack.enter_context(new_table(admin, "n INT, code VARCHAR(9) PRIMARY KEY", name=f"{first}_of_second"))
        stack.enter_context(new_topics(admin, first, second))
        admin.servers.create_connector(name, sink_config(admin, settings))
        stack.callback(admin.servers.delete_connector, name)
        send = {topic: [("1", json_value({"n": "int32"}, n=1))] for topic in (first, third)}
        produce(admin.endpoints, first, send[first], by=admin.kafka)
        produce(admin.endpoints, second, [(None, json_value(types, code="a", n=2))], by=admin.kafka)
        with admin.mysql() as connection:
            wait_for(lambda: read(connection, first) == [(1, 1)])
            wait_for(lambda: read(connection, f"{first}_of_second") == [(2, "a")])
            stack.enter_context(new_table(admin, "number BIGINT PRIMARY KEY, n INT", name=third))
            stack.enter_context(new_topics(admin, third))
            produce(admin.endpoints, third, send[third], by=admin.kafka)
            wait_for(lambda: read(connection, third) == [(1, 1)])


def read(connection: Connection, table: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM myDB.{table} ORDER BY 1")
        return [tuple(row) for row in cursor.fetchall()]


def test_another_unique_index_is_never_the_key(admin: Administrator) -> None:
    columns = "id BIGINT PRIMARY KEY, name VARCHAR(40) UNIQUE, amount DOUBLE"
    with new_table(admin, columns) as table, mysql_sink(admin, table) as sink:
        sink.produce(person(1, "one"), person(2, "two"))
        sink.wait_for_rows([(1, "one", None), (2, "two", None)])
        # A statement that replaces or updates what is duplicate would delete or change the row 1.
        sink.produce(person(3, "three"), person(2, "one", 5.0), person(4, "four"), person(1, "one", 7.0))
        sink.wait_for_rows([(1, "one", 7.0), (2, "two", None), (3, "three", None), (4, "four", None)])
        (letter,) = sink.letters(1)
        assert letter.key == b"2"
        assert "1062" in letter.reason
        assert "Duplicate entry 'one'" in letter.reason


def test_rows_that_others_refer_to_or_that_have_more_columns_keep_both(admin: Administrator) -> None:
    """Neither is kept by REPLACE; the user connect cannot see the table that refers."""
    with (
        new_table(admin, f"{COLUMNS}, more INT DEFAULT 5") as table,
        new_table(admin, f"id BIGINT, FOREIGN KEY (id) REFERENCES {table} (id) ON DELETE CASCADE", rights="") as other,
        mysql_sink(admin, table) as sink,
        admin.mysql() as connection,
    ):
        sink.produce(person(1), person(2))
        sink.wait_for_rows([(1, "name 1", None, 5), (2, "name 2", None, 5)])
        run(connection, f"UPDATE myDB.{table} SET more = 6 WHERE id = 1")
        run(connection, f"INSERT INTO myDB.{other} VALUES (1), (2)")
        whole = json_value({**TYPES, "more": "int32"}, name="whole", amount=None, more=7)
        sink.produce(person(1, "changed"), ("2", whole))
        sink.wait_for_rows([(1, "changed", None, 6), (2, "whole", None, 7)])
        assert read(connection, other) == [(1,), (2,)]
        sink.produce(("2", None))
        sink.wait_for_rows([(1, "changed", None, 6)])
        assert read(connection, other) == [(1,)]


def test_two_sinks_write_one_table(admin: Administrator) -> None:
    with (
        new_table(admin, COLUMNS) as table,
        mysql_sink(admin, table, {"tasks.max": "2"}, partitions=2) as odd,
        mysql_sink(admin, table, {"tasks.max": "2"}, partitions=2) as even,
    ):
        for step in range(3):
            odd.produce(*(person(number, f"odd {step}") for number in range(1, 3000, 2)))
            even.produce(*(person(number, f"even {step}") for number in range(0, 3000, 2)))
        odd.wait_for_rows((number, "odd 2" if number % 2 else "even 2", None) for number in range(3000))
        assert odd.states() == even.states() == {"RUNNING"}


def test_columns_added_under_load_are_written(people: MySqlSink) -> None:
    with people.admin.mysql() as connection:
        for number in range(2000):
            if number == 1000:
                run(connection, f"ALTER TABLE myDB.{people.table} ADD COLUMN extra INT FIRST")
                people.produce(("5000", json_value({**TYPES, "extra": "int32"}, name="new", amount=1.5, extra=42)))
            if number % 100 == 0:
                people.produce(*(person(at) for at in range(number, number + 100)))
    old = [(number, f"name {number}", None, None) for number in range(2000)]
    people.wait_for_rows([*old, (5000, "new", 1.5, 42)], columns="id, name, amount, extra")
    assert people.states() == {"RUNNING"}


def test_server_without_local_infile_gets_statements_and_status_says_so(
    people: MySqlSink, sluice: Sluice, target: str
) -> None:
    people.produce(person(0))
    people.wait_for_rows([(0, "name 0", None)])
    before = set_global(people.admin, "local_infile", "0")
    try:
        # The connection that is open already, and then a new one.
        people.produce(*(person(number, HARD_TEXT, 0.1) for number in range(300)), ("7", None))
        expected = [(number, HARD_TEXT, 0.1) for number in range(300) if number != 7]
        people.wait_for_rows(expected)
        people.read_again()
        people.produce(person(300, HARD_TEXT, 0.1))
        people.wait_for_rows([*expected, (300, HARD_TEXT, 0.1)])
        status = json.loads(sluice("status", "--json").stdout)
        # Another note says that the command's user does not see this sink's topic.
        (note,) = [note for note in status["notes"] if note.startswith("local_infile is off in the database")]
        assert "mysql-sink" in note
        assert status["mysql"]["local_infile"] is False
        assert status["exit"] == "OK"
        people.produce(person(1, amount=1e201), person(301))
        (letter,) = people.letters(1)
        assert "constraint" in letter.reason.lower()
        people.wait_for_rows([*expected, (300, HARD_TEXT, 0.1), (301, "name 301", None)])
    finally:
        set_global(people.admin, "local_infile", before)


def test_change_records_are_written_unwrapped_with_keys_and_deletes(admin: Administrator) -> None:
    settings = {
        "topics": "cdc.myDB.test",
        "transforms": "unwrap",
        "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
        "transforms.unwrap.delete.tombstone.handling.mode": "tombstone",
        "transforms.unwrap.replace.null.with.default": "false",
        "key.converter": "sluice.avro.AvroConverter",
        "key.converter.schema.registry.url": "${env:REGISTRY_URL}",
        "key.converter.schema.registry.basic.auth.user.info": "${env:REGISTRY_USER_INFO}",
        "key.converter.schema.registry.tls.trusted.certificates": "${env:REGISTRY_CA_CERTIFICATE}",
        "value.converter": "sluice.avro.AvroConverter",
        "value.converter.schema.registry.url": "${env:REGISTRY_URL}",
        "value.converter.schema.registry.basic.auth.user.info": "${env:REGISTRY_USER_INFO}",
        "value.converter.schema.registry.tls.trusted.certificates": "${env:REGISTRY_CA_CERTIFICATE}",
        "value.format": "connect",
    }
    with admin.mysql() as source, new_table(admin, "id INT") as table:
        run(source, f"DROP TABLE myDB.{table}")
        run(source, f"CREATE TABLE myDB.{table} LIKE myDB.test")
        insert = "INSERT INTO myDB.test (utime, fix_mode, satellites, latitude) VALUES (%s, 3, 7, 0.1)"
        kept, changed, deleted = (run(source, insert, number) for number in (1, 2, 3))
        with mysql_sink(admin, table, settings) as sink:
            wait_for(lambda: bool(sink.query(f"SELECT 1 FROM myDB.{table} WHERE id = {deleted}")))
            run(source, f"UPDATE myDB.test SET speed = 1.25 WHERE id = {changed}")
            run(source, f"DELETE FROM myDB.test WHERE id = {deleted}")
            wait_for(lambda: sink.rows() == sink.query("SELECT * FROM myDB.test ORDER BY 1"))
            assert {row[0] for row in sink.rows()} >= {kept, changed}
        run(source, "DELETE FROM myDB.test WHERE id > 1")


def test_one_topic_of_three_formats_is_followed(
    endpoints: Endpoints, admin: Administrator, sluice: Sluice, tmp_path: Path
) -> None:
    """The same rows in each format, and the proof of all together."""
    log, start = tmp_path / "log.csv", TimeRange.MYSQL_SINK.value
    row = "{},3,0,0.738168596822093,-1.46098603965911,270.7,nan,0.005\n"
    lines = [row.format(start + number) for number in range(6)]
    for format_, part in (("avro", lines[:2]), ("json", lines[2:4]), ("protobuf", lines[4:])):
        log.write_text("".join(part))
        done = sluice("load", "gps", str(log), "--format", format_, cwd=tmp_path)
        assert done.returncode == Exit.OK, done.stderr
    log.write_text("".join(lines))
    proven = sluice("proof", str(log), "-o", str(tmp_path / "proof.html"))
    assert proven.returncode == Exit.OK, proven.stdout + proven.stderr
    assert sluice("load", "gps", str(log), "--tombstones", cwd=tmp_path).returncode == Exit.OK
