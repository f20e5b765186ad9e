from argparse import ArgumentParser
from io import StringIO
from pathlib import Path

import certifi
import pytest

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console
from sluice.proof.command import add_arguments, run
from sluice.proof.shared.proof_notes import ProofNotes
from sluice.view.endpoints import VARIABLES, Endpoints

NOWHERE = Endpoints.from_env(
    dict.fromkeys(VARIABLES, "1")
    | {"SLUICE_MYSQL_HOST": "127.0.0.1", "SLUICE_REDIS_HOST": "127.0.0.1"}
    | {"SLUICE_CONNECT_URL": "http://127.0.0.1:1", "SLUICE_REGISTRY_URL": "http://127.0.0.1:1"}
    | {"SLUICE_CA_FILE": certifi.where()}
)


def prove(*arguments: str, notes: ProofNotes | None = None) -> Exit:
    parser = ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(arguments), env={}, console=Console(file=StringIO()), endpoints=NOWHERE, notes=notes)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "gps.csv"
    path.write_text("", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "2012-11-16"
    path.mkdir()
    return path


@pytest.mark.parametrize("arguments", [["--wait", "soon"], ["--wait", "-1"], ["--wait", "nan"], ["--list", "-3"]])
def test_invalid_arguments_are_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        prove("gps.csv", *arguments)
    assert "is not a number of" in capsys.readouterr().err


def test_an_unwritable_report_is_an_error_before_anything_is_queried(tmp_path: Path):
    for path in (tmp_path, tmp_path / "nowhere" / "proof.html"):
        with pytest.raises(SluiceError, match="choose another with -o") as caught:
            prove("gps.csv", "-o", str(path))
        assert caught.value.status is Exit.USAGE


def test_a_report_is_never_written_over_the_source(tmp_path: Path, log: Path, folder: Path):
    (tmp_path / "link.html").symlink_to(log)
    for source, path in ((log, log), (log, tmp_path / "link.html"), (folder, folder / "proof.html")):
        with pytest.raises(SluiceError, match="name another file with -o") as caught:
            prove(str(source), "-o", str(path))
        assert caught.value.status is Exit.USAGE
    log.write_text("1,2,3\n")
    with pytest.raises(SluiceError, match="not written by this command") as caught:
        prove(str(folder), "-o", str(log))
    assert caught.value.status is Exit.USAGE


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path, log: Path):
    with pytest.raises(SluiceError, match=r"MySQL at 127\.0\.0\.1:1 .* `sluice status` says") as caught:
        prove(str(log), "-o", str(tmp_path / "proof.html"))
    assert caught.value.status is Exit.UNAVAILABLE


def test_images_are_looked_for_in_redis(tmp_path: Path, folder: Path):
    with pytest.raises(SluiceError, match=r"Redis at 127\.0\.0\.1:1 .* `sluice status` says") as caught:
        prove(str(folder), "-o", str(tmp_path / "proof.html"))
    assert caught.value.status is Exit.UNAVAILABLE


def test_what_came_of_a_proof_is_noted_but_no_mistake_of_the_command_line(tmp_path: Path, log: Path):
    notes = ProofNotes(tmp_path / "proofs")
    for arguments in ((str(log),), (str(log), "--limit", "3")):
        with pytest.raises(SluiceError):
            prove(*arguments, "-o", str(tmp_path / "proof.html"), notes=notes)
    (noted,) = notes.read()
    assert (noted.source, noted.status, noted.report) == (str(log), Exit.UNAVAILABLE, None)
    assert "MySQL at 127.0.0.1:1" in noted.headline


def test_a_proof_that_was_interrupted_is_noted(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sluice.proof.command._prove", interrupt)
    notes = ProofNotes(tmp_path / "proofs")
    assert prove(str(log), "-o", str(tmp_path / "proof.html"), notes=notes) is Exit.INTERRUPTED
    assert notes.read()[0].status == Exit.INTERRUPTED


def test_notes_that_cannot_be_written_change_nothing_and_it_is_said(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SluiceError, match="MySQL"):
        prove(str(log), "-o", str(tmp_path / "proof.html"), notes=ProofNotes(tmp_path / "missing/proofs"))
    assert "does not show this proof" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--limit", "3"], ["--every", "2"], ["--camera", "Cam0"], ["--max-bytes", "1GB"]], ids=" ".join
)
def test_selection_options_are_usage_errors_for_a_log(option: list[str], log: Path, tmp_path: Path):
    with pytest.raises(SluiceError, match=f"{option[0]} selects images, .* --list") as caught:
        prove(str(log), *option, "-o", str(tmp_path / "proof.html"))
    assert caught.value.status is Exit.USAGE
