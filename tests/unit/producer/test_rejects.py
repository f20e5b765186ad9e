import csv
import errno
import os
from pathlib import Path

import pytest

from exits import Exit, SluiceError
from producer.gps import Reason, Reject
from producer.rejects import RejectFile


def reject(row: bytes, *, line: int = 1, length: int | None = None) -> Reject:
    return Reject(line, Reason.COLUMNS, row, len(row) if length is None else length)


def written(path: Path, *rejects: Reject) -> list[list[str]]:
    with RejectFile(path) as file:
        file.write(list(rejects))
    with path.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def test_rejects_are_written_as_csv(tmp_path: Path) -> None:
    rows = written(tmp_path / "r.csv", reject(b'1,"2",x', line=7), reject("é".encode(), line=9))
    assert rows == [["line", "reason", "row"], ["7", "columns", '1,"2",x'], ["9", "columns", "é"]]


def test_bytes_that_are_not_utf8_and_long_rows_are_shown_as_text(tmp_path: Path) -> None:
    rows = written(tmp_path / "r.csv", reject(b"a\xff\x00b"), reject(b"z" * 4_096, length=1_073_741_824))
    assert rows[1][2] == "a\\xff\x00b"
    assert rows[2][2] == "z" * 1_000 + "… (1,073,741,824 bytes)"


def test_an_earlier_file_is_replaced_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    written(path, reject(b"old"), reject(b"older"))
    assert len(written(path, reject(b"new"))) == 2
    with RejectFile(path) as file:
        file.write([])
    assert path.exists()
    file.remove_old()
    assert not path.exists()
    file.remove_old()


def test_the_file_of_this_load_is_not_removed(tmp_path: Path) -> None:
    with RejectFile(tmp_path / "r.csv") as file:
        file.write([reject(b"x")])
    file.remove_old()
    assert file.path.exists()


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "gps.csv"
    log.write_text("1353099678298235,3,0,0.7,-1.4,264.4,11.3,0.005\n")
    with pytest.raises(SluiceError, match="holds no rejects") as caught:
        RejectFile(log)
    assert caught.value.status is Exit.USAGE
    with pytest.raises(SluiceError, match="Is a directory"):
        RejectFile(tmp_path)


def read_only(path: object, *args: object, **options: object) -> None:
    """What Linux answers in a read-only file system, also for a file that is not there."""
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


def test_a_load_that_rejects_nothing_needs_no_folder_to_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "unlink", read_only)
    with RejectFile(tmp_path / "r.csv") as file:
        file.write([])
    file.remove_old()


def test_rejects_of_an_earlier_load_that_cannot_be_removed_stop_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.csv"
    written(path, reject(b"old"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SluiceError, match=r"r\.csv holds the rejects of an earlier load .*--rejects") as caught:
        RejectFile(path)
    assert caught.value.status is Exit.USAGE
    monkeypatch.undo()
    with RejectFile(path) as file:
        monkeypatch.setattr(os, "unlink", read_only)
        with pytest.raises(SluiceError, match="cannot be removed: Read-only file system"):
            file.remove_old()
