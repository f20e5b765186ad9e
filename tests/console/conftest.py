"""Fixtures: the console of the tests' pipeline, and a page of it in a real browser."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import NO_BROWSER, find_browser, running_browser
from tests.console.console_page import ConsolePage
from tests.run_sluice import running_console

TIMEOUT_MS = 20_000


@pytest.fixture(scope="session")
def console_url(environment: dict[str, str], target: str) -> Generator[str]:
    """URL, with its token, of a console for the tests' pipeline."""
    with running_console(environment, "--target", target) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """Debian's Chromium, without a window."""
    path = find_browser()
    if path is None:
        _skip_or_fail(NO_BROWSER)
    with running_browser(path) as browser:
        yield browser


@pytest.fixture
def console_page(browser: Browser, console_url: str) -> Generator[ConsolePage]:
    """A new page of the console, which fails the test if its scripts have failed."""
    context = browser.new_context()
    context.set_default_timeout(TIMEOUT_MS)
    yield from opened(context.new_page(), console_url)
    context.close()


def opened(page: Page, url: str) -> Generator[ConsolePage]:
    """Open the console in a page; afterwards no error may be in its log."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(url)
    yield ConsolePage(page)
    assert errors == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Folder for pictures of the page: $SLUICE_SCREENSHOTS, or build/screenshots of the checkout."""
    default = Path(__file__).resolve().parents[2] / "build/screenshots"
    folder = Path(os.environ.get("SLUICE_SCREENSHOTS", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _skip_or_fail(reason: str) -> NoReturn:
    """Skip, or fail in CI, where skipping would hide that nothing was tested."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
