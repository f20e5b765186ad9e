"""Status of MySQL (product, rows of each table), Redis (number of keys) and the schema registry (version, subjects)."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import pymysql
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from producer.runtime.rest_endpoint import RestEndpoint
from sluice.view.endpoints import StoreUser
from sluice.view.http_client import TIMEOUT, UnavailableError, get_json

DATABASE = "myDB"
EXACT_UP_TO = 20_000_000
"""Rows, by the server's estimate, above which a table is not counted: counting so many takes about a second."""
COUNT_SECONDS = 2.0
"""Time that counting a table may take: one of many rows on a busy server, or a locked one, shows the estimate."""
_TOO_LONG = {1969, 3024}
"""Errors of MariaDB and MySQL for a statement that took longer than it may."""
IMAGES_DATABASE = 1
"""The Redis database that holds the images."""
OFFSETS_TABLE = "sluice_offsets"
"""Table in which mysql-sink keeps its offsets: no table of rows."""
HEARTBEAT_TABLE = "source_heartbeat"
"""Table that mysql-source writes: no table of rows either."""
OFFSETS_KEY = "sluice:offsets:"
"""What the keys begin with in which redis-sink keeps its offsets, one for each partition: no images."""
_OFFSETS_KEYS = tuple(f"{OFFSETS_KEY}redis-sink:images:{partition}" for partition in range(256))


@dataclass(frozen=True, kw_only=True)
class TableSize:
    """Number of rows of a table."""

    name: str
    rows: int
    exact: bool
    """False if `rows` is the server's estimate."""
    age_seconds: float = 0.0
    """Time since it was counted."""


@dataclass(frozen=True, kw_only=True)
class DatabaseStatus:
    """A database server and its tables."""

    product: str
    tables: tuple[TableSize, ...]
    local_infile: bool
    """False if the server refuses LOAD DATA LOCAL, by which the MySQL sink is fastest."""


@dataclass(frozen=True, kw_only=True)
class RegistryStatus:
    """Version and subjects of the schema registry."""

    version: str
    subjects: tuple[str, ...]


def connect_mysql(user: StoreUser, *, timeout: float = TIMEOUT) -> "pymysql.Connection":
    """Open a connection with a read timeout in seconds; raises UnavailableError."""
    try:
        return pymysql.connect(
            host=user.host,
            port=user.port,
            user=user.username,
            password=user.password,
            charset="utf8mb4",
            connect_timeout=max(1, round(TIMEOUT)),
            read_timeout=timeout,
        )
    except (pymysql.MySQLError, OSError) as error:
        raise mysql_unavailable(user, error) from error


def mysql_unavailable(user: StoreUser, error: Exception) -> UnavailableError:
    """Return an error of pymysql as UnavailableError, without its number."""
    return UnavailableError(f"MySQL at {user.host}:{user.port} cannot be asked: {error.args[-1]}")


class TableCounts:
    """Counts of tables, for one database server. A count is a table scan.

    A table is counted anew `patience` times as long after its last count as that took: with a patience of 100 all of
    them together take 1 % of the time.
    """

    def __init__(self, *, patience: float = 0) -> None:
        self._patience = patience
        self._counts: dict[str, tuple[TableSize, float, float]] = {}
        """Size, when it was counted and when it is to be counted again, by table."""

    def size(self, name: str, count: Callable[[], TableSize]) -> TableSize:
        """Return the size of a table, which `count` counts if it is time."""
        begun = time.monotonic()
        if (known := self._counts.get(name)) and begun < known[2]:
            return replace(known[0], age_seconds=round(begun - known[1], 3))
        size = count()
        ended = time.monotonic()
        self._counts[name] = size, ended, ended + self._patience * (ended - begun)
        return size


