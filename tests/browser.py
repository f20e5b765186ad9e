"""A browser without a window, for tests and benchmarks of the console."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
NO_BROWSER = f"no browser was found, of {', '.join(BROWSERS)}: apt-get install chromium"


def find_browser() -> str | None:
    """Return the path of the system's Chromium or Chrome; None if there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@contextmanager
def running_browser(path: str) -> Generator[Browser]:
    """Start the browser at `path`, and close it at the end."""
    with sync_playwright() as playwright:
        # Without a sandbox: in a container, root cannot make one.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        )
        yield browser
        browser.close()
