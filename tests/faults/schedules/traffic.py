"""What flows while faults happen: a thread that is started, told to end, and given up where it does not."""

import threading
from abc import ABC, abstractmethod


class Traffic(ABC):
    """Something that flows, in a thread of its own."""

    def __init__(self, name: str, *, unfinished: str, patience: float | None = None) -> None:
        self.problems: list[str] = []
        self._over, self._given_up = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)
        self._unfinished = unfinished
        """The problem, if it does not end in time: `the load of rows did not end`."""
        self._patience = patience
        """Time that it has to end after it was given up, s; None: it ends in any case."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def finish(self, *, seconds: float) -> None:
        """Let what is under way end, and wait for it; after `seconds` it is a problem, and is given up."""
        self._over.set()
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.problems.append(f"{self._unfinished} within {seconds:.0f} s after the faults")
            self.abandon()

    def abandon(self) -> None:
        """End the thread, whatever becomes of what is under way."""
        self._over.set()
        self._given_up.set()
        self._cut_off()
        if self._thread.is_alive():  # not where it was never started
            self._thread.join(self._patience)

    @abstractmethod
    def _run(self) -> None:
        """Do the work, until _over is set and what is under way has ended, or _given_up is set."""

    def _cut_off(self) -> None:  # noqa: B027 - not everything has a process
        """End the process that the thread waits for, if there is any."""