class DatabaseInspector:
    """Asks one database server, on one connection; every method raises UnavailableError."""

    def __init__(self, user: StoreUser, counts: TableCounts) -> None:
        """Connect. `counts` are those of connections before."""
        self._user = user
        self._counts = counts
        self._connection = connect_mysql(user)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def status(self) -> DatabaseStatus:
        """Return product, version, local_infile and the rows of each table of DATABASE."""
        try:
            # A snapshot of the last transaction would show the same rows again.
            self._connection.rollback()
            with self._connection.cursor() as cursor:
                product = read_product(cursor)
                local_infile = _read_local_infile(cursor)
                cursor.execute(
                    "SELECT table_name, COALESCE(table_rows, 0) FROM information_schema.tables"
                    " WHERE table_schema = %s AND table_type = 'BASE TABLE' AND table_name NOT IN %s"
                    " ORDER BY table_name",
                    (DATABASE, (OFFSETS_TABLE, HEARTBEAT_TABLE)),
                )
                estimates = cursor.fetchall()
                count = _bounded_count(product)
                tables = tuple(
                    self._counts.size(name, partial(_count, cursor, count, name, int(estimate)))
                    for name, estimate in estimates
                )
        except (pymysql.MySQLError, OSError) as error:
            raise mysql_unavailable(self._user, error) from error
        return DatabaseStatus(product=product, tables=tables, local_infile=local_infile)


def fetch_mysql_status(user: StoreUser) -> DatabaseStatus:
    """Return the status of a database server; raises UnavailableError."""
    with closing(DatabaseInspector(user, TableCounts())) as inspector:
        return inspector.status()


def read_product(cursor: "pymysql.cursors.Cursor") -> str:
    """Return name and version, such as `MariaDB 11.4.5` or `MySQL 9.7.0`."""
    cursor.execute("SELECT VERSION()")
    row = cursor.fetchone()
    version = str(row[0]) if row else "?"
    number = version.split("-", 1)[0]
    return f"{'MariaDB' if 'mariadb' in version.lower() else 'MySQL'} {number}"


def _read_local_infile(cursor: "pymysql.cursors.Cursor") -> bool:
    cursor.execute("SELECT @@GLOBAL.local_infile")
    row = cursor.fetchone()
    return bool(row and row[0])


def _bounded_count(product: str) -> str:
    """Return the beginning of a statement that counts rows, and ends with one of _TOO_LONG after COUNT_SECONDS."""
    if product.startswith("MariaDB"):
        return f"SET STATEMENT max_statement_time = {COUNT_SECONDS} FOR SELECT COUNT(*)"
    return f"SELECT /*+ MAX_EXECUTION_TIME({COUNT_SECONDS * 1000:.0f}) */ COUNT(*)"


def _count(cursor: "pymysql.cursors.Cursor", count: str, name: str, estimate: int) -> TableSize:
    estimated = TableSize(name=f"{DATABASE}.{name}", rows=estimate, exact=False)
    if estimate > EXACT_UP_TO:
        return estimated
    quoted = name.replace("`", "``")
    try:
        cursor.execute(f"{count} FROM `{DATABASE}`.`{quoted}`")
    except pymysql.MySQLError as error:
        if error.args[0] in _TOO_LONG:
            return estimated
        raise
    row = cursor.fetchone()
    return TableSize(name=estimated.name, rows=int(row[0]) if row else 0, exact=True)


def redis_client(user: StoreUser, *, timeout: float = TIMEOUT) -> redis.Redis:
    """Return a client of the images' database with a read timeout in seconds; it connects when it is used, once."""
    return redis.Redis(
        host=user.host,
        port=user.port,
        username=user.username,
        password=user.password,
        db=IMAGES_DATABASE,
        socket_timeout=timeout,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )


class RedisInspector:
    """Asks one Redis server, on one connection; every method raises UnavailableError."""

    def __init__(self, user: StoreUser) -> None:
        self._user = user
        self._client = redis_client(user)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def count_keys(self) -> int:
        """Return the number of images in IMAGES_DATABASE."""
        try:
            return int(self._client.dbsize()) - int(self._client.exists(*_OFFSETS_KEYS))
        except (redis.RedisError, OSError) as error:
            message = f"Redis at {self._user.host}:{self._user.port} cannot be asked: {error}"
            raise UnavailableError(message) from error


def count_redis_keys(user: StoreUser) -> int:
    """Return the number of images in IMAGES_DATABASE; raises UnavailableError."""
    with closing(RedisInspector(user)) as inspector:
        return inspector.count_keys()


def fetch_registry_status(registry: RestEndpoint) -> RegistryStatus:
    """Return version and subjects of the registry; raises UnavailableError."""
    part = "the schema registry"
    information = get_json(registry, "/apis/registry/v3/system/info", part=part)
    subjects = get_json(registry, "/apis/ccompat/v7/subjects", part=part)
    return RegistryStatus(version=str(information["version"]), subjects=tuple(sorted(subjects)))
