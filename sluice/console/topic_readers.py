"""Keeps a reader of each topic that pages show open, instead of connecting for each request."""

from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from sluice.view.endpoints import Endpoints
from sluice.view.topic_reader import TopicReader
from sluice.view.topic_scan import SETTINGS

MOST = 8
"""Readers kept open: each has a connection to Kafka and two threads."""


@dataclass
class _Shelf:
    lock: Lock = field(default_factory=Lock)
    """A reader serves one request at a time."""
    reader: TopicReader | None = None


class TopicReaders:
    """Open readers by topic, those used last."""

    def __init__(self, endpoints: Callable[[], Endpoints]) -> None:
        self._endpoints = endpoints
        self._lock = Lock()
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()

    @contextmanager
    def open(self, topic: str) -> Generator[TopicReader]:
        """Give a reader of a topic with its present spans; raises SluiceError, for an unknown topic too."""
        shelf = self._shelf(topic)
        with shelf.lock:
            try:
                if shelf.reader is None:
                    shelf.reader = TopicReader(self._endpoints().consumer, topic, settings=SETTINGS)
                else:
                    shelf.reader.find_spans()
                yield shelf.reader
            except BaseException:
                # Whatever it was, it may have left the reader in the middle of something.
                _close(shelf)
                raise

    def _shelf(self, topic: str) -> _Shelf:
        with self._lock:
            shelf = self._shelves.setdefault(topic, _Shelf())
            self._shelves.move_to_end(topic)
            unused = list(self._shelves.items())[:-MOST]
            for name, old in unused:
                if old.lock.acquire(blocking=False):
                    del self._shelves[name]
                    _close(old)
                    old.lock.release()
            return shelf


def _close(shelf: _Shelf) -> None:
    if shelf.reader is not None:
        shelf.reader.close()
        shelf.reader = None
