"""Wakes what waits for space on the database's disk once there is some; else a server that is to end is killed.

MariaDB says that it looks again after 60 s. Version 11.4.5 does not: the connection that writes the binary log sleeps
until it is woken, and every other commit waits for it. `KILL QUERY` wakes it: it writes the rest, and commits without
an error. With too little space the log would keep half a transaction.

So it would after SIGTERM, by which the server ends every connection, and then writes of others behind the half: that
cannot be repaired. After SIGKILL the half is the end of the log, and the next start removes it
(sluice/local/binary_log.py).
"""

import shutil
from contextlib import suppress

import psutil
import pymysql

from sluice.local.instance import Instance
from sluice.local.mariadb import connect_as_root
from sluice.local.processes import RunningProcess, listens, running_processes

_ENOUGH_BYTES = 64 << 20
"""Free space with which what waits is woken."""
_WAITING = "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for someone to free space'"
_SECONDS = 5
"""Time that the server has to answer: it may be paused."""


def wake_disk_waits(instance: Instance) -> int:
    """Wake connections of the database that wait for space which is there; return how many.

    Does nothing where the server does not run, does not answer, or has too little space.
    """
    return len(_waiting(instance, each="KILL QUERY {}")) if _has_room(instance) else 0


def kill_where_disk_is_full(instance: Instance) -> bool:
    """Kill a server that waits for space of which there is too little; return whether it did. Else wake it."""
    if wake_disk_waits(instance) or _has_room(instance) or not _waiting(instance):
        return False
    with suppress(psutil.Error):
        for entry in _processes(instance):
            entry.process.kill()
    return True


def _has_room(instance: Instance) -> bool:
    return shutil.disk_usage(instance.state / "mysql").free >= _ENOUGH_BYTES


def _waiting(instance: Instance, *, each: str = "") -> list[int]:
    """Return which connections wait for space, after a statement for each; none where the server does not answer."""
    if not _server_listens(instance):
        return []
    try:
        with connect_as_root(instance, read_seconds=_SECONDS) as connection, connection.cursor() as cursor:
            cursor.execute(_WAITING)
            waiting = [number for (number,) in cursor.fetchall()]
            for number in waiting if each else ():
                cursor.execute(each.format(number))
            return waiting
    except pymysql.MySQLError:
        return []


def _processes(instance: Instance) -> list[RunningProcess]:
    return [entry for entry in running_processes(instance) if entry.name == "mysql"]


def _server_listens(instance: Instance) -> bool:
    """Return whether our own server has the port: another user's program must not be sent a password."""
    port = instance.port("mysql")
    try:
        return any(listens(entry.process, port) for entry in _processes(instance))
    except psutil.Error:
        return False
