"""A person who writes into the database by hand, as `sluice` itself never does."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeAlias

import pymysql
import pytest

from local.instance import Instance
from place import Place

Connection: TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"
USER = "SLUICE_TEST_MYSQL_USER"
PASSWORD = "SLUICE_TEST_MYSQL_PASSWORD"


@contextmanager
def administrator(place: Place, instance: Instance | None) -> Generator[Connection]:
    """A connection that may write any table; each statement is committed at once.

    In the embedded place it is root's. Elsewhere USER and PASSWORD say whose, and without them the test is skipped.
    """
    user = "root" if instance else os.environ.get(USER, "")
    password = instance.passwords["mysql-root"] if instance else os.environ.get(PASSWORD, "")
    if not user:
        pytest.skip(f"writes into the database: set {USER} and {PASSWORD}")
    with pymysql.connect(
        host=place.mysql.host, port=place.mysql.port, user=user, password=password, autocommit=True, charset="utf8mb4"
    ) as connection:
        yield connection


def run(connection: Connection, statement: str, *values: object) -> int:
    """Run one statement; the key that the server gave to an inserted row."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.lastrowid or 0)
