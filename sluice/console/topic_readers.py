"""Keeps a reader of each topic that pages show open, instead of connecting for each request."""

from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from producer.kafka.connection import KafkaUser
from sluice.console.shown_pipeline import ShownPipeline
from sluice.view.topic_reader import TopicReader
from sluice.view.topic_scan import SETTINGS

MOST = 8
"""Readers kept open: each has a connection to Kafka and two threads."""


@dataclass
class _Shelf:
    lock: Lock = field(default_factory=Lock)
    """A reader serves one request at a time."""
    reader: TopicReader | None = None
    user: KafkaUser | None = None
    """As whom it reads."""


class TopicReaders:
    """Open readers by topic, those used last."""

    def __init__(self, pipeline: ShownPipeline) -> None:
        self._pipeline = pipeline
        self._lock = Lock()
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()

    @contextmanager
    def open(self, topic: str) -> Generator[TopicReader]:
        """Give a reader of a topic with its present spans; raises SluiceError, for an unknown topic too."""
        user = self._pipeline.endpoints.consumer
        shelf = self._shelf(topic)
        with shelf.lock:
            if shelf.user != user:
                _close(shelf)  # of a pipeline that has been taken down
                shelf.user = user
            try:
                if shelf.reader is None:
                    shelf.reader = TopicReader(user, topic, settings=SETTINGS)
                else:
                    shelf.reader.find_spans()
                yield shelf.reader
            except BaseException:
                # Whatever it was, it may have left the reader in the middle of something.
                _close(shelf)
                raise

    def close(self) -> None:
        """Close the readers that are not in use; the next request opens them again."""
        with self._lock:
            for shelf in self._shelves.values():
                if shelf.lock.acquire(blocking=False):
                    _close(shelf)
                    shelf.lock.release()

    def _shelf(self, topic: str) -> _Shelf:
        with self._lock:
            shelf = self._shelves.setdefault(topic, _Shelf())
            self._shelves.move_to_end(topic)
            for name, unused in list(self._shelves.items())[:-MOST]:
                if unused.lock.acquire(blocking=False):
                    del self._shelves[name]
                    _close(unused)
                    unused.lock.release()
            return shelf


def _close(shelf: _Shelf) -> None:
    if shelf.reader is not None:
        shelf.reader.close()
        shelf.reader = None
