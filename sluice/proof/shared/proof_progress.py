"""Shows how far a proof is: one line that changes on a terminal, a few plain lines elsewhere, or nothing."""

from typing import Protocol

from rich.console import Console
from rich.status import Status
from rich.text import Text

from sluice.proof.shared.sink_progress import SinkState


class Progress(Protocol):
    """Is told how far the proof is."""

    def read(self, count: int) -> None:
        """So much of the source has been read."""
        ...

    def waiting(self, state: SinkState) -> None:
        """The sink has this far to go."""
        ...

    def compared(self, count: int, total: int) -> None:
        """So many of all have been compared."""
        ...


class ConsoleProgress:
    """Progress on a console; `of` names what is compared ("rows"). Use it in a `with`."""

    def __init__(self, console: Console, *, quiet: bool, of: str) -> None:
        self._of = of
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
        """So much of the source has been read."""
        self._show(f"reading the source: {count:,} {self._of}")

    def waiting(self, state: SinkState) -> None:
        """The sink has this far to go."""
        if not state.lag:
            return
        text = f"waiting for the sink: {state.lag:,} message{'' if state.lag == 1 else 's'} to go"
        self._show(text)
        # Where lines stay, one for every step forward is enough.
        if self._plain is not None and state.lag != self._lag:
            self._plain.print(text, highlight=False)
        self._lag = state.lag

    def compared(self, count: int, total: int) -> None:
        """So many of all have been compared."""
        self._show(f"comparing: {count:,} of {total:,} {self._of}")

    def _show(self, text: str) -> None:
        if self._status is not None:
            self._status.update(Text(text))
