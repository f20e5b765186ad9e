"""View Proofs: one is started, watched, and its report opened."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.console_page import ConsolePage
from tests.run_sluice import Sluice

START = 1_451_606_400_000_000
"""2016, a year that no other test uses."""


@pytest.fixture
def log(tmp_path: Path, sluice: Sluice) -> Generator[Path]:
    """A log that was loaded; its rows are removed afterwards."""
    path = tmp_path / "gps.csv"
    path.write_text(
        "".join(f"{START + n * 200_000},3,0,0.738{n},-1.461,260.5,11.3,0.5\n" for n in range(9)), encoding="utf-8"
    )
    assert sluice("load", "gps", str(path)).returncode == 0
    yield path
    assert sluice("load", "gps", str(path), "--tombstones").returncode == 0


def prove(console_page: ConsolePage, source: str) -> None:
    console_page.page.get_by_label("Source").fill(source)
    console_page.page.get_by_role("button", name="Start the proof").click()


def test_a_proof_is_started_and_its_report_opened(console_page: ConsolePage, log: Path, screenshots: Path) -> None:
    console_page.show("Proofs")
    page = console_page.page
    prove(console_page, str(log))
    running = page.get_by_label("The proof that runs")
    running.get_by_role("progressbar").wait_for()
    ended = page.get_by_label("The proof that was started last")
    ended.get_by_text("All 9 rows of the source are in myDB.gps_fixes, every field equal.").wait_for()
    assert ended.get_by_text("proven", exact=True).is_visible()
    with page.context.expect_page() as opened:
        ended.get_by_role("link", name="Open the report").click()
    report = opened.value
    report.get_by_role("heading", level=1).wait_for()
    assert "All 9 rows" in (report.get_by_role("heading", level=1).text_content() or "")
    assert report.evaluate("origin") == "null"  # not the console's: it can ask it for nothing
    report.close()
    console_page.take_pictures("proofs", screenshots)


def test_a_wrong_path_is_a_sentence(console_page: ConsolePage) -> None:
    console_page.show("Proofs")
    prove(console_page, "/nowhere/gps.csv")
    ended = console_page.page.get_by_label("The proof that was started last")
    ended.get_by_text("there is no /nowhere/gps.csv").wait_for()
    assert ended.get_by_text("failed", exact=True).is_visible()
    made = console_page.page.get_by_role("main").get_by_role("list").get_by_role("listitem").filter(has_text="/nowhere")
    made.first.wait_for()
    console_page.page.evaluate("window.shown = document.querySelector('.proofs > li')")
    count = made.count()
    prove(console_page, "/nowhere/gps.csv")
    expect(made).to_have_count(count + 1)
    assert console_page.page.evaluate("window.shown.isConnected"), "a new one leaves those before it alone"
