"""Reads rows back from the table, in ascending order of utime, from one snapshot of the database."""

import heapq
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

import pymysql

from producer.runtime.exit_status import Exit, SluiceError
from sluice.proof.shared.sink_progress import require_answer
from sluice.view.endpoints import StoreUser
from sluice.view.store_status import connect_mysql, mysql_unavailable, read_product

TABLE = "myDB.gps_fixes"
CHUNK_ROWS = 10_000
LOOKUP_KEYS = 1_000
"""Keys in one statement."""
READ_SECONDS = 120.0
"""Longest that the database may take over one chunk."""
FIELDS = ("utime", "fix_mode", "satellites", "latitude", "longitude", "altitude", "track", "speed", "recorded_at")

# The database converts recorded_at to µs since the epoch: exact for a DATETIME(6), without date arithmetic of Python.
# A DATETIME has no time zone; the sink writes UTC.
_SELECT = """
    SELECT utime, fix_mode, satellites, latitude, longitude, altitude, track, speed,
           TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', recorded_at)
    FROM myDB.gps_fixes
"""
_CHUNK = f"{_SELECT} WHERE utime BETWEEN %s AND %s ORDER BY utime LIMIT %s"
_LOOK_UP = f"{_SELECT} WHERE utime IN %s ORDER BY utime"


class TableRow(NamedTuple):
    """A row of the table, with FIELDS; recorded_at in µs since the epoch."""

    utime: int
    fix_mode: int
    satellites: int
    latitude: float | None
    longitude: float | None
    altitude: float | None
    track: float | None
    speed: float | None
    recorded_at: int | None


class TableReader(Protocol):
    """The table, as far as a proof uses it."""

    @property
    def product(self) -> str:
        """Name and version of the database."""
        ...

    def rows(self, span: tuple[int, int] | None, others: Iterable[int] = ()) -> Iterator[TableRow]:
        """Yield the rows with a utime in `span`, ends included, or in `others`, by utime, from one snapshot.

        `others` ascend, and none of them lies in `span`.
        """
        ...


class MysqlTable:
    """The table TABLE in MySQL or MariaDB; raises SluiceError (UNAVAILABLE) where it cannot be queried."""

    def __init__(self, user: StoreUser, connection: Any) -> None:
        self._user = user
        self._connection = connection
        self.product: str = ""
        with self._cursor() as cursor:
            self.product = read_product(cursor)

    def rows(self, span: tuple[int, int] | None, others: Iterable[int] = ()) -> Iterator[TableRow]:
        """Yield the rows of `span` and of `others` by utime, a chunk at a time from one snapshot: constant memory."""
        self._execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self._execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        try:
            yield from heapq.merge(self._read_span(span) if span else (), self._look_up(others), key=itemgetter(0))
        finally:
            self._execute("ROLLBACK")

    def _read_span(self, span: tuple[int, int]) -> Iterator[TableRow]:
        first, last = span
        while chunk := self._query(_CHUNK, (first, last, CHUNK_ROWS)):
            yield from chunk
            if len(chunk) < CHUNK_ROWS:
                return
            first = chunk[-1].utime + 1

    def _look_up(self, utimes: Iterable[int]) -> Iterator[TableRow]:
        rest = iter(utimes)
        while batch := list(islice(rest, LOOKUP_KEYS)):
            yield from self._query(_LOOK_UP, (batch,))

    def _query(self, query: str, values: tuple[object, ...]) -> list[TableRow]:
        with self._cursor() as cursor:
            cursor.execute(query, values)
            rows = [TableRow._make(row) for row in cursor.fetchall()]
        if not all(type(row.utime) is int for row in rows):
            raise SluiceError(
                f"{TABLE}: the column utime holds no integers ({rows[0].utime!r}), so no row can be found by its"
                " utime. k8s/mysql/10-gps-fixes.sql has the table's definition",
                status=Exit.UNAVAILABLE,
            )
        return rows

    def _execute(self, statement: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(statement)

    @contextmanager
    def _cursor(self) -> Generator[Any]:
        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except (pymysql.MySQLError, OSError) as error:
            raise SluiceError(f"{TABLE}: {mysql_unavailable(self._user, error)}", status=Exit.UNAVAILABLE) from error


@contextmanager
def open_table(user: StoreUser) -> Generator[MysqlTable]:
    """Connect to the database as `user` and yield the table; raises SluiceError (UNAVAILABLE)."""
    connection = require_answer(lambda: connect_mysql(user, timeout=READ_SECONDS))
    with connection:
        yield MysqlTable(user, connection)
