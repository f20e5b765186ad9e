"""A page of the console in a browser, with what the tests of its views need."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


class ConsolePage:
    """The console in a browser's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def show(self, view: str) -> None:
        """Show a view, by its link in the navigation."""
        self.page.get_by_role("navigation").get_by_role("link", name=view, exact=True).click()
        self.page.get_by_role("heading", level=1, name=view, exact=True).wait_for()

    def take_pictures(self, name: str, folder: Path) -> None:
        """Take pictures of what is shown: light, dark, and as wide as a phone; check each with axe."""
        for kind, size in (("light", WIDE), ("dark", WIDE), ("phone", PHONE)):
            self.page.emulate_media(color_scheme="dark" if kind == "dark" else "light")
            self.page.set_viewport_size(size)
            self.page.screenshot(path=folder / f"{name}-{kind}.png", full_page=True)
            assert self.accessibility_problems() == []
            overflow = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, f"{name} is {overflow} pixels wider than a {kind} page"
        self.page.set_viewport_size(WIDE)

    def accessibility_problems(self) -> list[str]:
        """Return what axe finds: rule, and the element that breaks it."""
        found = Axe().run(self.page).response["violations"]
        return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]
