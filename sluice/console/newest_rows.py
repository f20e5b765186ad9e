"""The newest rows of the table, as the database writes their values."""

from typing import Any

import pymysql

from sluice.console.pipeline_client import PipelineClient
from sluice.console.shown_pipeline import ShownPipeline
from sluice.proof.gps.table_rows import FIELDS, TABLE
from sluice.view.endpoints import Endpoints
from sluice.view.store_status import connect_mysql, mysql_unavailable

ROWS = 15
# As text: 2^63 and 0.1 are what they are, not what another program makes of them.
_COLUMNS = ", ".join(f"CAST({name} AS CHAR)" for name in FIELDS)
_NEWEST = f"SELECT {_COLUMNS} FROM {TABLE} ORDER BY {FIELDS[0]} DESC LIMIT {ROWS}"  # noqa: S608 names of our own


class NewestRows:
    """Reads the newest rows by primary key, on one connection."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self._rows = PipelineClient(pipeline, _Table, _Table.close)
        self.close = self._rows.close

    def read(self) -> dict[str, Any]:
        """Return the rows as JSON types; raises SluiceError or UnavailableError."""
        return {"table": TABLE, "columns": FIELDS, "rows": self._rows.ask(_Table.newest)}


class _Table:
    def __init__(self, endpoints: Endpoints) -> None:
        self._user = endpoints.mysql
        self._connection = connect_mysql(self._user)

    def newest(self) -> list[list[str | None]]:
        try:
            self._connection.rollback()  # a snapshot of the last transaction would show the same rows again
            with self._connection.cursor() as cursor:
                cursor.execute(_NEWEST)
                return [list(row) for row in cursor.fetchall()]
        except (pymysql.MySQLError, OSError) as error:
            raise mysql_unavailable(self._user, error) from error

    def close(self) -> None:
        self._connection.close()
