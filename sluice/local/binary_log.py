"""Removes half a transaction from the end of the database's binary log, before the database starts.

A server that is killed while it writes a transaction leaves a part of it in the log: above all one whose disk was full,
which may have waited in the middle for hours. MariaDB 11.4 rolls the transaction back at the next start, but leaves the
part in the log, past which mysql-source cannot read. No reader has seen it: the server shows a transaction to nobody
before all of it is synced.

Only what is surely such a half is removed. A log that was closed, that holds something unknown, or in which a
transaction begins or ends behind the half, is left as it is: mysql-source then fails and names the place.
"""

import fcntl
import mmap
import re
import struct
import zlib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self, TypeAlias

from sluice.local.instance import Instance

_Log: TypeAlias = bytes | mmap.mmap
_MAGIC = b"\xfebin"
_HEADER = struct.Struct("<IBIIIH")
"""Of an event: time, kind, server, length, position of the next, flags."""
_KIND_AT = 4
_IN_USE = 1
"""Flag of the first event: the log was not closed."""
_CRC32 = 1
"""Algorithm of the checksums; the first event names it before its own."""
_CHECKSUM = struct.Struct("<I")
_GTID_START = struct.Struct("<QIB")
"""Of an event that begins a transaction: number, domain, flags."""
_STANDALONE = 1
"""Flag: one statement follows, and no end of a transaction."""
_QUERY_START = struct.Struct("<IIBHH")
"""Of a statement: thread, seconds, length of the database's name, error, length of the variables."""
_QUERY, _FORMAT, _XID, _XA_PREPARE, _GTID = 2, 15, 16, 38, 162
_BEFORE_STATEMENT = frozenset({5, 13, 14, 160})
"""Kinds of events that belong to the next one: values of variables, and a statement's text."""
_ROWS = frozenset({19, 23, 24, 25, *range(166, 172)})
_END = re.compile(rb"COMMIT|ROLLBACK|XA (?:COMMIT|ROLLBACK) .*", re.DOTALL)
"""A statement that ends a transaction. `XA END` does not: XA_PREPARE follows it."""
_BEGIN_OR_END = re.compile(rb"[\xa2\x10\x26](?=.{6}\0\0)", re.DOTALL)
"""_GTID, _XID or _XA_PREPARE, from the kind on. None has 64 KiB: the upper half of its length is 0."""


class _Open(Enum):
    """What is open where an event begins, with the kinds of events that are known there."""

    NOTHING = frozenset({_GTID, 161, 163})
    STATEMENT = _BEFORE_STATEMENT | {_QUERY}
    TRANSACTION = _BEFORE_STATEMENT | _ROWS | {_QUERY, _XID, _XA_PREPARE}


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
        # Empty after a server that was killed during its first start.
        newest = [data / name for name in index.read_text(encoding="utf-8").split()[-1:]]
        return sum(_cut(log) for log in newest if log.exists())


def _cut(log: Path) -> int:
    size = log.stat().st_size
    if size == 0:  # nothing that could be mapped
        return 0
    with log.open("r+b") as file:
        with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content:
            whole = whole_transactions(content)
        if whole < size:
            file.truncate(whole)
        return size - whole


def whole_transactions(log: _Log) -> int:
    """Return how many bytes of a log its whole transactions are; all of them where that cannot be told for sure."""
    whole = _end_of_whole(log)
    return len(log) if whole is None or _goes_on(log, whole) else whole


def _end_of_whole(log: _Log) -> int | None:
    """Return where the last whole transaction ends; None where that cannot be told for sure."""
    at = whole = _end_of_description(log)
    opened: _Open | None = _Open.NOTHING
    while at is not None and len(log) - at >= _HEADER.size:
        event = _Event.read(log, at)
        if event.kind not in opened.value:
            return None
        if event.end > len(log):
            break
        opened = _opened_after(event, opened) if event.is_whole else None
        if opened is None:
            return None
        at = event.end
        if opened is _Open.NOTHING:
            whole = at
    return whole


@dataclass(frozen=True)
class _Event:
    kind: int
    flags: int
    end: int
    content: bytes
    """As much of it as there is."""

    @classmethod
    def read(cls, log: _Log, at: int) -> Self:
        _, kind, _, length, _, flags = _HEADER.unpack_from(log, at)
        return cls(kind=kind, flags=flags, end=at + length, content=log[at : at + length])

    @property
    def is_whole(self) -> bool:
        """Whether its checksum is right. Its position may not be: it is 0 in a transaction, and wrong behind a half."""
        text = self.content[: -_CHECKSUM.size]
        return len(text) >= _HEADER.size and self.content[-_CHECKSUM.size :] == _CHECKSUM.pack(zlib.crc32(text))

    @property
    def body(self) -> bytes:
        return self.content[_HEADER.size : -_CHECKSUM.size]


def _end_of_description(log: _Log) -> int | None:
    """Return where the first event of a log ends; None where the log was closed, or has no checksums."""
    start = len(_MAGIC)
    if log[:start] != _MAGIC or len(log) < start + _HEADER.size:
        return None
    event = _Event.read(log, start)
    # The server computes its checksum without the flag.
    open_ = event.kind == _FORMAT and event.end <= len(log) and event.flags & _IN_USE
    return event.end if open_ and event.body[-1:] == bytes([_CRC32]) else None


def _opened_after(event: _Event, opened: _Open) -> _Open | None:
    """Return what is open after an event; None where that cannot be told."""
    try:
        if event.kind == _GTID:
            return _Open.STATEMENT if _GTID_START.unpack_from(event.body)[2] & _STANDALONE else _Open.TRANSACTION
        if event.kind in (_XID, _XA_PREPARE) or (event.kind == _QUERY and _is_end(event.body, opened)):
            return _Open.NOTHING
    except struct.error:  # too short
        return None
    return opened


def _is_end(body: bytes, opened: _Open) -> bool:
    """Return whether a statement is the last event of what is open."""
    _, _, database, _, variables = _QUERY_START.unpack_from(body)
    text = body[_QUERY_START.size + variables + database + 1 :]
    return opened is _Open.STATEMENT or bool(_END.fullmatch(text))


def _goes_on(log: _Log, whole: int) -> bool:
    """Return whether a transaction begins or ends behind a half that begins at `whole`.

    A server that goes on after a half writes the same transaction again, or others, behind it. Only checksums tell them
    from other bytes: their positions are too small by the length of the half.
    """
    for found in _BEGIN_OR_END.finditer(log, whole + _KIND_AT + 1):
        at = found.start() - _KIND_AT
        if len(log) - at >= _HEADER.size and _Event.read(log, at).is_whole:
            return True
    return False
