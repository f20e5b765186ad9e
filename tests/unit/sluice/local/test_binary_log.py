"""Half a transaction at the end of a binary log is cut off, and nothing else ever is."""

import io
import struct
from pathlib import Path

import pytest

from sluice.local.binary_log import drop_half_transaction, whole_transactions
from sluice.local.instance import Instance

FORMAT, QUERY, XID, TABLE_MAP, WRITE_ROWS, GTID, ANNOTATE, STOP = 15, 2, 16, 19, 23, 162, 160, 3
TRANSACTION = ((GTID, struct.pack("<QIB", 7, 0, 0)), (TABLE_MAP, b"t"), (WRITE_ROWS, b"row" * 99), (XID, b"12345678"))
STATEMENT = ((GTID, struct.pack("<QIB", 8, 0, 1)), (QUERY, b"ALTER TABLE t ADD a INT"))
OTHER_ENGINE = ((GTID, struct.pack("<QIB", 9, 0, 0)), (TABLE_MAP, b"m"), (WRITE_ROWS, b"row"), (QUERY, b"COMMIT"))


def log(*events: tuple[int, bytes]) -> bytes:
    data = b"\xfebin"
    for kind, body in events:
        length = 19 + len(body)
        data += struct.pack("<IBIIIH", 0, kind, 1, length, len(data) + length, 0) + body
    return data


WHOLE = log((FORMAT, b"format"), *TRANSACTION, *STATEMENT, *OTHER_ENGINE)


def kept(data: bytes) -> int:
    return whole_transactions(io.BytesIO(data), size=len(data))


def test_whole_log_is_kept() -> None:
    stopped = log((FORMAT, b"format"), *TRANSACTION, (STOP, b""))
    for data in (WHOLE, stopped, log(), b"", b"\xfebi", log((FORMAT, b"format"), *STATEMENT)):
        assert kept(data) == len(data)


@pytest.mark.parametrize("part", [TRANSACTION, STATEMENT, OTHER_ENGINE])
def test_every_part_of_a_transaction_at_the_end_is_cut_off(part: tuple[tuple[int, bytes], ...]) -> None:
    data = log((FORMAT, b"format"), *TRANSACTION, *STATEMENT, *OTHER_ENGINE, *part)
    for size in range(len(WHOLE), len(data)):
        assert kept(data[:size]) == len(WHOLE)
    assert kept(data) == len(data)


def test_damage_of_another_kind_is_left_to_a_person() -> None:
    half = log((FORMAT, b"format"), *TRANSACTION)[:-100]
    for data in (half + b"x" * 500, WHOLE + b"\x00" * 500, b"encrypted" * 99):
        assert kept(data) == len(data)


def test_torn_description_of_the_log_is_left_to_the_server() -> None:
    data = log((FORMAT, b"format"))[:-2]
    assert kept(data) == len(data)


def test_newest_log_of_a_stopped_server_is_cut(tmp_path: Path) -> None:
    instance = Instance.make(tmp_path / "state", port_base=30000, workers=1)
    assert drop_half_transaction(instance) == 0, "there is no database yet"
    data = instance.folder("mysql")
    (data / "ibdata1").touch()
    (data / "binlog.index").write_text("./binlog.000001\n./binlog.000002\n", encoding="utf-8")
    assert drop_half_transaction(instance) == 0, "there is no such log"
    torn = WHOLE + TRANSACTION[0][1]
    for name in ("binlog.000001", "binlog.000002"):
        (data / name).write_bytes(torn)
    assert drop_half_transaction(instance) == len(torn) - len(WHOLE)
    assert (data / "binlog.000001").read_bytes() == torn
    assert (data / "binlog.000002").read_bytes() == WHOLE
    assert drop_half_transaction(instance) == 0
