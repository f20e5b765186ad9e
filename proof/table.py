"""Reads the table back in the order of its key, at one moment of the database."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import pymysql

from exits import Exit, SluiceError
from place import StoreUser
from view.ask import SilentError
from view.stores import connect_mysql, mysql_silent, read_product

TABLE = "myDB.gps_fixes"
CHUNK_ROWS = 10_000
READ_SECONDS = 120.0
"""Longest that the database may take over one chunk."""
FIELDS = ("utime", "fix_mode", "satellites", "latitude", "longitude", "altitude", "track", "speed", "recorded_at")

# recorded_at as µs since the epoch, worked out by the database: an integer says exactly what a DATETIME(6) holds,
# and Python's dates have no part in it. A DATETIME has no zone; what stands in it is UTC.
_CHUNK = """
    SELECT utime, fix_mode, satellites, latitude, longitude, altitude, track, speed,
           TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', recorded_at)
    FROM myDB.gps_fixes WHERE utime BETWEEN %s AND %s ORDER BY utime LIMIT %s
"""


class TableRow(NamedTuple):
    """A row of the table; the fields of FIELDS, recorded_at in µs since the epoch."""

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
    """The table, as the proof reads it."""

    @property
    def product(self) -> str:
        """Name and version of the database."""
        ...

    def count(self, first: int, last: int) -> int:
        """Rows whose utime lies between `first` and `last`, both included."""
        ...

    def rows(self, first: int, last: int) -> Iterator[TableRow]:
        """Those rows by utime, all from the same moment."""
        ...


class MysqlTable:
    """The table TABLE in MySQL or MariaDB; raises SluiceError (UNAVAILABLE) where it cannot be asked."""

    def __init__(self, user: StoreUser, connection: Any) -> None:
        self._user = user
        self._connection = connection
        self.product: str = ""
        with self._cursor() as cursor:
            self.product = read_product(cursor)

    def count(self, first: int, last: int) -> int:
        """Rows whose utime lies between `first` and `last`, both included."""
        with self._cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM myDB.gps_fixes WHERE utime BETWEEN %s AND %s", (first, last))
            number = int(cursor.fetchone()[0])
        self._connection.rollback()
        return number

    def rows(self, first: int, last: int) -> Iterator[TableRow]:
        """Those rows by utime, a chunk at a time from one snapshot: memory stays flat."""
        self._execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self._execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        try:
            while chunk := self._chunk(first, last):
                yield from map(TableRow._make, chunk)
                if len(chunk) < CHUNK_ROWS:
                    return
                first = chunk[-1][0] + 1
        finally:
            self._execute("ROLLBACK")

    def _chunk(self, first: int, last: int) -> list[Any]:
        with self._cursor() as cursor:
            cursor.execute(_CHUNK, (first, last, CHUNK_ROWS))
            return cursor.fetchall()

    def _execute(self, statement: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(statement)

    @contextmanager
    def _cursor(self) -> Generator[Any]:
        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except (pymysql.MySQLError, OSError) as error:
            raise SluiceError(f"{TABLE}: {mysql_silent(self._user, error)}", status=Exit.UNAVAILABLE) from error


@contextmanager
def open_table(user: StoreUser) -> Generator[MysqlTable]:
    """The table as the MySQL user `user` sees it; raises SluiceError (UNAVAILABLE)."""
    try:
        connection = connect_mysql(user, timeout=READ_SECONDS)
    except SilentError as silent:
        raise SluiceError(f"{silent}. Is the pipeline up? `sluice status` tells", status=Exit.UNAVAILABLE) from silent
    with connection:
        yield MysqlTable(user, connection)
