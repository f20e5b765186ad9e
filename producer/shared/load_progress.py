"""Progress of a load: a bar on a terminal, a line every 5 seconds elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from producer.runtime.terminal import Console, escape_line

_BAR_SECONDS = 0.1
_LINE_SECONDS = 5.0
_WINDOW_SECONDS = 3.0


def describe_rows(amount: int, seconds: float) -> str:
    """Return the rows loaded and rows per second, for display."""
    return f"{amount:,} rows, {amount / seconds:,.0f}/s"


def describe_bytes(amount: int, seconds: float) -> str:
    """Return the bytes loaded and bytes per second, for display."""
    return f"{decimal(amount)} loaded, {decimal(round(amount / seconds))}/s"


def describe_dry_run(amount: int, seconds: float) -> str:
    """Return the bytes that a dry run has read and bytes per second, for display."""
    return f"{decimal(amount)} of images, {decimal(round(amount / seconds))}/s"


class LoadProgress:
    """Shows on `console` (standard error) how much is loaded, how far the source is read and the time left.

    `name` and `size` (bytes) are the source's. `describe` formats the amount that update() gets and the seconds so far.
    """

    def __init__(
        self,
        console: Console,
        *,
        name: str,
        size: int | None,
        describe: Callable[[int, float], str] = describe_rows,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._name = escape_line(name)
        self._size = size
        self._describe = describe
        self._clock = clock
        self._begun = self._shown = clock()
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TextColumn("{task.fields[text]}", markup=False),
                TimeRemainingColumn(),
                console=console,
                auto_refresh=False,
                transient=True,
                speed_estimate_period=_WINDOW_SECONDS,
            )
            self._task = self._bar.add_task(escape_line(name), total=size, text="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, *, amount: int, position: int, note: str | None = None) -> None:
        """Show the amount acknowledged, the bytes of the source read, and what is being waited for."""
        now = self._clock()
        if now - self._shown < (_BAR_SECONDS if self._bar else _LINE_SECONDS):
            return
        self._shown = now
        text = f"{self._describe(amount, max(now - self._begun, 1e-9))}, {self._format_position(position)}"
        if note:
            text += f" — {note}"
        if self._bar:
            self._bar.update(self._task, completed=position, text=text, refresh=True)
        else:
            self._console.print(f"{self._name}: {text}{self._format_time_left(position, now)}", soft_wrap=True)

    def _format_position(self, position: int) -> str:
        return decimal(position) + (f" of {decimal(self._size)}" if self._size else "")

    def _format_time_left(self, position: int, now: float) -> str:
        if not self._size or not position:
            return ""
        seconds = (now - self._begun) * (self._size - position) / position
        return f", {seconds:,.0f} s left"
