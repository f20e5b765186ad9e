"""Compares the database's tables with their scripts in k8s/mysql."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pymysql

from sluice.local.drift import Drift, unresolved
from sluice.local.mariadb import Connection
from sluice.manifests.yaml_documents import file_line

_CREATE = re.compile(r"^CREATE TABLE IF NOT EXISTS\s+(\S+)\s*(\(.*?);\s*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Table:
    """Columns and indexes of a table, as the server reports them."""

    columns: Mapping[str, tuple[object, ...]]
    """By name: type, nullability, default and extra of SHOW COLUMNS."""
    keys: Mapping[str, tuple[object, ...]]
    """By name of the index: Non_unique, then the names of its columns."""


def table_names(connection: Connection) -> set[str]:
    """Return the names of all tables but system tables, as `database.table`."""
    statement = (
        "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
        "AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {str(name) for (name,) in cursor.fetchall()}


def compare_tables(connection: Connection, scripts: Mapping[Path, str]) -> list[Drift]:
    """Return the drift of each table from the one that its script creates; additional columns are no drift.

    `scripts` are the SQL texts by their paths.
    """
    drifts: list[Drift] = []
    for path, text in scripts.items():
        for name, definition in _CREATE.findall(text):
            actual, expected = _read_table(connection, name), _expected_table(connection, name, definition)
            if differences := [*compare_table(actual, expected)]:
                drifts.append(unresolved(_sentence(name, path, differences)))
    return drifts


def _sentence(name: str, path: Path, differences: Iterable[str]) -> str:
    return (
        f"the table {name} differs from {file_line(path)}: {', '.join(differences)}. It is not changed. Change the "
        "script to match the table; or, as root of the database, rename the table with its rows "
        f"(RENAME TABLE {name} TO {name}_before), and sluice up creates it from the script."
    )


def compare_table(actual: Table, expected: Table) -> Iterable[str]:
    """Yield each column and index of `expected` that `actual` lacks or has in another form."""
    for name, column in expected.columns.items():
        if name not in actual.columns:
            yield f"no column {name}"
        elif actual.columns[name] != column:
            yield f"the column {name} is {_column_text(actual.columns[name])} and not {_column_text(column)}"
    for name, key in expected.keys.items():
        if actual.keys.get(name) != key:
            yield f"{'no' if name not in actual.keys else 'another'} index {name}"


def _column_text(column: tuple[object, ...]) -> str:
    type_, nullable, default, extra = column
    parts = (
        str(type_),
        "" if nullable == "YES" else "NOT NULL",
        "" if default is None else f"DEFAULT {default}",
        extra,
    )
    return " ".join(str(part) for part in parts if part)


def _expected_table(connection: Connection, name: str, definition: str) -> Table:
    """Read a script's table from a temporary one, which only this session sees and no binary log holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} {definition}")
        try:
            return _read_table(connection, name)
        finally:
            cursor.execute(f"DROP TEMPORARY TABLE {name}")


def _read_table(connection: Connection, name: str) -> Table:
    with connection.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute(f"SHOW COLUMNS FROM {name}")
        columns = {
            str(row["Field"]): (row["Type"], row["Null"], row["Default"], row["Extra"]) for row in cursor.fetchall()
        }
        cursor.execute(f"SHOW INDEX FROM {name}")
        keys: dict[str, tuple[object, ...]] = {}
        for row in cursor.fetchall():
            before = keys.get(row["Key_name"], (row["Non_unique"],))
            keys[str(row["Key_name"])] = (*before, row["Column_name"])
    return Table(columns=columns, keys=keys)
