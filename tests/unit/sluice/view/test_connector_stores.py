"""Tests of the stores that a connector's settings name."""

import pytest

from sluice.view.connector_stores import stores_of

MYSQL = {"connection.url": "${env:MYSQL_URL}"}


@pytest.mark.parametrize(
    ("config", "topics", "stores"),
    [
        ({**MYSQL, "table.name.format": "gps_fixes"}, ["gps-fixes"], ("myDB.gps_fixes",)),
        ({**MYSQL, "table.name.format": "gps_fixes"}, ["a", "b"], ("myDB.gps_fixes",)),
        ({**MYSQL, "table.name.format": "gps_fixes"}, [], ("myDB.gps_fixes",)),
        ({**MYSQL, "table.name.format": "other.t_${topic}"}, ["a", "b"], ("other.t_a", "other.t_b")),
        (MYSQL, ["a"], ("myDB.a",)),
        (MYSQL, [], ()),
        (
            {**MYSQL, "topic.to.table": "a-(.*):rows_$1, b:bees"},
            ["a-x", "b", "c"],
            ("myDB.rows_x", "myDB.bees", "myDB.c"),
        ),
        ({**MYSQL, "topic.to.table": "(?<java>x:y, *:z"}, ["a"], ("myDB.a",)),
        ({"redis.host": "h", "redis.database": "1"}, ["images"], ("Redis, database 1",)),
        ({"redis.host": "h"}, ["images"], ("Redis, database 0",)),
        ({"file": "/tmp/x"}, ["a"], ()),
    ],
)
def test_stores_of_a_sink(config: dict[str, str], topics: list[str], stores: tuple[str, ...]) -> None:
    assert stores_of(config, kind="sink", topics=topics) == stores


def test_stores_of_a_source() -> None:
    config = {"table.include.list": "myDB.test, myDB\\.other"}
    assert stores_of(config, kind="source", topics=()) == ("myDB.test", "myDB.other")
    assert stores_of({}, kind="source", topics=()) == ()
