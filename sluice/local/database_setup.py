"""Reconciles the database's tables, users and privileges with the scripts of k8s/mysql."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pymysql

from producer.runtime.exit_status import SluiceError
from sluice.local.drift import Drift, changed
from sluice.local.instance import Instance
from sluice.local.mariadb import Connection, connect_as_root, fill_in_hashes, placeholder_names
from sluice.local.table_drift import compare_tables, table_names
from sluice.manifests.yaml_documents import file_line, read_text

_USER = re.compile(r"CREATE USER IF NOT EXISTS '([^']+)'@'([^']+)'")
_SYSTEM_USERS = ("root", "mariadb.sys")
Users = Mapping[tuple[str, str], frozenset[str]]
"""Privileges of each user, by name and host, in the words of SHOW GRANTS."""


def password_names(scripts: Sequence[Path]) -> list[str]:
    """Return the names of the passwords in the scripts' placeholders; raises SluiceError for any other `$`."""
    names: list[str] = []
    for path in scripts:
        text = read_text(path)
        found = placeholder_names(text)
        if found is None:
            lines = (number for number, line in enumerate(text.splitlines(), 1) if placeholder_names(line) is None)
            raise SluiceError(
                f"{file_line(path, next(lines, 1))}: a placeholder is IDENTIFIED BY '${{MYSQL_…_PASSWORD}}'; "
                "write $$ for a $"
            )
        names += found
    return names


def reconcile_database(
    instance: Instance, scripts: Sequence[Path], *, connect: Callable[[Instance], Connection] = connect_as_root
) -> list[Drift]:
    """Run the scripts of k8s/mysql in the running server: missing objects are created, existing ones stay.

    Privileges are revoked and granted again, so that no user keeps one that no script grants; users that no script
    creates are dropped. Not done while the data folder is created: nothing would be in the binary log then, and
    Debezium's source for MariaDB fails on a log without a transaction. Raises SluiceError with the script and the
    server's reason.
    """
    texts = {path: read_text(path) for path in scripts}
    try:
        with connect(instance) as connection:
            return _apply(connection, texts, instance)
    except pymysql.MySQLError as error:
        raise SluiceError(f"the database cannot be reconciled with k8s/mysql: {error.args[-1]}") from error


def _apply(connection: Connection, texts: Mapping[Path, str], instance: Instance) -> list[Drift]:
    expected = {match for text in texts.values() for match in _USER.findall(text)}
    tables, users = table_names(connection), _users(connection)
    for name, host in expected & users.keys():
        _run(connection, f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM '{name}'@'{host}'")
    for path, text in texts.items():
        _run_script(connection, path, fill_in_hashes(text, instance))
    for name, host in users.keys() - expected:
        _run(connection, f"DROP USER '{name}'@'{host}'")
    return [
        *(changed(f"table {name} was missing and is created") for name in sorted(table_names(connection) - tables)),
        *_changed_users(users, _users(connection)),
        *compare_tables(connection, texts),
    ]


def _users(connection: Connection) -> Users:
    everybody = _run(connection, "SELECT User, Host FROM mysql.user WHERE is_role = 'N' AND Host <> ''")
    return {
        (name, host): frozenset(
            re.sub(r" IDENTIFIED BY PASSWORD '.*?'", "", grant).partition(" TO ")[0].removeprefix("GRANT ")
            for (grant,) in _run(connection, f"SHOW GRANTS FOR '{name}'@'{host}'")
        )
        - {"USAGE ON *.*"}
        for name, host in everybody
        if name not in _SYSTEM_USERS
    }


def _changed_users(before: Users, now: Users) -> list[Drift]:
    drifts = [changed(f"database user {name} is not in k8s/mysql and is removed") for name, _ in before.keys() - now]
    for key, privileges in sorted(now.items()):
        user = f"database user {key[0]}"
        if key not in before:
            drifts.append(changed(f"{user} was missing and is created"))
            continue
        drifts += [changed(f"{user}: privilege granted: {text}") for text in sorted(privileges - before[key])]
        drifts += [changed(f"{user}: privilege revoked: {text}") for text in sorted(before[key] - privileges)]
    return drifts


def _run(connection: Connection, statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [tuple(str(value) for value in row) for row in cursor.fetchall()]


def _run_script(connection: Connection, path: Path, text: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
            while cursor.nextset():  # raises the errors of all statements but the first
                pass
    except pymysql.MySQLError as error:
        raise SluiceError(f"the database refuses {file_line(path)}: {error.args[-1]}") from error
