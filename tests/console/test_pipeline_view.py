"""The view Pipeline in a browser."""

from pathlib import Path

from tests.console.console_page import ConsolePage


def test_the_view(console_page: ConsolePage, screenshots: Path) -> None:
    console_page.show("Pipeline")
    console_page.page.get_by_text("All parts work").wait_for()
    console_page.page.wait_for_timeout(3000)
    console_page.take_pictures("pipeline", screenshots)
