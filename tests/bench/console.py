"""Benchmark of the console: CPU time and memory of its server and of a page, while much happens."""

import os
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import psutil
from playwright.sync_api import Page

from producer.sample_images import write_images
from sluice.view.kafka_status import KafkaInspector
from tests.bench.bench_pipeline import BenchPipeline
from tests.bench.measurement import Cell, Figures, Report
from tests.browser import NO_BROWSER, find_browser, running_browser
from tests.run_sluice import running_console

SECONDS = 30.0
"""Time for which each view is measured."""
_SETTLE_SECONDS = 8.0
ROWS = 1_000_000
_IMAGES = 120
_VIEWS = ("pipeline", "topics", "topics/gps-fixes", "topics/gps-fixes/messages", "connectors", "data")
_COLUMNS = (
    "while",
    "view",
    "records/s",
    "server, % of a core",
    "page, % of a core",
    "both (goal: below 5)",
    "server, MiB at first",
    "server, MiB at last",
    "page, MiB at first",
    "page, MiB at last",
    "the view changed",
)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """CPU seconds used so far, and memory, of the console's server and of the browser's page."""

    wall: float
    server: float
    page: float
    server_bytes: int
    page_bytes: int

    @classmethod
    def read(cls) -> Self:
        """Read them of the children of this program."""
        processes = [(entry, _arguments(entry)) for entry in psutil.Process().children(recursive=True)]
        server = [entry for entry, arguments in processes if "console" in arguments]
        # A page is drawn by its renderer and by the process for graphics, here without a graphics card.
        page = [entry for entry, arguments in processes if arguments & {"--type=renderer", "--type=gpu-process"}]
        return cls(
            wall=time.monotonic(),
            server=sum(map(_cpu_seconds, server)),
            page=sum(map(_cpu_seconds, page)),
            server_bytes=sum(entry.memory_info().rss for entry in server),
            page_bytes=sum(entry.memory_info().rss for entry in page),
        )


def _arguments(process: Any) -> set[str]:
    try:
        return set(process.cmdline())
    except psutil.Error:  # a load that has just ended
        return set()


def _cpu_seconds(process: Any) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def console(bench: BenchPipeline) -> Report:
    """Measure every view while rows are loaded and while a million wait, two while images are loaded, and no view."""
    path = find_browser()
    if path is None:
        raise RuntimeError(NO_BROWSER)
    rows, images = bench.sample(ROWS), bench.folder / "console-images"
    write_images(images, count=_IMAGES, size=(640, 520))
    environment = {**os.environ, "SLUICE_STATE": str(bench.instance.state)}
    with running_console(environment) as url, running_browser(path) as browser:
        page = browser.new_page()
        page.goto(url)
        watch = _Watch(bench, page, url.partition("?")[0])
        with _repeated(lambda: bench.load(rows)):
            lines = [watch.measure("rows are loaded", view, topic="gps-fixes") for view in _VIEWS]
        with _repeated(lambda: bench.sluice("load", "images", str(images))):
            lines += [watch.measure("images are loaded", view, topic="images") for view in ("pipeline", "data")]
        with bench.sink_stopped():
            bench.load(rows)
            lines += [watch.measure("a million rows wait", view, topic="gps-fixes") for view in _VIEWS]
            page.goto("about:blank")
            lines.append(watch.measure("no page is open", "", topic="gps-fixes"))
    return Report(name="console", tables=(Figures(title="console", columns=_COLUMNS, rows=tuple(lines)),))


class _Watch:
    """Shows views in a page, and measures what each costs."""

    def __init__(self, bench: BenchPipeline, page: Page, address: str) -> None:
        self._kafka = KafkaInspector(bench.endpoints.consumer)
        self._page = page
        self._address = address

    def measure(self, load: str, view: str, *, topic: str) -> tuple[Cell, ...]:
        """Show a view, if one is named, and return a row of the table."""
        if view:
            self._page.goto(f"{self._address}#/{view}")
        time.sleep(_SETTLE_SECONDS)  # a view's first reading is not what it costs while it is open
        shown, written, begin = self._shown(), self._written(topic), Usage.read()
        time.sleep(SECONDS)
        end = Usage.read()
        seconds = end.wall - begin.wall
        server, page = (100 * used / seconds for used in (end.server - begin.server, end.page - begin.page))
        memory = (begin.server_bytes, end.server_bytes, begin.page_bytes, end.page_bytes)
        rate = round((self._written(topic) - written) / seconds)
        return (
            *(load, view or "none", rate),
            *(round(share, 1) for share in (server, page, server + page)),
            *(round(size / 2**20) for size in memory),
            "yes" if self._shown() != shown else "no",
        )

    def _shown(self) -> str:
        return self._page.inner_html("body")

    def _written(self, topic: str) -> int:
        return sum(self._kafka.end_offsets(topic).values())


@contextmanager
def _repeated(load: Callable[[], object]) -> Generator[None]:
    """Load again and again meanwhile; raises what a load has raised."""
    ended, errors = threading.Event(), list[Exception]()

    def repeat() -> None:
        while not ended.is_set() and not errors:
            try:
                load()
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if errors:
        raise errors[0]
