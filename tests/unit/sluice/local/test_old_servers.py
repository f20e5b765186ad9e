import os
import time
from pathlib import Path

from sluice.local.old_servers import KEPT_DAYS, remove_old_servers

DAY = 24 * 3600


def test_servers_that_nobody_has_used_for_long_are_removed(tmp_path: Path) -> None:
    ages = {"servers-now": 99, "servers-old": KEPT_DAYS + 1, "servers-recent": KEPT_DAYS - 1, "servers-running": 99}
    for name, days in {**ages, "maven": 99}.items():
        (tmp_path / name / "kafka").mkdir(parents=True)
        os.utime(tmp_path / name, (0, time.time() - days * DAY))
    state = tmp_path / "state"
    state.mkdir()
    (state / "servers").symlink_to(tmp_path / "servers-running")
    said: list[str] = []
    for _ in range(2):
        remove_old_servers(tmp_path / "servers-now", running=[state, tmp_path / "gone"], say=said.append)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"servers-now", "servers-recent", "servers-running", "maven", "state"}
    assert [line.split(",")[0] for line in said] == [f"removing {tmp_path / 'servers-old'}"]
    assert (tmp_path / "servers-now").stat().st_mtime > time.time() - DAY


def test_links_and_what_another_run_removes_meanwhile_are_left_alone(tmp_path: Path) -> None:
    cache, other = tmp_path / "cache", tmp_path / "other"
    for folder in (cache / "servers-now", other):
        folder.mkdir(parents=True)
    os.utime(other, (0, 0))
    (cache / "servers-link").symlink_to(other)
    (cache / "servers-gone").symlink_to(tmp_path / "gone")
    said: list[str] = []
    remove_old_servers(cache / "servers-now", running=[], say=said.append)
    assert not said
    assert other.is_dir()
    assert (cache / "servers-link").is_symlink()
