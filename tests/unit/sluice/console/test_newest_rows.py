"""Tests of the newest rows: one connection, on which each question sees what is new."""

from contextlib import nullcontext
from typing import Any

import pymysql
import pytest

from sluice.console import newest_rows
from sluice.console.newest_rows import NewestRows
from sluice.view.endpoints import StoreUser
from sluice.view.http_client import UnavailableError
from tests.unit.sluice.console.fake_pipeline import FakePipeline


class Connection:
    """Stand-in for a connection to MySQL: shows a snapshot until rollback."""

    rows: int = 1
    broken = False

    def __init__(self) -> None:
        self.shown: int | None = None
        self.closed = False

    def rollback(self) -> None:
        if Connection.broken:
            raise pymysql.OperationalError(2013, "Lost connection")
        self.shown = None

    def cursor(self) -> Any:
        return nullcontext(self)

    def execute(self, _: str) -> None:
        self.shown = Connection.rows if self.shown is None else self.shown

    def fetchall(self) -> list[tuple[str]]:
        return [("1",)] * (self.shown or 0)

    def close(self) -> None:
        self.closed = True


def test_one_connection_is_kept_and_shows_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Connection] = []

    def connect(_: Any) -> Connection:
        made.append(Connection())
        return made[-1]

    class Endpoints:
        mysql = StoreUser(host="db", port=1, username="reader", password="secret")

    monkeypatch.setattr(newest_rows, "connect_mysql", connect)
    rows = NewestRows(FakePipeline(endpoints=Endpoints()))
    assert len(rows.read()["rows"]) == 1
    monkeypatch.setattr(Connection, "rows", 2)
    assert len(rows.read()["rows"]) == 2
    monkeypatch.setattr(Connection, "broken", True)
    with pytest.raises(UnavailableError, match="MySQL at db:1 cannot be asked: Lost connection"):
        rows.read()
    rows.close()
    assert [one.closed for one in made] == [True, True], "the second was made because the first was lost"
