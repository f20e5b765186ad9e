"""Names of output files at which another user has put something: it is not written to, and nothing is waited for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from producer.gps.check_rows import RowReject
from producer.gps.reject_reasons import RowReason
from producer.shared.output_files import free_path
from producer.shared.rejects_file import RejectFile

from .profile import bounded

REJECT = RowReject(1, RowReason.NOT_A_NUMBER, b"x", 1, None)
SOURCE = "/data/gps.csv"


def link_to(target: Path) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.touch()
    return path


@pytest.mark.parametrize("kind", ["link", "dangling link", "link to a device", "pipe", "folder", "somebody's file"])
def test_a_default_name_that_is_taken_is_not_used(kind: str, tmp_path: Path, victim: Path) -> None:
    place: dict[str, Callable[[Path], object]] = {
        "link": link_to(victim),
        "dangling link": link_to(tmp_path / "nothing"),
        "link to a device": link_to(Path("/dev/full")),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
        "somebody's file": Path.touch,
    }
    wanted = tmp_path / "gps.rejects.csv"
    place[kind](wanted)
    if kind == "somebody's file":
        if os.geteuid():
            pytest.skip("only root can make a file that is another user's")
        os.chown(wanted, 65_534, 65_534)
    if kind == "folder":
        assert free_path(wanted, source=SOURCE, source_of=lambda _: None, named_by=None) != wanted
        return
    with bounded(seconds=10), RejectFile(wanted, source=SOURCE, named=False) as rejects:
        rejects.write([REJECT])
    assert rejects.path.name == "gps.rejects-2.csv"
    assert rejects.path.stat().st_size
    assert victim.stat().st_size == 0
    assert not (tmp_path / "nothing").exists()


def test_a_link_that_comes_in_between_is_not_followed(
    tmp_path: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejects = RejectFile(tmp_path / "gps.rejects.csv", source=SOURCE, named=False)
    (tmp_path / "gps.rejects.csv").symlink_to(victim)
    monkeypatch.setattr(rejects, "_choose", lambda: rejects.path)
    with pytest.raises(Exception, match="cannot be written"):
        rejects.write([REJECT])
    assert victim.stat().st_size == 0


def test_a_link_that_an_option_names_is_followed(tmp_path: Path, victim: Path) -> None:
    (tmp_path / "mine.csv").symlink_to(victim)
    with RejectFile(tmp_path / "mine.csv", source=SOURCE, named=True) as rejects:
        rejects.write([REJECT])
    assert victim.stat().st_size > 0
