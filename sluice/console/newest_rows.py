"""The newest rows of the table, as the database writes their values."""

from typing import Any

import pymysql

from sluice.console.shown_pipeline import ShownPipeline
from sluice.proof.gps.table_rows import FIELDS, TABLE
from sluice.view.endpoints import StoreUser
from sluice.view.store_status import connect_mysql, mysql_unavailable

ROWS = 15
# As text: 2^63 and 0.1 are what they are, not what another program makes of them.
_COLUMNS = ", ".join(f"CAST({name} AS CHAR)" for name in FIELDS)
_NEWEST = f"SELECT {_COLUMNS} FROM {TABLE} ORDER BY {FIELDS[0]} DESC LIMIT {ROWS}"  # noqa: S608 names of our own


def read_newest_rows(pipeline: ShownPipeline) -> dict[str, Any]:
    """Return the newest rows by primary key as JSON types; raises SluiceError or UnavailableError."""
    user = pipeline.endpoints.mysql
    return {"table": TABLE, "columns": FIELDS, "rows": _query(user)}


def _query(user: StoreUser) -> list[list[str | None]]:
    with connect_mysql(user) as connection:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_NEWEST)
                return [list(row) for row in cursor.fetchall()]
        except (pymysql.MySQLError, OSError) as error:
            raise mysql_unavailable(user, error) from error
