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
from sluice.local.mariadb import Connection, connect_as_root
from sluice.local.processes import RunningProcess, listens, running_processes

_ENOUGH_BYTES = 512 << 20
"""Free space with which what waits is woken. What was woken once does not wait a second time, but fails, and leaves a
half in the middle of the log: there has to be space for all that waits behind it as well, a transaction of up to 64 MiB
of each task of a sink, several times over."""
_ENOUGH_SHARE = 0.5
"""Share of a small disk which is enough: it may never have more."""
_WAITING = "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for someone to free space'"
_SECONDS = 5
"""Time that the server has to answer, as it may be paused, or to end."""


def wake_disk_waits(instance: Instance) -> int:
    """Wake connections of the database that wait for space which is there; return how many.

    Does nothing where the server does not run, does not answer, or has too little space.
    """
    if not _server_listens(instance) or not _has_room(instance):
        return 0
    woken = 0
    with suppress(pymysql.MySQLError), _connect(instance) as connection:
        for number in _waiting(connection):
            with suppress(pymysql.MySQLError), connection.cursor() as cursor:  # it may have ended meanwhile
                cursor.execute(f"KILL QUERY {number}")
                woken += 1
    return woken


def kill_where_disk_is_full(instance: Instance) -> bool:
    """Kill a server that has too little space and waits for it, or does not answer; return whether it did."""
    servers = _servers(instance)
    if not servers or _has_room(instance) or _waits(instance) is False:
        return False
    for entry in servers:
        with suppress(psutil.Error):
            entry.process.kill()
    psutil.wait_procs([entry.process for entry in servers], timeout=_SECONDS)
    return True


def _has_room(instance: Instance) -> bool:
    try:
        disk = shutil.disk_usage(instance.state / "mysql")
    except FileNotFoundError:  # removed by hand, with the log
        return True
    return disk.free >= min(_ENOUGH_BYTES, disk.total * _ENOUGH_SHARE)


def _waits(instance: Instance) -> bool | None:
    """Return whether a connection waits for space; None where the server does not answer."""
    if not _server_listens(instance):
        return None
    try:
        with _connect(instance) as connection:
            return bool(_waiting(connection))
    except pymysql.MySQLError:
        return None


def _connect(instance: Instance) -> Connection:
    return connect_as_root(instance, read_seconds=_SECONDS)


def _waiting(connection: Connection) -> list[int]:
    """Return which connections wait for space."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return [number for (number,) in cursor.fetchall()]


def _servers(instance: Instance) -> list[RunningProcess]:
    return [entry for entry in running_processes(instance) if entry.name == "mysql"]


def _server_listens(instance: Instance) -> bool:
    """Return whether our own server has the port: another user's program must not be sent a password."""
    port = instance.port("mysql")
    try:
        return any(listens(entry.process, port) for entry in _servers(instance))
    except psutil.Error:
        return False
