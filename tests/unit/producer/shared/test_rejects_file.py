import csv
from pathlib import Path

import pytest

from producer.gps.check_rows import RowReject
from producer.gps.reject_reasons import RowReason
from producer.runtime.exit_status import Exit, SluiceError
from producer.shared.rejects_file import RejectFile


def reject(row: bytes, *, line: int = 1, length: int | None = None) -> RowReject:
    return RowReject(line, RowReason.COLUMNS, row, len(row) if length is None else length)


def written(path: Path, *rejects: RowReject, source: str = "/logs/gps.csv") -> list[list[str]]:
    with RejectFile(path, source=source) as file:
        file.write(list(rejects))
    with file.path.open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def test_rejects_are_written_as_csv(tmp_path: Path) -> None:
    rows = written(tmp_path / "r.csv", reject(b'1,"2",x', line=7), reject("é".encode(), line=9))
    assert rows == [
        ["line", "reason", "row", "source"],
        ["7", "columns", '1,"2",x', "/logs/gps.csv"],
        ["9", "columns", "é", "/logs/gps.csv"],
    ]


def test_bytes_that_are_not_utf8_and_long_rows_are_shown_as_text(tmp_path: Path) -> None:
    rows = written(tmp_path / "r.csv", reject(b"a\xff\x00b"), reject(b"z" * 4_096, length=1_073_741_824))
    assert rows[1][2] == "a\\xff\x00b"
    assert rows[2][2] == "z" * 1_000 + "… (1,073,741,824 bytes)"


def test_an_earlier_file_of_the_same_source_is_replaced_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    written(path, reject(b"old"), reject(b"older"))
    assert len(written(path, reject(b"new"))) == 2
    with RejectFile(path, source="/logs/gps.csv") as file:
        file.write([])
    assert path.exists()
    assert file.remove_old() is None
    assert not path.exists()
    assert file.remove_old() is None


@pytest.mark.parametrize("other", ["/others/gps.csv", ""])
def test_a_rejects_file_of_another_source_is_kept(tmp_path: Path, other: str) -> None:
    path = tmp_path / "gps.rejects.csv"
    written(path, reject(b"old"), source=other)
    before = path.read_bytes()
    written(path, reject(b"new"))
    written(path, reject(b"newer"))
    assert path.read_bytes() == before
    assert "newer" in (tmp_path / "gps.rejects-2.csv").read_text()
    written(path, reject(b"third"), source="")  # from a pipe: nobody knows whether it is the same again
    written(path, reject(b"fourth"), source="")
    assert len(list(tmp_path.iterdir())) == 4
    with RejectFile(path, source="/logs/gps.csv") as file:
        pass
    file.remove_old()
    assert path.read_bytes() == before
    path.unlink()
    (tmp_path / "gps.rejects-10.csv").write_text("line,reason,row,source\n1,columns,x,/logs/gps.csv\n")
    written(path, reject(b"fifth"))  # where its last one is, not where there is room now
    assert not path.exists()
    assert "fifth" in (tmp_path / "gps.rejects-10.csv").read_text()
    assert not (tmp_path / "gps.rejects-2.csv").exists()


def test_a_rejects_file_without_a_source_column_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("line,reason,row\n1,columns,x\n")
    written(path, reject(b"new"))
    assert path.read_text().endswith("1,columns,x\n")
    assert (tmp_path / "r-2.csv").exists()


def test_the_file_of_this_load_is_not_removed(tmp_path: Path) -> None:
    with RejectFile(tmp_path / "r.csv") as file:
        file.write([reject(b"x")])
    file.remove_old()
    assert file.path.exists()


def test_a_file_that_another_load_has_written_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    with RejectFile(path, source="a") as first, RejectFile(path, source="b") as second:
        first.write([reject(b"x")])
        second.write([reject(b"y")])
        assert (first.path.name, second.path.name) == ("r.csv", "r-2.csv")
    with RejectFile(tmp_path / "q.csv", source="a") as idle:
        written(tmp_path / "q.csv", reject(b"x"), source="b")
    idle.remove_old()
    assert (tmp_path / "q.csv").exists()


def test_a_file_that_is_no_rejects_file_is_not_overwritten(tmp_path: Path) -> None:
    log = tmp_path / "gps.csv"
    log.write_text("1353099678298235,3,0,0.7,-1.4,264.4,11.3,0.005\n")
    with pytest.raises(SluiceError, match=r"was not written by this command; .* --rejects") as caught:
        RejectFile(log)
    assert caught.value.status is Exit.USAGE
    assert RejectFile(log, named=False).path == tmp_path / "gps-2.csv"
    with pytest.raises(SluiceError, match="is a folder"):
        RejectFile(tmp_path)


def test_a_folder_that_cannot_be_written_matters_only_if_there_are_rejects(tmp_path: Path) -> None:
    with RejectFile(Path("/proc/r.csv")) as file:  # where root cannot write either
        assert file.remove_old() is None
        with pytest.raises(SluiceError, match=r"the rejects cannot be written to /proc/r\.csv"):
            file.write([reject(b"x")])


def test_a_device_is_written_to_and_never_removed() -> None:
    with RejectFile(Path("/dev/null")) as file:
        file.write([reject(b"x")])
    with RejectFile(Path("/dev/null")) as file:
        file.remove_old()
    assert Path("/dev/null").is_char_device()
