"""Inserts rows into myDB.test continuously, and reads their change records from the source connector's topic."""

import json
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import pymysql

from producer.runtime.exit_status import Exit
from tests.administrator import Connection, run

TOPIC = "cdc.myDB.test"
EVERY_SECONDS = 0.05


@contextmanager
def writing_rows(connect: Callable[[], AbstractContextManager[Connection]]) -> Generator[list[int]]:
    """Insert twenty rows per second, each committed; yields the growing list of acknowledged keys.

    If the database is unavailable, the writer retries.
    """
    keys: list[int] = []
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            try:
                with connect() as connection:
                    while not over.wait(EVERY_SECONDS):
                        keys.append(
                            run(connection, "INSERT INTO myDB.test (utime, fix_mode, satellites) VALUES (0, 1, 0)")
                        )
            except pymysql.MySQLError:
                over.wait(EVERY_SECONDS)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield keys
    finally:
        over.set()
        thread.join()


def inserted_keys(messages: "subprocess.CompletedProcess[str]") -> list[int]:
    """Return the keys of inserted rows in the output of `sluice messages`, in the topic's order."""
    assert messages.returncode == Exit.OK, messages.stderr
    values = [json.loads(line)["value"] for line in messages.stdout.splitlines()]
    return [value["after"]["id"] for value in values if value and value["op"] == "c"]


def repeated_keys(keys: list[int]) -> list[list[int]]:
    """Return, for each time that the source went back to an earlier change, the keys that it sent again.

    >>> repeated_keys([1, 2, 3, 4, 3, 4, 5])
    [[3, 4]]
    """
    runs: list[list[int]] = []
    highest = 0
    for before, key in zip([0, *keys], keys, strict=False):
        if key <= before:
            runs.append([])
        if key <= highest:
            runs[-1].append(key)
        highest = max(highest, key)
    return runs
