import os
from dataclasses import replace
from pathlib import Path

import pytest

from producer.runtime.exit_status import Exit, SluiceError
from sluice.proof.gps.report import render
from sluice.proof.shared.report_file import report_path, source_of_page, write_report
from tests.unit.sluice.proof.gps.fake_table import FakeTable
from tests.unit.sluice.proof.gps.test_report import LOG, ROWS, proof, prove


def page(source: str) -> str:
    return render(replace(proof(prove(LOG, table=FakeTable(ROWS))), source_id=source))


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("proof.html")


def test_a_report_contains_the_id_of_its_source():
    odd = "/logs/\"<a>&'.csv"
    assert source_of_page(page(odd)) == odd
    assert source_of_page("<!DOCTYPE html><title>No proof: gps.csv</title>") == ""
    assert source_of_page("<!DOCTYPE html><title>My garden</title>") is None


def test_a_report_is_written_whole_or_not_at_all(report: Path):
    text = page("/a/gps.csv")
    assert write_report(text, report) == report
    assert report.read_text(encoding="utf-8") == text
    assert os.listdir() == ["proof.html"]
    with pytest.raises(SluiceError, match="choose another with -o"):
        write_report(text, Path("no such folder") / "proof.html")


def test_a_report_on_the_same_source_is_replaced_and_on_another_one_kept(report: Path):
    of_one, of_another = page("/a/gps.csv"), page("/b/gps.csv")
    for text in (of_one, of_another, of_another + "\n", of_one + "\n"):
        last = write_report(text, report)
    assert last == report
    assert sorted(os.listdir()) == ["proof-2.html", "proof.html"]
    assert report.read_text() == of_one + "\n"
    assert Path("proof-2.html").read_text() == of_another + "\n"


def test_a_report_on_what_came_through_a_pipe_is_never_replaced(report: Path):
    assert [write_report(page(""), report).name for _ in range(3)] == ["proof.html", "proof-2.html", "proof-3.html"]


def test_a_file_that_is_no_report_is_not_written_over(report: Path):
    report.write_text("<title>My garden</title>")
    log = Path("log.csv")
    log.write_text("1353099678298235,3,0,0.7,-1.4,264.4,11.3,0.005\n")
    assert write_report(page("a"), report).name == "proof-2.html"
    with pytest.raises(SluiceError, match="not written by this command") as caught:
        write_report(page("a"), log)
    assert caught.value.status is Exit.USAGE
    Path("empty.html").touch()
    assert write_report(page("a"), Path("empty.html")).name == "empty.html"


def test_a_link_stays_a_link_and_a_device_a_device(report: Path):
    Path("there").mkdir()
    report.symlink_to("there/page.html")
    assert write_report(page("a"), report) == Path("proof-2.html")  # nobody has named this link
    chosen = Path("chosen.html")
    chosen.symlink_to("there/page.html")
    Path("there/page.html").touch()
    text = page("a")  # it says the second in which it was made
    write_report(text, chosen)
    assert chosen.is_symlink()
    assert Path("there/page.html").read_text() == text
    assert write_report(page("a"), Path("/dev/null")) == Path("/dev/null")
    assert Path("/dev/null").is_char_device()


def test_the_name_is_found_before_anything_is_written(report: Path):
    assert report_path(report, source="a") == report
    assert not report.exists()
