"""Wakes what waits for space on the database's disk once there is some.

MariaDB says that it looks again after 60 s. Version 11.4.5 does not: the connection that writes the binary log sleeps
until it is woken, and every other commit waits for it. `KILL QUERY` wakes it: it writes the rest, and commits without
an error. With too little space the log would keep half a transaction.
"""

import shutil

import psutil
import pymysql

from sluice.local.instance import Instance
from sluice.local.mariadb import connect_as_root
from sluice.local.processes import listens, running_processes

_ENOUGH_BYTES = 64 << 20
"""Free space with which what waits is woken."""
_WAITING = "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for someone to free space'"
_SECONDS = 5
"""Time that the server has to answer: it may be paused."""


def wake_disk_waits(instance: Instance) -> int:
    """Wake connections of the database that wait for space which is there; return how many.

    Does nothing where the server does not run, does not answer, or has too little space.
    """
    if not _server_listens(instance) or shutil.disk_usage(instance.state / "mysql").free < _ENOUGH_BYTES:
        return 0
    try:
        with connect_as_root(instance, read_seconds=_SECONDS) as connection, connection.cursor() as cursor:
            cursor.execute(_WAITING)
            waiting = [number for (number,) in cursor.fetchall()]
            for number in waiting:
                cursor.execute(f"KILL QUERY {number}")
            return len(waiting)
    except pymysql.MySQLError:
        return 0


def _server_listens(instance: Instance) -> bool:
    """Return whether our own server has the port: another user's program must not be sent a password."""
    port = instance.port("mysql")
    try:
        return any(entry.name == "mysql" and listens(entry.process, port) for entry in running_processes(instance))
    except psutil.Error:
        return False
