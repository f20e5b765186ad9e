"""When the scripts of k8s/mysql run, and what is told when the server refuses one."""

from pathlib import Path
from typing import Self, cast

import pymysql
import pytest

from exits import SluiceError
from local import mariadb
from local.instance import Instance


class FakeServer:
    """A connection and its cursor in one: keeps what it is told to do, refuses what is `forbidden`."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.forbidden = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def cursor(self) -> Self:
        return self

    def execute(self, text: str) -> None:
        self._text = text
        self.done.append(text)

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
    paths[0].write_text("CREATE TABLE IF NOT EXISTS t (a INT)")
    paths[1].write_text("CREATE USER IF NOT EXISTS u IDENTIFIED BY '${MYSQL_SOURCE_PASSWORD}'")
    return paths


def apply(instance: Instance, scripts: list[Path], server: FakeServer) -> bool:
    return mariadb.apply_scripts(instance, scripts, connect=lambda _: cast(mariadb.Connection, server))


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


def test_scripts_run_in_order_with_the_places_passwords(
    instance: Instance, scripts: list[Path], server: FakeServer
) -> None:
    assert apply(instance, scripts, server)
    assert [text.split()[1] for text in server.done] == ["TABLE", "USER"]
    assert f"'{instance.passwords['mysql-source']}'" in server.done[1]


def test_scripts_run_again_only_when_one_has_changed_or_come(
    instance: Instance, scripts: list[Path], server: FakeServer, tmp_path: Path
) -> None:
    assert apply(instance, scripts, server)
    assert not apply(instance, scripts, server)
    scripts[0].write_text("CREATE TABLE IF NOT EXISTS t (a BIGINT)")
    assert apply(instance, scripts, server)
    new = tmp_path / "30-new.sql"
    new.write_text("SELECT 1")
    assert apply(instance, [*scripts, new], server)
    assert not apply(instance, [*scripts, new], server)


def test_a_script_that_is_refused_is_named_and_tried_again(
    instance: Instance, scripts: list[Path], server: FakeServer
) -> None:
    server.forbidden = "CREATE USER"
    with pytest.raises(SluiceError, match=r"refuses k8s/mysql/20-users\.sql: You have an error") as caught:
        apply(instance, scripts, server)
    assert instance.passwords["mysql-source"] not in str(caught.value)
    server.forbidden = ""
    assert apply(instance, scripts, server)
