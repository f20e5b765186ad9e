"""Whether the database's tables are those that k8s/mysql describes."""

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
    """What a table is made of, as the server tells it."""

    columns: Mapping[str, tuple[object, ...]]
    """Type, null, default and more of each column."""
    keys: Mapping[str, tuple[object, ...]]
    """Uniqueness and columns of each index."""


def table_names(connection: Connection) -> set[str]:
    """Every table that is no system table, with its database."""
    statement = (
        "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
        "AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {str(name) for (name,) in cursor.fetchall()}


def compare_tables(connection: Connection, scripts: Mapping[Path, str]) -> list[Drift]:
    """A sentence for each table that is there, but otherwise than its script makes it; one may have more columns."""
    found: list[Drift] = []
    for path, text in scripts.items():
        for name, definition in _CREATE.findall(text):
            there, described = _read(connection, name), _described(connection, name, definition)
            if found_here := [*compare_table(there, described)]:
                found.append(unresolved(_sentence(name, path, found_here)))
    return found


def _sentence(name: str, path: Path, differences: Iterable[str]) -> str:
    return (
        f"the table {name} is not the one of {file_line(path)}: {', '.join(differences)}. It stays as it is, with "
        "its rows. Describe in the script what is there; or, as root of the database, put it aside "
        f"(RENAME TABLE {name} TO {name}_before), and sluice up makes the described one."
    )


def compare_table(there: Table, described: Table) -> Iterable[str]:
    """What a table lacks of the described one, or has otherwise."""
    for name, column in described.columns.items():
        if name not in there.columns:
            yield f"no column {name}"
        elif there.columns[name] != column:
            yield f"the column {name} is {_column_text(there.columns[name])} and not {_column_text(column)}"
    for name, key in described.keys.items():
        if there.keys.get(name) != key:
            yield f"{'no' if name not in there.keys else 'another'} index {name}"


def _column_text(column: tuple[object, ...]) -> str:
    type_, nullable, default, extra = column
    parts = (
        str(type_),
        "" if nullable == "YES" else "NOT NULL",
        "" if default is None else f"DEFAULT {default}",
        extra,
    )
    return " ".join(str(part) for part in parts if part)


def _described(connection: Connection, name: str, definition: str) -> Table:
    """The table as its script makes it: for a moment, for this session alone, in nobody's way and in no log."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} {definition}")
        try:
            return _read(connection, name)
        finally:
            cursor.execute(f"DROP TEMPORARY TABLE {name}")


def _read(connection: Connection, name: str) -> Table:
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
