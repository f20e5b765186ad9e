"""How far a load is: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from producer.runtime.terminal import escape_line

_BAR_SECONDS = 0.1
_LINE_SECONDS = 5.0
_WINDOW_SECONDS = 3.0


def rows_done(amount: int, seconds: float) -> str:
    """Say how many rows are done and how fast."""
    return f"{amount:,} rows, {amount / seconds:,.0f}/s"


def bytes_done(amount: int, seconds: float) -> str:
    """Say how many bytes are done and how fast."""
    return f"{decimal(amount)} loaded, {decimal(round(amount / seconds))}/s"


def bytes_read(amount: int, seconds: float) -> str:
    """Say how many bytes would be loaded."""
    return f"{decimal(amount)} of images, {decimal(round(amount / seconds))}/s"


class LoadProgress:
    """Shows how much is done, how far the source is read and the time left on `console`: standard error.

    `done` puts into words the amount that update() is told, and the seconds it took.
    """

    def __init__(
        self,
        console: Console,
        *,
        name: str,
        size: int | None,
        done: Callable[[int, float], str] = rows_done,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._name = escape_line(name)
        self._size = size
        self._done = done
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
        text = f"{self._done(amount, max(now - self._begun, 1e-9))}, {self._bytes(position)}"
        if note:
            text += f" — {note}"
        if self._bar:
            self._bar.update(self._task, completed=position, text=text, refresh=True)
        else:
            self._console.print(f"{self._name}: {text}{self._left(position, now)}", highlight=False, soft_wrap=True)

    def _bytes(self, position: int) -> str:
        return decimal(position) + (f" of {decimal(self._size)}" if self._size else "")

    def _left(self, position: int, now: float) -> str:
        if not self._size or not position:
            return ""
        seconds = (now - self._begun) * (self._size - position) / position
        return f", {seconds:,.0f} s left"
