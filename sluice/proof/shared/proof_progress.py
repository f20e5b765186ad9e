"""Progress of a proof on the console: one line that changes on a terminal, a few plain lines elsewhere, or nothing.

For programs: lines of JSON.
"""

import sys
import time
from argparse import Namespace
from contextlib import AbstractContextManager
from typing import Any, Protocol, TextIO

from rich.status import Status
from rich.text import Text

from producer.runtime.terminal import Console, write_json
from sluice.proof.shared.sink_progress import SinkState

JSON_SECONDS = 0.25
"""Time between two objects of one stage."""


class Progress(Protocol):
    """Receives the progress of a proof."""

    def read(self, count: int) -> None:
        """Take the number of rows or images read so far."""
        ...

    def waiting(self, state: SinkState) -> None:
        """Take the state of the sink that the proof waits for."""
        ...

    def compared(self, count: int, total: int) -> None:
        """Take the number of rows or images compared so far."""
        ...


class ConsoleProgress:
    """Progress on a console; `items` are what is compared ("rows"). Use it in a `with`."""

    def __init__(self, console: Console, *, quiet: bool, items: str) -> None:
        self._items = items
        self._status: Status | None = None
        self._plain = None if quiet else console
        if not quiet and console.is_terminal:
            self._status = console.status("reading the source")
            self._plain = None
        self._lag: int | None = None

    def __enter__(self) -> "ConsoleProgress":
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._status is not None:
            self._status.stop()

    def read(self, count: int) -> None:
        """Take the number of rows or images read so far."""
        self._show(f"reading the source: {count:,} {self._items}")

    def waiting(self, state: SinkState) -> None:
        """Take the state of the sink that the proof waits for."""
        if not state.lag:
            return
        text = f"waiting for the sink: {state.lag:,} record{'' if state.lag == 1 else 's'} to go"
        self._show(text)
        # Where lines stay, print one for every change only.
        if self._plain is not None and state.lag != self._lag:
            self._plain.print(text)
        self._lag = state.lag

    def compared(self, count: int, total: int) -> None:
        """Take the number of rows or images compared so far."""
        self._show(f"comparing: {count:,} of {total:,} {self._items}")

    def _show(self, text: str) -> None:
        if self._status is not None:
            self._status.update(Text(text))


class JsonProgress:
    """Progress as lines of JSON: `stage` (reading, waiting, comparing), `items`, `count`, and `total` if known."""

    def __init__(self, file: TextIO, *, items: str) -> None:
        self._file = file
        self._items = items
        self._stage = ""
        self._next = 0.0

    def __enter__(self) -> "JsonProgress":
        return self

    def __exit__(self, *exception: object) -> None:
        """End; nothing has to be done."""

    def read(self, count: int) -> None:
        """Take the number of rows or images read so far."""
        self._write("reading", count=count)

    def waiting(self, state: SinkState) -> None:
        """Take the state of the sink that the proof waits for; the count is that of the records to go."""
        if state.lag:
            self._write("waiting", count=state.lag)

    def compared(self, count: int, total: int) -> None:
        """Take the number of rows or images compared so far."""
        self._write("comparing", count=count, total=total)

    def _write(self, stage: str, **counts: int) -> None:
        now = time.monotonic()
        if stage != self._stage or now >= self._next:
            step: dict[str, Any] = {"stage": stage, "items": self._items, **counts}
            write_json(step, self._file)
            self._stage, self._next = stage, now + JSON_SECONDS


def open_progress(args: Namespace, *, console: Console, items: str) -> AbstractContextManager[Progress]:
    """Return the progress that the arguments ask for; `items` are what is compared ("rows")."""
    if args.json and args.progress:
        return JsonProgress(sys.stderr, items=items)
    return ConsoleProgress(console, quiet=args.json, items=items)
