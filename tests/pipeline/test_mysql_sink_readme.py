"""The first connector, the statements and the offsets table of the sink's README work as they stand there."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sluice.local.http_requests import request
from sluice.local.instance import Instance
from tests.administrator import Administrator, run
from tests.pipeline.mysql_sinks import CLASS, DEAD_LETTERS, MySqlSink, json_value, new_topics
from tests.pipeline.redis_sinks import produce
from tests.run_sluice import wait_for

README = (Path(__file__).resolve().parents[2] / "connect/mysql-sink/README.md").read_text(encoding="utf-8")
TYPES = {"name": "string", "since": "string"}
NAME = "mysql-sink-readme"
USER, PASSWORD = "readme", "of the README"


@contextmanager
def readme_database(admin: Administrator) -> Generator[None]:
    """Run all SQL of the README, with a user of the test; drops what it has made at the end."""
    with admin.mysql() as connection:
        run(connection, "CREATE DATABASE shop")
        try:
            for block in re.findall(r"```sql\n(.*?)```", README, re.DOTALL):
                for statement in block.replace("'connect'", f"'{USER}'").replace("'…'", f"'{PASSWORD}'").split(";\n"):
                    if statement.strip():
                        run(connection, statement)
            yield
        finally:
            run(connection, "DROP DATABASE shop")
            run(connection, f"DROP USER IF EXISTS '{USER}'@'%'")


@pytest.mark.local_only("it creates a database and a user")
def test_first_connector_of_the_readme_writes_rows_and_offsets(admin: Administrator, instance: Instance) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    config: dict[str, str] = json.loads(example) | {
        "connection.url": f"jdbc:mysql://127.0.0.1:{instance.port('mysql')}/shop",
        "connection.username": USER,
        "connection.password": PASSWORD,
        "errors.deadletterqueue.topic.name": DEAD_LETTERS,
        "offsets.table": "sluice_offsets",
        **admin.consumer_override(),
    }
    path = f"/connector-plugins/{CLASS}/config/validate"
    sink = MySqlSink(admin=admin, name=NAME, topic=config["topics"], config=config, table="customers")
    records = (
        ("7", json_value(TYPES, name="Ann", since="2024-10-04")),
        ("8", json_value(TYPES, name="longer than its column" * 4, since=None)),
        ("9", json_value(TYPES, name="Bo", since=None)),
        ("9", None),
    )
    with readme_database(admin), new_topics(admin, sink.topic):
        _, answer = request("PUT", admin.endpoints.connect[0], path, {"name": NAME, **config})
        assert answer["error_count"] == 0, answer
        try:
            admin.servers.create_connector(NAME, config)
            produce(admin.endpoints, sink.topic, records, by=admin.kafka)
            wait_for(lambda: sink.query("SELECT next_offset FROM shop.sluice_offsets") == [(len(records),)])
            assert sink.query("SELECT id, name, CAST(since AS CHAR) FROM shop.customers") == [(7, "Ann", "2024-10-04")]
            assert "name" in sink.letters(1)[0].reason
            sink.stop()
        finally:
            admin.servers.delete_connector(NAME)
