"""What a person has to change is named, and waited for by the MySQL sink: columns, tables, rights, settings."""

from collections.abc import Generator
from http import HTTPStatus
from typing import Any

import pytest

from sluice.local.http_requests import request
from tests.administrator import Administrator, run
from tests.pipeline.mysql_sinks import (
    CLASS,
    RIGHTS,
    MySqlSink,
    json_value,
    mysql_sink,
    new_table,
    sink_config,
)

TYPES = {"name": "string", "small": "int32"}
COLUMNS = "id BIGINT PRIMARY KEY, name VARCHAR(9) NOT NULL, small TINYINT"


def record(number: int) -> tuple[str, bytes]:
    return str(number), json_value(TYPES, name="good", small=1)


def row(number: int) -> tuple[int, str, int]:
    return (number, "good", 1)


@pytest.fixture
def items(admin: Administrator) -> Generator[MySqlSink]:
    with new_table(admin, COLUMNS) as table, mysql_sink(admin, table) as sink:
        yield sink


def test_column_that_a_record_or_the_table_lacks_is_named_and_waited_for(admin: Administrator) -> None:
    with new_table(admin, "id BIGINT PRIMARY KEY, name VARCHAR(9) NOT NULL") as table, mysql_sink(admin, table) as sink:
        sink.produce(("1", json_value({"nick": "string"}, nick="x")))
        reason = sink.reason("nick")
        assert "name" in reason
        assert table in reason
        with admin.mysql() as connection:
            run(
                connection, f"ALTER TABLE myDB.{table} ADD nick VARCHAR(9), MODIFY name VARCHAR(9) NOT NULL DEFAULT 'n'"
            )
        sink.wait_for_rows([(1, "n", "x")])


def test_records_that_the_table_does_not_fit_are_dead_letters_where_it_is_so_configured(admin: Administrator) -> None:
    settings = {"mismatch.mode": "dead.letter"}
    with new_table(admin, COLUMNS) as table, mysql_sink(admin, table, settings) as sink:
        sink.produce(
            record(1),
            ("2", json_value({**TYPES, "nick": "string"}, name="good", small=1, nick="x")),
            ("3", json_value({"small": "int32"}, small=1)),
            record(4),
        )
        sink.wait_for_rows(map(row, (1, 4)))
        first, second = sink.letters(2)
        assert "nick" in first.reason
        assert "name" in second.reason
        assert sink.states() == {"RUNNING"}


@pytest.mark.parametrize(
    ("settings", "rights", "named"),
    [
        ({"connection.password": "wr0ng"}, RIGHTS, "Access denied for user 'connect'"),
        ({"table.name.format": "test_there_is_no_such_table"}, RIGHTS, "test_there_is_no_such_table"),
        ({}, "SELECT", "INSERT"),
    ],
)
def test_a_connector_with_a_mistake_is_refused(
    admin: Administrator, settings: dict[str, str], rights: str, named: str
) -> None:
    with new_table(admin, COLUMNS, rights=rights) as table:
        config = sink_config(admin, {"topics": "x", "table.name.format": table, **settings})
        status, answer = request("PUT", admin.endpoints.connect[0], f"/connectors/mysql-sink-{table}/config", config)
    assert status == HTTPStatus.BAD_REQUEST
    assert named in answer["message"]
    assert "wr0ng" not in answer["message"]


@pytest.mark.parametrize(
    ("mistake", "repair", "named"),
    [
        ("REVOKE INSERT ON myDB.{} FROM 'connect'@'%'", "GRANT INSERT ON myDB.{} TO 'connect'@'%'", "INSERT command"),
        ("RENAME TABLE myDB.{0} TO myDB.{0}_x", "RENAME TABLE myDB.{0}_x TO myDB.{0}", "doesn't exist"),
    ],
)
def test_a_mistake_is_named_and_waited_for(items: MySqlSink, mistake: str, repair: str, named: str) -> None:
    items.produce(record(1))
    items.wait_for_rows([row(1)])
    with items.admin.mysql() as connection:
        run(connection, mistake.format(items.table))
        items.produce(record(2))
        assert items.table in items.reason(named)
        run(connection, repair.format(items.table))
    items.wait_for_rows(map(row, (1, 2)))


def test_validate_names_the_setting_that_is_wrong(admin: Administrator) -> None:

    def errors(**changes: str) -> dict[str, list[str]]:
        changed = {name.replace("__", "."): value for name, value in changes.items()}
        config = sink_config(admin, {"name": "x", "topics": "gps-fixes", "pk.fields": "utime", **changed})
        status, answer = request(
            "PUT", admin.endpoints.connect[0], f"/connector-plugins/{CLASS}/config/validate", config
        )
        assert status == HTTPStatus.OK, answer
        found: list[dict[str, Any]] = [one["value"] for one in answer["configs"]]
        return {value["name"]: value["errors"] for value in found if value["errors"]}

    assert errors() == {}
    for changes, setting, text in (
        ({"connection__url": "jdbc:postgresql://db/x"}, "connection.url", "jdbc:mysql://"),
        ({"connection__url": "jdbc:mysql://127.0.0.1:1/myDB"}, "connection.url", "127.0.0.1:1"),
        ({"connection__url": "jdbc:mysql://127.0.0.1/myDB?allowLocalInfile=true"}, "connection.url", "?"),
        ({"connection__password": "no"}, "connection.username", "Access denied"),
        ({"connection__username": "nobody"}, "connection.", "Access denied"),
        ({"table__name__format": "no_such_table"}, "table.name.format", "no_such_table"),
        ({"pk__mode": "recrod_key"}, "pk.mode", "record_key"),
        ({"write__mode": "insert"}, "write.mode", "replace"),
    ):
        found = errors(**changes)
        texts = [text for name, several in found.items() if name.startswith(setting) for text in several]
        assert any(text in one for one in texts), (changes, found)
