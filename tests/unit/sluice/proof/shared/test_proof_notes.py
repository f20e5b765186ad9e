"""Notes of proofs: private, bounded, written by several programs at once."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.proof.shared.proof_notes import MAX_CHARACTERS, NOTES, ProofNote, ProofNotes


def note(number: int, *, report: Path | None = None) -> ProofNote:
    return ProofNote.make(source=f"{number}.csv", status=Exit.OK, headline="All is there.", seconds=1.25, report=report)


@pytest.fixture
def notes(tmp_path: Path) -> ProofNotes:
    return ProofNotes(tmp_path / "proofs")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_without_a_file_there_are_no_notes(notes: ProofNotes):
    assert notes.read() == []


def test_notes_come_back_the_newest_first(notes: ProofNotes):
    added = [note(number) for number in range(3)]
    for one in added:
        notes.add(one)
    assert notes.read() == added[::-1]


def test_the_newest_are_kept_and_the_reports_of_the_folder_go_with_the_others(notes: ProofNotes, tmp_path: Path):
    own, users = notes.make_folder() / "report-1.html", tmp_path / "proof.html"
    for path in (own, users):
        path.write_text("report", encoding="utf-8")
        notes.add(note(0, report=path))
    for number in range(NOTES):
        notes.add(note(number))
    assert [one.source for one in notes.read()] == [f"{number}.csv" for number in range(NOTES)][::-1]
    assert not own.exists()
    assert users.exists()


def test_only_the_owner_can_read_them(notes: ProofNotes):
    notes.add(note(1))
    assert mode(notes.folder) == 0o700
    assert {mode(path) for path in notes.folder.iterdir()} == {0o600}


def test_a_folder_of_others_is_not_used(tmp_path: Path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    (tmp_path / "file").touch(0o600)
    for name in ("open", "link", "file", "missing/proofs"):
        with pytest.raises(SluiceError):
            ProofNotes(tmp_path / name).add(note(1))
    for name in ("open", "link", "file"):
        with pytest.raises(SluiceError, match="only you can use"):
            ProofNotes(tmp_path / name).read()
    assert not any((tmp_path / "own").iterdir())


def test_a_folder_of_another_user_is_not_read(notes: ProofNotes, monkeypatch: pytest.MonkeyPatch):
    notes.add(note(1))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(SluiceError, match="another user has made it"):
        notes.read()


def test_what_is_no_file_is_not_waited_for(notes: ProofNotes, tmp_path: Path):
    file = notes.make_folder() / "notes.json"
    os.mkfifo(file)
    assert notes.read() == []
    file.unlink()
    (tmp_path / "notes.json").write_text("[]", encoding="utf-8")
    file.symlink_to(tmp_path / "notes.json")
    assert notes.read() == []


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"[1, {}, null]", b"\xff", b"[" * 100_000])
def test_a_damaged_file_begins_anew(content: bytes, notes: ProofNotes):
    (notes.make_folder() / "notes.json").write_bytes(content)
    assert notes.read() == []
    notes.add(note(1))
    assert len(notes.read()) == 1


def test_texts_are_limited_and_may_hold_anything(notes: ProofNotes):
    hostile = "\udcff<script>\x1b" + "x" * 1_000_000
    notes.add(replace(note(1), source=hostile[:MAX_CHARACTERS]))
    notes.add(ProofNote.make(source=hostile, status=Exit.FAILED, headline=hostile, seconds=0, reasons=(hostile,) * 99))
    assert (notes.folder / "notes.json").stat().st_size < 50_000
    assert notes.read()[0].headline == hostile[:MAX_CHARACTERS]


@pytest.mark.slow
def test_programs_that_add_at_once_lose_none(notes: ProofNotes):
    notes.make_folder()
    code = (
        "import sys; from pathlib import Path\n"
        "from producer.runtime.exit_status import Exit\n"
        "from sluice.proof.shared.proof_notes import ProofNote, ProofNotes\n"
        "for _ in range(20):\n"
        "    note = ProofNote.make(source='x', status=Exit.OK, headline='', seconds=0)\n"
        "    ProofNotes(Path(sys.argv[1])).add(note)\n"
    )
    programs = [subprocess.Popen([sys.executable, "-c", code, str(notes.folder)]) for _ in range(4)]
    assert [program.wait() for program in programs] == [0, 0, 0, 0]
    assert len(notes.read()) == 80
