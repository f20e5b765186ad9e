"""Removes half a transaction from the end of the database's binary log, before the database starts.

A server that is killed while it writes a transaction leaves a part of it in the log: above all one whose disk was full,
which may have waited in the middle for hours. MariaDB 11.4 rolls the transaction back at the next start, but leaves the
part in the log, past which mysql-source cannot read. No reader has seen it: the server shows a transaction to nobody
before all of it is synced.
"""

import fcntl
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sluice.local.instance import Instance

_MAGIC = b"\xfebin"
_HEADER = struct.Struct("<IBIIIH")
"""Of an event: time, kind, server, length, position of the next, flags."""
_GTID_START = struct.Struct("<QIB")
"""Of an event that begins a transaction: number, domain, flags."""
_QUERY, _GTID = 2, 162
_STANDALONE = 1
"""Flag: one event follows, and no end of a transaction."""
_ROWS = frozenset({_QUERY, 5, 13, 14, 19, 23, 24, 25, 160, *range(166, 172)})
"""Kinds of events within a transaction. Any other ends it."""
_ENDS = b"COMMIT", b"ROLLBACK"


def drop_half_transaction(instance: Instance) -> int:
    """Cut the newest log after its last whole transaction; return by how many bytes.

    Does nothing while the server runs.
    """
    data = instance.state / "mysql"
    index, tables = data / "binlog.index", data / "ibdata1"
    if not index.exists() or not tables.exists():
        return 0
    with tables.open("r+b") as locked:
        try:
            # A server has this lock as long as it runs.
            fcntl.lockf(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return 0
        newest = data / index.read_text(encoding="utf-8").split()[-1]
        return _cut(newest) if newest.exists() else 0


def _cut(log: Path) -> int:
    with log.open("r+b") as file:
        size = log.stat().st_size
        end = whole_transactions(file, size=size)
        if end < size:
            file.truncate(end)
        return size - end


def whole_transactions(file: BinaryIO, *, size: int) -> int:
    """Return how many bytes of a log its whole transactions are; all of them where that cannot be told for sure."""
    if file.read(len(_MAGIC)) != _MAGIC:
        return size
    at = len(_MAGIC)
    begun: _Transaction | None = None
    while at < size:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            break
        _, kind, _, length, following, _ = _HEADER.unpack(header)
        if length < _HEADER.size or following not in (0, at + length):
            # Not the beginning of an event: something else has damaged the log.
            return size
        if at + length > size:
            break
        begun = _begun(kind, file.read(length - _HEADER.size), at=at, begun=begun)
        at += length
    if at == len(_MAGIC):
        return size
    return at if begun is None else begun.at


@dataclass(frozen=True)
class _Transaction:
    at: int
    standalone: bool


def _begun(kind: int, body: bytes, *, at: int, begun: _Transaction | None) -> _Transaction | None:
    """Return the transaction that is open after an event; None if none is."""
    if kind == _GTID:
        flags = _GTID_START.unpack_from(body)[2]
        return _Transaction(at, bool(flags & _STANDALONE))
    if begun is None or begun.standalone or kind not in _ROWS:
        return None
    return None if kind == _QUERY and any(end in body for end in _ENDS) else begun
