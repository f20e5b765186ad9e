"""Changes rows of myDB.test, and records each change that the table has seen, in its order."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pymysql

from tests.administrator import Connection, run
from tests.faults.schedules.traffic import Traffic
from tests.faults.schedules.verify import Change

EVERY_SECONDS = 0.04
_ROWS_KEPT = 30
"""Rows that are there at a time, about."""
_ROWS_OF_A_TRANSACTION = 3
_PATIENCE_SECONDS = 5.0
"""Time in which a server ends a connection that its client has given up."""

Connect = Callable[[], AbstractContextManager[Connection]]


class ChangeTraffic(Traffic):
    """One writer, so that the order of its statements is that of the binary log.

    Each statement is a transaction and writes a number that is never used again into `satellites`. If a statement fails
    its outcome is unknown: the writer then waits until the server has ended the old connection, and looks.
    """

    def __init__(self, generator: random.Random, *, connect: Connect, rows: dict[int, int], next_number: int) -> None:
        super().__init__("changes", unfinished="the database could not be written", patience=_PATIENCE_SECONDS)
        self.changes: list[Change] = []
        self.rows = rows
        """The table as it must be: number by key."""
        self.next_number = next_number
        self._generator, self._connect = generator, connect
        self._unknown: list[Change] = []
        self._old_connection = 0

    def _run(self) -> None:
        while not self._given_up.is_set() and (self._unknown or not self._over.is_set()):
            try:
                with self._connect() as connection:
                    self._settle(connection)
                    self._old_connection = connection.thread_id()
                    while not self._over.wait(EVERY_SECONDS):
                        self._change(connection)
            except pymysql.MySQLError:
                self._given_up.wait(EVERY_SECONDS)

    def _change(self, connection: Connection) -> None:
        statement, values, changes = self._draw()
        self._unknown = changes
        run(connection, statement, *values)
        self._done(changes)

    def _draw(self) -> tuple[str, tuple[int, ...], list[Change]]:
        """Draw a statement; returns it with its values and the changes that it makes."""
        number, rows = self._number(), self.rows
        action = self._generator.random()
        if len(rows) < _ROWS_OF_A_TRANSACTION or action < 0.4 * _ROWS_KEPT / len(rows) - 0.05:
            statement = "INSERT INTO myDB.test (id, utime, fix_mode, satellites) VALUES (%s, 0, 1, %s)"
            return statement, (number, number), [Change(row=number, before=None, after=number)]
        if action < 0.8:
            key = self._generator.choice(sorted(rows))
            statement = "UPDATE myDB.test SET satellites = %s WHERE id = %s"
            return statement, (number, key), [Change(row=key, before=rows[key], after=number)]
        if action < 0.9:
            keys = sorted(self._generator.sample(sorted(rows), _ROWS_OF_A_TRANSACTION))
            numbers = [number, *(self._number() for _ in keys[1:])]
            statement = (
                "UPDATE myDB.test SET satellites = CASE id WHEN %s THEN %s WHEN %s THEN %s ELSE %s END "
                "WHERE id IN (%s, %s, %s) ORDER BY id"
            )
            values = (keys[0], numbers[0], keys[1], numbers[1], numbers[2], *keys)
            return (
                statement,
                values,
                [Change(row=key, before=rows[key], after=after) for key, after in zip(keys, numbers, strict=True)],
            )
        key = self._generator.choice(sorted(rows))
        return "DELETE FROM myDB.test WHERE id = %s", (key,), [Change(row=key, before=rows[key], after=None)]

    def _number(self) -> int:
        self.next_number += 1
        return self.next_number

    def _done(self, changes: list[Change]) -> None:
        self._unknown = []
        self.changes += changes
        for change in changes:
            if change.after is None:
                del self.rows[change.row]
            else:
                self.rows[change.row] = change.after

    def _settle(self, connection: Connection) -> None:
        """Find out whether the statement of which the outcome is unknown was committed."""
        if not self._unknown:
            return
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._is_connected(connection, self._old_connection) and time.monotonic() < deadline:
            time.sleep(EVERY_SECONDS)
        seen = [self._value(connection, change.row) for change in self._unknown]
        if seen == [change.after for change in self._unknown]:
            self._done(self._unknown)
        elif seen != [change.before for change in self._unknown]:
            self.problems.append(f"a transaction was neither committed nor rolled back: {self._unknown} → {seen}")
        self._unknown = []

    def _is_connected(self, connection: Connection, number: int) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = %s AND ID <> CONNECTION_ID() "
                "AND USER = 'root'",
                (number,),
            )
            return cursor.fetchall()[0][0] > 0

    def _value(self, connection: Connection, row: int) -> int | None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT satellites FROM myDB.test WHERE id = %s", (row,))
            found = cursor.fetchone()
            return found[0] if found else None
