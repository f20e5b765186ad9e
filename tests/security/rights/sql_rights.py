"""The database's rights: what k8s/mysql grants, what the server has noted, and what it allows when tried as each user.

Every statement that is tried changes nothing, whether it is allowed or not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pymysql

from tests.administrator import USER as TEST_USER
from tests.administrator import Connection

Privileges = Mapping[str, frozenset[str]]
"""Privileges by object: `*.*`, `myDB.*`, `myDB.test`."""
_GRANT = re.compile(r"GRANT\s+(.+?)\s+ON\s+(\S+)\s+TO\s+(\S+?)@(\S+?)(?:\s+IDENTIFIED BY PASSWORD \S+)?(\s+WITH .+)?;?")
_COMMENT = re.compile(r"--.*")
_QUOTES = str.maketrans("", "", "`'\"")
_SYNONYMS = {"BINLOG MONITOR": "REPLICATION CLIENT"}
"""MariaDB's names of privileges, and the names in k8s/mysql."""
ADMINISTRATORS = ("root", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", TEST_USER)
DENIED = {1044, 1045, 1142, 1143, 1227, 1370}
"""Errors for a missing privilege: on a database, a login or a file, a table, a column, globally, a routine."""

OF_TABLES = {
    "SELECT": "SELECT 1 FROM {table} LIMIT 0",
    "INSERT": "EXPLAIN INSERT INTO {table} VALUES ()",
    "UPDATE": "UPDATE {table} SET {column} = NULL WHERE FALSE",
    "DELETE": "DELETE FROM {table} WHERE FALSE",
    "CREATE": "CREATE TABLE IF NOT EXISTS {table} (x INT)",
    "DROP": "ALTER TABLE {table} DROP PARTITION rights_probe",
    "ALTER": "ALTER TABLE {table} DROP COLUMN rights_probe",
    "INDEX": "DROP INDEX rights_probe ON {table}",
    "LOCK TABLES": "LOCK TABLES {table} READ",
    "GRANT OPTION": "GRANT SELECT ON {table} TO CURRENT_USER()",
}
OF_DATABASES = {
    "CREATE": "CREATE DATABASE IF NOT EXISTS {database}",
    "ALTER": "ALTER DATABASE {database} CHARACTER SET utf8mb4",
    "CREATE TEMPORARY TABLES": "CREATE TEMPORARY TABLE {database}.rights_probe (x INT)",
    "CREATE VIEW": "CREATE VIEW {database}.rights_probe AS SELECT x FROM {database}.rights_probe_none",
    "ALTER ROUTINE": "DROP PROCEDURE {database}.rights_probe",
    "EVENT": "DROP EVENT {database}.rights_probe",
}
GLOBAL = {
    "CREATE": "CREATE DATABASE IF NOT EXISTS mysql",
    "FILE": "LOAD DATA INFILE 'rights-probe-no-such-file' INTO TABLE {table}",
    "PROCESS": "SHOW ENGINE INNODB STATUS",
    "SUPER": "SET GLOBAL max_connections = @@max_connections",
    "RELOAD": "FLUSH STATUS",
    "CREATE USER": "DROP USER 'rights-probe'@'no-such-host'",
    "REPLICATION CLIENT": "SHOW BINARY LOGS",
}
_NEEDS = {"DROP": {"ALTER"}, "LOCK TABLES": {"SELECT"}, "FILE": {"INSERT"}}
"""Privileges that the statement of another needs besides."""


def granted(scripts: Sequence[Path]) -> dict[str, Privileges]:
    """Return what the scripts of k8s/mysql grant, by user."""
    text = "\n".join(_COMMENT.sub("", path.read_text(encoding="utf-8")) for path in scripts)
    return _parse(match[0] for match in re.finditer(r"\bGRANT\s[^;]*;", text))


def noted(connection: Connection) -> dict[str, Privileges]:
    """Return what the server has noted for each of its users except administrators; those with nothing too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT User, Host FROM mysql.user")
        users = [(str(user), str(host)) for user, host in cursor.fetchall() if user not in ADMINISTRATORS]
        grants: list[str] = []
        for user, host in users:
            cursor.execute("SHOW GRANTS FOR %s@%s", (user, host))
            grants += [str(grant) for (grant,) in cursor.fetchall()]
    return {**{user: {} for user, _ in users}, **_parse(grants)}


def _parse(grants: Iterable[str]) -> dict[str, Privileges]:
    found: dict[str, dict[str, frozenset[str]]] = {}
    for grant in grants:
        match = _GRANT.fullmatch(grant)
        assert match, f"no privileges on an object, which these tests do not know: {grant}"
        words, target, user, _, more = match.groups()
        names = {_SYNONYMS.get(name.strip(), name.strip()) for name in words.split(",")} - {"USAGE"}
        if more:
            names.add(more.strip())
        objects = found.setdefault(user.translate(_QUOTES), {})
        if names:
            name = target.translate(_QUOTES)
            objects[name] = objects.get(name, frozenset()) | names
    return dict(found)


def on(privileges: Privileges, target: str) -> set[str]:
    """Return the privileges on an object, also those of its database and global ones."""
    database = target.partition(".")[0]
    return set().union(*(privileges.get(name, frozenset()) for name in {"*.*", f"{database}.*", target}))


def tables(connection: Connection, databases: Sequence[str]) -> dict[str, str]:
    """Return the tables of these databases, each with its first column."""
    marks = ", ".join(["%s"] * len(databases))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS"
            " JOIN information_schema.TABLES USING (TABLE_SCHEMA, TABLE_NAME)"
            " WHERE TABLE_TYPE = 'BASE TABLE' AND ORDINAL_POSITION = 1"
            f" AND TABLE_SCHEMA IN ({marks})",
            tuple(databases),
        )
        return {f"{database}.{table}": str(column) for database, table, column in cursor.fetchall()}


Question = tuple[str, str, str]
"""Privilege, object, and the statement that needs the privilege on it."""


def questions(columns: Mapping[str, str], *, table: str) -> list[Question]:
    """Return a question for each privilege on each table and database; global ones use `table` where they need one."""
    databases = sorted({name.partition(".")[0] for name in columns})
    return [
        *(
            (privilege, name, statement.format(table=name, column=f"`{column}`"))
            for name, column in sorted(columns.items())
            for privilege, statement in OF_TABLES.items()
        ),
        *(
            (privilege, f"{database}.*", statement.format(database=database))
            for database in databases
            for privilege, statement in OF_DATABASES.items()
        ),
        *((privilege, "*.*", statement.format(table=table)) for privilege, statement in GLOBAL.items()),
    ]


def is_expected(privileges: Privileges, question: Question) -> bool:
    """Return whether the statement of a question must be allowed."""
    privilege, target, _ = question
    needed = {privilege, *_NEEDS.get(privilege, set())}
    return bool({"ALL", "ALL PRIVILEGES"} & on(privileges, target)) or needed <= on(privileges, target)


def allows(connection: Connection, statement: str) -> bool:
    """Run a statement that changes nothing, and return whether the server lets this user run it."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except pymysql.MySQLError as error:
            return error.args[0] not in DENIED
        if statement.startswith("LOCK"):
            cursor.execute("UNLOCK TABLES")
        return True
