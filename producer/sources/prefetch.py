"""Prefetches the items of an iterator in a thread."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_TICK_SECONDS = 0.1


class Prefetch(Generic[T]):
    """Takes items from an iterator in a thread of its own, at most `depth` items ahead.

    NumPy, pyarrow, zlib and reading release the GIL, so that this thread and the one that sends records to Kafka use
    two cores.
    """

    def __init__(self, items: Iterator[T], *, depth: int) -> None:
        self._items = items
        self._ready: queue.Queue[T | BaseException | None] = queue.Queue(depth)
        self._stop = threading.Event()
        # A daemon: a read from a pipe without data would keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)
        self._thread.start()

    def next(self, tick: Callable[[], None]) -> T | None:
        """Return the next item, or None after the last; raises what the iterator raised.

        `tick` is called about ten times a second while it waits, and may raise.
        """
        while True:
            tick()
            try:
                item = self._ready.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                continue
            if isinstance(item, BaseException):
                raise item
            return item

    def stop(self) -> None:
        """Stop the thread; waits at most a second for a read in progress."""
        self._stop.set()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(None)
        except BaseException as error:
            self._put(error)

    def _put(self, item: T | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._ready.put(item, timeout=_TICK_SECONDS)
            except queue.Full:
                continue
            return True
        return False
