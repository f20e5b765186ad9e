"""`sluice up` in the database: scripts, users, privileges, and tables that differ from their scripts."""

from hashlib import sha1
from pathlib import Path
from typing import Self, cast

import pymysql
import pytest

from producer.runtime.exit_status import SluiceError
from sluice.local import database_setup
from sluice.local.instance import Instance
from sluice.local.mariadb import Connection


class FakeServer:
    """A connection and its cursor in one: records the statements, rejects those with `forbidden` in them."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.forbidden = ""
        self.answers: dict[str, list[tuple[object, ...]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def cursor(self) -> Self:
        return self

    def execute(self, text: str) -> None:
        self._text = text
        self.done.append(text)

    def fetchall(self) -> list[tuple[object, ...]]:
        return next((rows for start, rows in self.answers.items() if self._text.startswith(start)), [])

    def nextset(self) -> bool:
        if self.forbidden and self.forbidden in self._text:
            raise pymysql.ProgrammingError(1064, "You have an error in your SQL syntax")
        return False


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance.make(tmp_path / "state", port_base=None, workers=1)
    made.folder("mysql")
    return made


@pytest.fixture
def scripts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "10-table.sql", tmp_path / "20-users.sql"]
    paths[0].write_text("CREATE DATABASE IF NOT EXISTS t")
    paths[1].write_text("CREATE USER IF NOT EXISTS 'u'@'%' IDENTIFIED BY '${MYSQL_SOURCE_PASSWORD}'")
    return paths


def apply(instance: Instance, scripts: list[Path], server: FakeServer) -> list[str]:
    drifts = database_setup.reconcile_database(instance, scripts, connect=lambda _: cast(Connection, server))
    return [drift.text for drift in drifts]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


def scripts_run(server: FakeServer) -> list[str]:
    return [text.split()[1] for text in server.done if "IF NOT EXISTS" in text]


def test_scripts_run_in_order_each_time_with_hashes_of_the_passwords(
    instance: Instance, scripts: list[Path], server: FakeServer
) -> None:
    assert apply(instance, scripts, server) == []
    assert apply(instance, scripts, server) == []
    assert scripts_run(server) == ["DATABASE", "USER"] * 2
    # What MySQL's PASSWORD() makes of it: the password itself would be in the binary log.
    digest = sha1(sha1(instance.passwords["mysql-source"].encode()).digest()).hexdigest().upper()
    assert any(f"IDENTIFIED BY PASSWORD '*{digest}'" in text for text in server.done)
    assert not any(instance.passwords["mysql-source"] in text for text in server.done)


def test_a_script_that_is_refused_is_named(instance: Instance, scripts: list[Path], server: FakeServer) -> None:
    server.forbidden = "CREATE USER"
    with pytest.raises(SluiceError, match=r"refuses .*/20-users\.sql: You have an error") as caught:
        apply(instance, scripts, server)
    assert instance.passwords["mysql-source"] not in str(caught.value)


def test_privileges_and_users_that_no_script_gives_are_removed(
    instance: Instance, scripts: list[Path], server: FakeServer
) -> None:
    server.answers["SELECT User, Host"] = [("root", "127.0.0.1"), ("u", "%"), ("eve", "%")]
    apply(instance, scripts, server)
    revoked = server.done.index("REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'u'@'%'")
    made = next(number for number, text in enumerate(server.done) if text.startswith("CREATE USER"))
    assert revoked < made
    assert "DROP USER 'eve'@'%'" in server.done
    assert not any("root" in text for text in server.done if not text.startswith("SELECT"))


@pytest.mark.parametrize("dollar", ["${OTHER}", "$", "${MYSQL_A_PASSWORD", "${MYSQL_A_PASSWORD}"])
def test_a_dollar_that_is_no_placeholder_is_named_with_its_line(scripts: list[Path], dollar: str) -> None:
    scripts[0].write_text(f"SELECT 1;\nSELECT '{dollar}';\n")
    with pytest.raises(SluiceError, match=r"10-table\.sql line 2: a placeholder is IDENTIFIED BY '\$\{MYSQL"):
        database_setup.password_names(scripts)


def test_a_user_that_is_new_in_a_script_gets_a_password(instance: Instance, scripts: list[Path]) -> None:
    scripts[0].write_text("CREATE USER IF NOT EXISTS 'eve'@'%' IDENTIFIED BY '${MYSQL_EVE_PASSWORD}'")
    names = database_setup.password_names(scripts)
    assert names == ["mysql-eve", "mysql-source"]
    before = instance.passwords["mysql-source"]
    instance.add_passwords(names)
    assert len(instance.passwords["mysql-eve"]) > 20
    assert Instance.open(instance.state).passwords == instance.passwords
    assert instance.passwords["mysql-source"] == before
