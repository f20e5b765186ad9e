import bz2
import gzip
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.source_errors import SourceCutError
from tests.unit.producer.log_samples import FILES, LOG, OTHER, archive, read_log


def test_an_archive_with_two_logs_is_refused_on_standard_input_too() -> None:
    two = FILES["/two.tar"]
    for packed in (two, gzip.compress(two), bz2.compress(two)):
        with pytest.raises(SluiceError, match=r"2 members called gps.csv, .* /dev/stdin::member"):
            read_log("-", stdin=packed)
        assert read_log("-::b/gps.csv", stdin=packed) == OTHER


def test_a_member_is_named_after_two_colons(log_folder: Path) -> None:
    packed = log_folder / "sensor_data/2012-11-16_sen.tar.gz"
    assert read_log(f"{packed}::2012-11-16/gps_rtk.csv") == OTHER
    assert read_log(f"{log_folder / 'two.tar'}::b/gps.csv") == OTHER


def test_a_file_whose_own_name_has_colons_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "a::b.csv"
    path.write_bytes(OTHER)
    assert read_log(str(path)) == OTHER


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("missing.csv", "there is no .*missing.csv"),
        (".", "is a folder"),
        ("two.tar", r"2 members called gps.csv, .*\n  a/gps.csv\n  b/gps.csv"),
        ("none.tgz", r"no member called gps.csv, .*\n  readme.txt"),
        ("two.tar::c/gps.csv", r"has no member c/gps.csv; .*\n  a/gps.csv"),
        ("gps.csv::gps.csv", "there is no tar archive to take gps.csv from"),
    ],
)
def test_a_missing_source_is_an_error(spec: str, says: str, log_folder: Path) -> None:
    with pytest.raises(SluiceError, match=says) as caught:
        read_log(str(log_folder / spec))
    assert caught.value.status is Exit.FAILED


def test_a_damaged_header_in_an_archive_is_not_taken_for_its_end(tmp_path: Path) -> None:
    data = bytearray(archive({"a/gps.csv": OTHER, "b/gps.csv": OTHER}, mode="w"))
    data[data.index(b"b/gps.csv")] ^= 1
    path = tmp_path / "damaged.tar"
    path.write_bytes(data)
    with pytest.raises(SourceCutError, match="header is damaged"):
        read_log(str(path))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_cut_archive_is_noticed(mode: str, tmp_path: Path) -> None:
    packed = archive({"x/gps.csv": LOG}, mode=mode)
    path = tmp_path / "cut.tar"
    path.write_bytes(packed[: len(packed) // 3])
    with pytest.raises(SourceCutError):
        read_log(f"{path}::x/gps.csv")
