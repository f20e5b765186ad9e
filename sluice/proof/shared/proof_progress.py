"""Progress of a proof on the console: one line that changes on a terminal, a few plain lines elsewhere, or nothing."""

from typing import Protocol

from rich.status import Status
from rich.text import Text

from producer.runtime.terminal import Console
from sluice.proof.shared.sink_progress import SinkState


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
