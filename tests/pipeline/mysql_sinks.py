"""Helpers for tests of the MySQL sink: tables and sinks of a test beside the pipeline's own, JSON with a schema."""

import json
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.topics import reconcile_topics
from tests.administrator import Administrator, run
from tests.pipeline.dead_letter_reader import DeadLetter, DeadLetterReader
from tests.pipeline.redis_sinks import Sink
from tests.run_sluice import wait_for

DEAD_LETTERS = "mysql-sink-dead-letters"
CLASS = "sluice.mysql.MySqlSinkConnector"
RIGHTS = "SELECT, INSERT, UPDATE, DELETE, TRIGGER"
_SECONDS = 60
Row = tuple[Any, ...]


def new_name() -> str:
    """Return a name for a table or a topic that no other test uses."""
    return f"test_{uuid4().hex[:8]}"


def json_value(types: Mapping[str, str], **fields: object) -> bytes:
    """Encode a value as Connect's JSON with its schema: `types` are Connect's, by field, each of which may be null."""
    described = [{"field": name, "type": kind, "optional": True} for name, kind in types.items()]
    schema = {"type": "struct", "optional": False, "fields": described}
    return json.dumps({"schema": schema, "payload": fields}).encode()


@dataclass(frozen=True, kw_only=True)
class MySqlSink(Sink):
    """A MySQL sink of a test with a table of its own."""

    table: str

    def rows(self, columns: str = "*") -> list[Row]:
        """Return the table's rows, by their first column."""
        return self.query(f"SELECT {columns} FROM myDB.{self.table} ORDER BY 1")

    def query(self, statement: str) -> list[Row]:
        with self.admin.mysql() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]

    def wait_for_rows(self, rows: Iterable[Row], *, columns: str = "*", seconds: float = _SECONDS) -> None:
        """Wait until the table has these rows; fails with those that it has instead."""
        expected, found = list(rows), [("nothing read yet",)]

        def same() -> bool:
            found[:] = self.rows(columns)
            return found == expected

        try:
            wait_for(same, seconds=seconds)
        except AssertionError:
            pytest.fail(f"{_difference(found, expected)}; states of the tasks: {self.states()}")

    def letters(self, count: int) -> list[DeadLetter]:
        """Wait for as many dead letters of its topic, and return all of them."""

        def ours(found: Iterable[DeadLetter]) -> list[DeadLetter]:
            return [letter for letter in found if letter.headers.get("topic") == self.topic]

        reader = DeadLetterReader(self.admin.endpoints, DEAD_LETTERS, from_beginning=True)
        return ours(reader.wait(lambda found: len(ours(found)) >= count, seconds=_SECONDS))


def _difference(found: list[Row], expected: list[Row]) -> str:
    wrong = [one for one in found if one not in expected][:5]
    missing = [one for one in expected if one not in found][:5]
    return f"{len(found)} rows instead of {len(expected)}, among them not expected {wrong}, missing {missing}"


@contextmanager
def new_table(
    admin: Administrator, columns: str, *, name: str | None = None, rights: str = RIGHTS, user: str = "connect"
) -> Generator[str]:
    """Create a table in myDB on which the user has `rights`; yields its name, and drops it at the end."""
    name = name or new_name()
    with admin.mysql() as connection:
        run(connection, f"CREATE TABLE myDB.{name} ({columns})")
        if rights:
            run(connection, f"GRANT {rights} ON myDB.{name} TO '{user}'@'%'")
    try:
        yield name
    finally:
        with admin.mysql() as connection:
            run(connection, f"DROP TABLE IF EXISTS myDB.{name}")
            if rights:
                run(connection, f"REVOKE {rights} ON myDB.{name} FROM '{user}'@'%'")


@contextmanager
def new_topics(admin: Administrator, *names: str, partitions: int = 1) -> Generator[None]:
    """Create topics, and delete them at the end."""
    topics = admin.topics()
    example = next(topic for topic in PipelineSpec.read().topics if topic.name == "gps-fixes")
    reconcile_topics(topics, [replace(example, name=name, partitions=partitions) for name in names])
    try:
        yield
    finally:
        for done in topics.delete_topics(list(names)).values():
            done.result(_SECONDS)


def sink_config(admin: Administrator, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the pipeline's own sink, changed by `settings`: one task, and the key is the column id."""
    ours = next(connector for connector in PipelineSpec.read().connectors if connector.name == "mysql-sink")
    config = {name: value for name, value in ours.config.items() if name not in ("topics", "key.must.equal")}
    return {**config, "tasks.max": "1", "pk.fields": "id", **admin.consumer_override(), **settings}


@contextmanager
def mysql_sink(
    admin: Administrator, table: str, settings: Mapping[str, str] | None = None, *, partitions: int = 1
) -> Generator[MySqlSink]:
    """Run a sink from a topic of its own, named as the connector, into `table`; deletes both at the end."""
    name = f"mysql-sink-{new_name()}"
    config = sink_config(admin, {"topics": name, "table.name.format": table, **(settings or {})})
    with new_topics(admin, name, partitions=partitions):
        try:
            admin.servers.create_connector(name, config)
            yield (sink := MySqlSink(admin=admin, name=name, topic=name, config=config, table=table))
            # The topic is deleted after the last commit of the tasks, which would wait for it.
            sink.stop()
        finally:
            admin.servers.delete_connector(name)


def set_global(admin: Administrator, name: str, value: str) -> str:
    """Set a variable of the database server; return the value that it had."""
    with admin.mysql() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT @@GLOBAL.{name}")
        row = cursor.fetchone()
        cursor.execute(f"SET GLOBAL {name} = {value}")
        return str(row[0]) if row else value


def statements(admin: Administrator, table: str) -> int:
    """Return how many statements of the user connect on this table run at the moment."""
    with admin.mysql() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'connect' AND INFO LIKE %s",
            (f"%{table}%",),
        )
        row = cursor.fetchone()
        return int(row[0]) if row else 0
