"""Work that holds back the console's end until it is recorded: what is cut off before that would be done twice."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager


class UnfinishedWork:
    """The work under way. When the console ends, all of it is stopped, then waited for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stops: list[Callable[[], None]] = []
        self._stopped = False

    @contextmanager
    def until_done(self, stop: Callable[[], None]) -> Generator[None]:
        """Hold back the console's end while this context is open; when that begins, `stop` is called, once."""
        with self._changed:
            self._stops.append(stop)
            late = self._stopped
        try:
            if late:
                stop()
            yield
        finally:
            with self._changed:
                self._stops.remove(stop)
                self._changed.notify_all()

    def stop(self) -> None:
        """Stop all of it, and what begins from now on."""
        with self._changed:
            self._stopped = True
            stops = list(self._stops)
        for stop in stops:
            stop()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is under way; return whether it came to that in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._stops, seconds)
