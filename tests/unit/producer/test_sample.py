import itertools
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from producer.gps.check_rows import read_fixes
from producer.gps.parse_row import GpsFix
from producer.runtime.exit_status import Exit
from producer.sample import main, write_sample


def fixes(path: Path) -> list[GpsFix]:
    with path.open("rb") as file:
        rows = list(read_fixes(file))
    assert all(isinstance(row, GpsFix) for row in rows)
    return [row for row in rows if isinstance(row, GpsFix)]


def test_the_sample_is_always_the_same(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv")
    main([str(tmp_path / "b.csv")])
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    digest = sha256((tmp_path / "a.csv").read_bytes()).hexdigest()
    assert digest == "392020d8832519b4c3717d6911741a79cd0b5ea61b0fdf7e700234c0ec4f6c92"


def test_a_file_that_is_no_sample_is_not_overwritten(tmp_path: Path) -> None:
    log = tmp_path / "gps.csv"
    log.write_text("1,2,3\n")
    with pytest.raises(SystemExit) as caught:
        main([str(log)])
    assert (caught.value.code, log.read_text()) == (Exit.USAGE, "1,2,3\n")
    for rows in ("20", "10"):
        main([str(tmp_path / "sample.csv"), "--rows", rows])
    assert len(fixes(tmp_path / "sample.csv")) == 10


def test_another_seed_is_another_log_and_rows_are_counted(tmp_path: Path) -> None:
    main([str(tmp_path / "a.csv"), "--rows", "10"])
    main([str(tmp_path / "b.csv"), "--rows", "10", "--seed", "7"])
    assert len(fixes(tmp_path / "a.csv")) == len(fixes(tmp_path / "b.csv")) == 10
    assert (tmp_path / "a.csv").read_bytes() != (tmp_path / "b.csv").read_bytes()


def test_the_sample_has_the_quirks_of_the_real_logs(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv")
    rows = fixes(tmp_path / "a.csv")
    assert len(rows) == 20_000
    seconds = (rows[-1].utime - rows[0].utime) / 1e6
    assert 4.8 < len(rows) / seconds < 5.2
    assert all(a.utime < b.utime for a, b in itertools.pairwise(rows))
    assert all((row.altitude is None) == (row.fix_mode == 2) for row in rows)
    without_course = Counter(row.fix_mode for row in rows if row.track is None and row.speed is None)
    assert min(without_course[2], without_course[3]) > 50
    assert sum((row.track is None) != (row.speed is None) for row in rows) == 0
    assert {row.satellites for row in rows} == {0}
    assert {row.fix_mode for row in rows} == {2, 3}


def test_the_walk_stays_in_town_and_at_walking_pace(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv", rows=100_000)
    for row in fixes(tmp_path / "a.csv"):
        assert row.latitude is not None
        assert row.longitude is not None
        assert abs(row.latitude - 0.7381) < 5e-4
        assert abs(row.longitude + 1.4610) < 5e-4
        assert 200 < (row.altitude or 262) < 320
        assert 0 <= (row.speed or 0) < 2
