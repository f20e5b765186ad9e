"""Folders that a user names: which are usable, which are refused, and why."""

import os
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local import folder_checks
from sluice.local.folder_checks import (
    MAX_PATH_BYTES,
    STATE_FOLDER,
    FolderPurpose,
    display_path,
    make_folder,
    replace_link,
    resolve_folder,
)

ODD = "a b,c:d;ö#%20&+'\"$HOME\\`{}^|~<>?*!=@()\n\t[x]"
"""Characters that a home folder's path may contain."""


def refusal(path: Path, purpose: FolderPurpose = STATE_FOLDER) -> str:
    with pytest.raises(SluiceError) as error:
        make_folder(path, purpose)
    assert error.value.status is Exit.USAGE
    assert purpose.option in str(error.value)
    return str(error.value)


def test_any_text_is_a_name(tmp_path: Path) -> None:
    assert make_folder(tmp_path / ODD, STATE_FOLDER) == tmp_path / ODD
    assert (tmp_path / ODD).stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / ODD).iterdir()) == []


def test_link_is_followed_so_that_an_instance_has_one_name(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert make_folder(tmp_path / "link", STATE_FOLDER) == tmp_path / "real"
    assert resolve_folder(tmp_path / "other/../link", STATE_FOLDER) == tmp_path / "real"


def test_bytes_that_are_no_text_are_refused_and_shown(tmp_path: Path) -> None:
    assert "st\\xf6 " not in refusal(tmp_path / os.fsdecode(b"st\xf6"))
    assert "st\\xf6: its name is not UTF-8" in refusal(tmp_path / os.fsdecode(b"st\xf6"))


def test_a_name_that_the_locale_decodes_differently_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_as_latin = tmp_path / "stÃ¶"
    monkeypatch.setattr(folder_checks.os, "fsencode", lambda path: str(path).encode("latin-1"))
    monkeypatch.setattr(folder_checks.sys, "getfilesystemencoding", lambda: "iso8859-1")
    assert "iso8859-1; set LC_ALL=C.UTF-8" in refusal(read_as_latin)


def test_name_that_the_database_cannot_keep_is_refused(tmp_path: Path) -> None:
    room = MAX_PATH_BYTES - len(os.fsencode(tmp_path)) - 1
    fits = tmp_path / ("x" * (room - 201) + "/" + "ö" * 100)
    assert make_folder(fits, STATE_FOLDER) == fits
    assert f"has {MAX_PATH_BYTES + 1} bytes" in refusal(fits.with_name(fits.name + "x"))


def test_purpose_may_leave_out_characters(tmp_path: Path) -> None:
    assert "with [ in its name" in refusal(tmp_path / "a[b", FolderPurpose(content="x", option="X=DIR", forbidden="[]"))


def test_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "that is a file" in refusal(tmp_path / "file")
    assert "Not a directory" in refusal(tmp_path / "file/below")


def test_folder_that_cannot_be_written_is_refused() -> None:
    assert "cannot be written" in refusal(Path("/proc/self/fdinfo/new"))  # for root too
    assert "cannot be written" in refusal(Path("/proc/self"))


def test_control_characters_are_escaped_for_display() -> None:
    assert display_path(Path("/a\n\x1b[2Jö")) == "/a\\n\\x1b[2Jö"


def test_link_is_created_and_changed(tmp_path: Path) -> None:
    for target in ("one", "one", "two"):
        replace_link(tmp_path / "name", tmp_path / target)
        assert (tmp_path / "name").readlink() == tmp_path / target
    assert [path.name for path in tmp_path.iterdir()] == ["name"]
