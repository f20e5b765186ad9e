"""Half a transaction at the end of a binary log is cut off, and nothing else ever is."""

import struct
import zlib
from pathlib import Path

import pytest

from sluice.local.binary_log import drop_half_transaction, whole_transactions
from sluice.local.instance import Instance

Events = tuple[tuple[int, bytes], ...]

QUERY, STOP, INTVAR, LOAD, FORMAT, XID, TABLE_MAP, WRITE_ROWS, XA_PREPARE = 2, 3, 5, 11, 15, 16, 19, 23, 38
ANNOTATE, CHECKPOINT, GTID, GTID_LIST, ENCRYPTION, COMPRESSED = 160, 161, 162, 163, 164, 165
IN_USE = 1
TIME = 1_700_000_000


def event(kind: int, body: bytes, *, at: int, flags: int = 0) -> bytes:
    """Return an event as MariaDB 11.4 writes it: one within a transaction has no position."""
    length = 19 + len(body) + 4
    following = 0 if kind in (QUERY, INTVAR, TABLE_MAP, WRITE_ROWS, ANNOTATE) else at + length
    written = struct.pack("<IBIIIH", TIME, kind, 1, length, following, flags) + body
    return written + zlib.crc32(written).to_bytes(4, "little")


def log(*events: tuple[int, bytes], after: bytes = b"", flags: int = IN_USE, algorithm: int = 1) -> bytes:
    data = after or b"\xfebin" + event(FORMAT, bytes([1] * 9 + [algorithm]), at=4, flags=flags)
    for kind, body in events:
        data += event(kind, body, at=len(data))
    return data


def behind(half: bytes, *events: tuple[int, bytes]) -> bytes:
    """Return a log with what a server writes behind a half: it places it where the half begins."""
    placed = log(*events)
    return half + placed[len(log()) :]


def query(text: bytes) -> tuple[int, bytes]:
    return QUERY, struct.pack("<IIBHH", 1, 0, len(b"COMMIT"), 0, len(b"variables")) + b"variablesCOMMIT\0" + text


def gtid(number: int, *, standalone: bool = False) -> tuple[int, bytes]:
    return GTID, struct.pack("<QIB", number, 0, standalone)


LIST: Events = ((GTID_LIST, b"\0" * 4), (CHECKPOINT, b"binlog.000001"))
TRANSACTION: Events = (gtid(7), (ANNOTATE, b"INSERT"), (TABLE_MAP, b"t"), (WRITE_ROWS, b"row" * 99), (XID, b"12345678"))
STATEMENT: Events = (gtid(8, standalone=True), query(b"ALTER TABLE t ADD a INT"))
OTHER_ENGINE: Events = (gtid(9), (TABLE_MAP, b"m"), (WRITE_ROWS, b"row"), query(b"COMMIT"))
STATEMENTS: Events = (gtid(10), (INTVAR, b"123456789"), query(b"INSERT INTO a VALUES (1)"), query(b"ROLLBACK"))
SAVEPOINT: Events = (gtid(11), query(b"SAVEPOINT `a`"), query(b"ROLLBACK TO `COMMIT`"), (XID, b"12345678"))
COMMIT_IN_NAME: Events = (gtid(12), query(b"DELETE FROM `XA COMMIT `"), query(b"COMMIT"))
PREPARED: Events = (gtid(13), (TABLE_MAP, b"t"), query(b"XA END X'61',X'',1"), (XA_PREPARE, b"1"))
PREPARED_COMMIT: Events = (gtid(14), query(b"XA COMMIT X'61',X'\n',1"))
WITH_RANDOM: Events = (gtid(15, standalone=True), (INTVAR, b"123456789"), query(b"CREATE TABLE a AS SELECT RAND()"))
PARTS: tuple[Events, ...] = (
    TRANSACTION,
    STATEMENT,
    OTHER_ENGINE,
    STATEMENTS,
    SAVEPOINT,
    COMMIT_IN_NAME,
    PREPARED,
    PREPARED_COMMIT,
    WITH_RANDOM,
)
WHOLE = log(*LIST, *(one for part in PARTS for one in part))
SMALL: Events = (gtid(20), (TABLE_MAP, b"t"), (WRITE_ROWS, b"row"), (XID, b"12345678"))


def test_whole_log_is_kept() -> None:
    stopped = log(*TRANSACTION, (STOP, b""))
    for data in (WHOLE, stopped, log(), b"", b"\xfebi", b"\xfebin", log(*STATEMENT)):
        assert whole_transactions(data) == len(data)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_a_transaction_at_the_end_is_cut_off(part: Events) -> None:
    data = log(*part, after=WHOLE)
    for size in range(len(WHOLE), len(data)):
        assert whole_transactions(data[:size]) == len(WHOLE), size
    assert whole_transactions(data) == len(data)


@pytest.mark.parametrize("after", [SMALL, TRANSACTION, STATEMENT, PREPARED, (*SMALL, *SMALL)])
def test_transactions_behind_a_half_are_kept(after: Events) -> None:
    """A writer that waited for space was killed, and the server went on. The declared end is behind theirs, or not."""
    for cut in range(1, len(log(*TRANSACTION)) - len(log())):
        data = behind(log(*TRANSACTION)[:-cut], *after)
        assert whole_transactions(data) == len(data), cut
        # As far as their first event.
        size = len(data) - len(behind(b"", *after)) + len(behind(b"", after[0]))
        assert whole_transactions(data[:size]) == size, cut
    short = log(*TRANSACTION)[:-250]
    assert len(behind(short, *SMALL)) - len(short) < 250, "none fits into the rest of the half"


