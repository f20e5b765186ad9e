"""Removes half a transaction from the end of the database's binary log, before the database starts.

A server that is killed while it writes a transaction leaves a part of it in the log: above all one whose disk was full,
which may have waited in the middle for hours. MariaDB 11.4 rolls the transaction back at the next start, but leaves the
part in the log, past which mysql-source cannot read. No reader has seen it: the server shows a transaction to nobody
before all of it is synced.

Only what is surely such a half is removed. A log that was closed, that holds something unknown, or in which another
transaction follows the half, is left as it is: mysql-source then fails and names the place.
"""

import fcntl
import mmap
import re
import struct
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
_POSITIONS = 1 << 32
"""Positions in headers count modulo this: a log can be longer."""
_IN_USE = 1
"""Flag of the first event: the log was not closed."""
_CHECKSUM_BYTES = {0: 0, 1: 4}
"""Bytes of the checksum at the end of each event, by the algorithm that the first event names."""
_ALGORITHM_AT = -5
"""Place of the algorithm, from the end of the first event."""
_GTID_START = struct.Struct("<QIB")
"""Of an event that begins a transaction: number, domain, flags."""
_STANDALONE = 1
"""Flag: one statement follows, and no end of a transaction."""
_QUERY_START = struct.Struct("<IIBHH")
"""Of a statement: thread, seconds, length of the database's name, error, length of the variables."""
_QUERY, _FORMAT, _XID, _XA_PREPARE, _GTID = 2, 15, 16, 38, 162
_BEFORE_STATEMENT = frozenset({5, 13, 14, 160})
"""Kinds of events that belong to the next one: values of variables, and a statement's text."""
_CACHED = _BEFORE_STATEMENT | {_QUERY, 19, 23, 24, 25, *range(166, 172)}
"""Kinds that 11.4 writes into a transaction before its place is known: their position of the next is 0."""
_END = re.compile(rb"COMMIT|ROLLBACK|XA (?:COMMIT|ROLLBACK) .*", re.DOTALL)
"""A statement that ends a transaction. `XA END` does not: XA_PREPARE follows it."""
_LATER_GTID = re.compile(rb"\xa2(?=.{7}\0)", re.DOTALL)
"""Such an event from its kind on. None has 16 MiB: the highest byte of its length is 0."""


class _Open(Enum):
    """What is open where an event begins, with the kinds of events that are known there."""

    NOTHING = frozenset({_GTID, 161, 163})
    STATEMENT = _BEFORE_STATEMENT | {_QUERY}
    TRANSACTION = _CACHED | {_XID, _XA_PREPARE}


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
    return len(log) if whole is None or _another_follows(log, whole) else whole


def _end_of_whole(log: _Log) -> int | None:
    """Return where the last whole transaction ends; None where that cannot be told for sure."""
    first = _first_event(log)
    if first is None:
        return None
    at = whole = first.end
    checksum = _CHECKSUM_BYTES[log[first.end + _ALGORITHM_AT]]
    opened: _Open | None = _Open.NOTHING
    while len(log) - at >= _HEADER.size:
        event = _Event.read(log, at)
        if not event.in_place or event.kind not in opened.value:
            # Not the beginning of an event, something else has damaged the log; or a kind that is not known here.
            return None
        if event.end > len(log):
            break
        opened = _opened_after(event, log[at + _HEADER.size : event.end - checksum], opened)
        if opened is None:
            return None
        at = event.end
        if opened is _Open.NOTHING:
            whole = at
    return whole


@dataclass(frozen=True)
class _Event:
    """Header of an event."""

    kind: int
    end: int
    in_place: bool
    """Whether its length and its position are those of an event at its place."""
    flags: int

    @classmethod
    def read(cls, log: _Log, at: int) -> Self:
        _, kind, _, length, following, flags = _HEADER.unpack_from(log, at)
        end = at + length
        placed = following == end % _POSITIONS or (following == 0 and kind in _CACHED)
        return cls(kind=kind, end=end, in_place=length >= _HEADER.size and placed, flags=flags)


def _first_event(log: _Log) -> _Event | None:
    """Return the description of a log that was not closed; None where it is closed, torn or not known."""
    start = len(_MAGIC)
    if log[:start] != _MAGIC or len(log) < start + _HEADER.size:
        return None
    event = _Event.read(log, start)
    known = event.kind == _FORMAT and event.in_place and event.end <= len(log)
    return event if known and event.flags & _IN_USE and log[event.end + _ALGORITHM_AT] in _CHECKSUM_BYTES else None


def _opened_after(event: _Event, body: bytes, opened: _Open) -> _Open | None:
    """Return what is open after an event; None where that cannot be told."""
    try:
        if event.kind == _GTID:
            return _Open.STATEMENT if _GTID_START.unpack_from(body)[2] & _STANDALONE else _Open.TRANSACTION
        if event.kind in (_XID, _XA_PREPARE) or (event.kind == _QUERY and _is_end(body, opened)):
            return _Open.NOTHING
    except struct.error:  # too short
        return None
    return opened


def _is_end(body: bytes, opened: _Open) -> bool:
    """Return whether a statement is the last event of what is open."""
    _, _, database, _, variables = _QUERY_START.unpack_from(body)
    text = body[_QUERY_START.size + variables + database + 1 :]
    return opened is _Open.STATEMENT or bool(_END.fullmatch(text))


def _another_follows(log: _Log, whole: int) -> bool:
    """Return whether a transaction begins behind a half that begins at `whole`: a server that goes on writes it there.

    The event that begins one has its position in 11.4 as well.
    """
    for found in _LATER_GTID.finditer(log, whole + _KIND_AT + 1):
        at = found.start() - _KIND_AT
        if at + _HEADER.size <= len(log) and _Event.read(log, at).in_place:
            return True
    return False