def test_transaction_whose_length_is_wrong_is_kept() -> None:
    """Bytes of the last transaction, all of which was written, were changed later."""
    data = bytearray(log(*TRANSACTION, after=WHOLE))
    data[data.rindex(b"row" * 99) - 19 + 11] = 1  # 64 KiB longer
    assert whole_transactions(bytes(data)) == len(data)


def test_event_that_begins_a_transaction_is_found_by_whatever_length_and_server() -> None:
    half = log(gtid(19), (WRITE_ROWS, b"row" * 999))[:-900]
    # A newline is among the bytes of its length, as it is with the name of an XA transaction.
    data = behind(half, (GTID, gtid(20)[1] + bytes(0x10A - 19 - 13 - 4)))
    assert whole_transactions(data) == len(data)


def test_transactions_in_what_looks_like_a_long_event_are_kept() -> None:
    half = log(*TRANSACTION)[:-250]
    to_go = len(log(*TRANSACTION)) - len(log((XID, b"12345678"))) + len(log()) - len(half)
    false = struct.pack("<IBIIIH", TIME, WRITE_ROWS, 1, 0x7FFFFFFF, 0, 0)
    before = len(behind(b"", gtid(20))) + 19
    data = behind(half, gtid(20), (WRITE_ROWS, b"x" * (to_go - before) + false), (XID, b"12345678"))
    assert data.index(false) == len(half) + to_go, "the declared end of the half is not there"
    assert whole_transactions(data) == len(data)


@pytest.mark.parametrize("bytes_of_rows", [bytes([GTID]), bytes([GTID, 1]), struct.pack("<IBIIIH", 0, XID, 1, 4, 0, 0)])
def test_half_with_bytes_like_those_of_a_transaction_is_cut_off(bytes_of_rows: bytes) -> None:
    rows = (gtid(21), (TABLE_MAP, b"t"), (WRITE_ROWS, bytes_of_rows * 999 + bytes(99)), (XID, b"12345678"))
    assert whole_transactions(log(*rows, after=WHOLE)[:-5]) == len(WHOLE)


def test_torn_log_that_was_closed_is_left_to_a_person() -> None:
    data = log(*TRANSACTION, flags=0)[:-5]
    assert whole_transactions(data) == len(data)
    assert whole_transactions(log(*TRANSACTION)[:-5]) == len(log())


def test_torn_log_without_checksums_is_left_to_a_person() -> None:
    data = log(*TRANSACTION, algorithm=0)[:-5]
    assert whole_transactions(data) == len(data)


def test_damage_of_another_kind_is_left_to_a_person() -> None:
    half = log(*TRANSACTION)[:-100]
    empty = log(*TRANSACTION[:3]) + struct.pack("<IBIIIH", TIME, WRITE_ROWS, 1, 0, 0, 0)
    for data in (half + b"x" * 500, empty, WHOLE + b"\x00" * 500, b"encrypted" * 99, WHOLE[:200] + WHOLE[220:-5]):
        assert whole_transactions(data) == len(data)
    for place in range(len(log()), len(log(*TRANSACTION))):
        data = bytearray(log(*TRANSACTION, *SMALL))
        data[place] ^= 0xFF
        assert whole_transactions(bytes(data)) == len(data), place


@pytest.mark.parametrize("kind", [LOAD, COMPRESSED, ENCRYPTION, 99, FORMAT, GTID])
def test_log_with_an_event_that_is_not_known_at_its_place_is_left_to_a_person(kind: int) -> None:
    for before in (WHOLE, log(*TRANSACTION[:3], after=WHOLE), log(STATEMENT[0], after=WHOLE)):
        for data in (log((kind, b"x" * 5), *TRANSACTION, after=before)[:-5], log((kind, b"x" * 5), after=before)):
            assert whole_transactions(data) == len(data)


@pytest.mark.parametrize("length", range(13))
def test_event_that_is_too_short_is_left_to_a_person(length: int) -> None:
    for events in (((GTID, b"x" * length),), (gtid(7), (QUERY, b"x" * length))):
        data = log(*events, *TRANSACTION[1:3], after=WHOLE)
        assert whole_transactions(data) == len(data)


def test_torn_description_of_the_log_is_left_to_the_server() -> None:
    for size in range(len(log())):
        assert whole_transactions(log()[:size]) == size


def test_newest_log_of_a_stopped_server_is_cut(tmp_path: Path) -> None:
    instance = Instance.make(tmp_path / "state", port_base=30000, workers=1)
    assert drop_half_transaction(instance) == 0, "there is no database yet"
    data = instance.folder("mysql")
    (data / "ibdata1").touch()
    index = data / "binlog.index"
    index.touch()
    assert drop_half_transaction(instance) == 0, "the server was killed before it named a log"
    index.write_text("./binlog.000001\n./binlog.000002\n", encoding="utf-8")
    assert drop_half_transaction(instance) == 0, "there is no such log"
    torn = log(*TRANSACTION, after=WHOLE)[:-5]
    for name in ("binlog.000001", "binlog.000002"):
        (data / name).write_bytes(torn)
    assert drop_half_transaction(instance) == len(torn) - len(WHOLE)
    assert (data / "binlog.000001").read_bytes() == torn
    assert (data / "binlog.000002").read_bytes() == WHOLE
    assert drop_half_transaction(instance) == 0
    (data / "binlog.000002").write_bytes(b"")
    assert drop_half_transaction(instance) == 0
