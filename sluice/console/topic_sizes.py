"""Mean sizes of topics' records, sampled beside the samples of a view: each takes a connection and some reading."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from confluent_kafka import Message

from producer.runtime.exit_status import SluiceError
from sluice.view.topic_reader import TopicReader

_SECONDS = 60.0
"""Age at which a size is sampled again, if the topic has new records or could not be read."""
_PATIENCE = 20
"""The sizes of all topics are sampled again at the earliest after so many times the time that it took."""
_SAMPLED_TENTHS = (9, 6, 3, 0)
_SAMPLE = 4
"""Records of each partition from each of _SAMPLED_TENTHS on."""
_SAMPLE_BYTES = 8 * 2**20
"""A sample that has as much goes no further."""


@dataclass(frozen=True, kw_only=True)
class _Size:
    mean: float | None
    end: int
    """Sum of the end offsets of which it is."""
    at: float
    took: float


class TopicSizes:
    """Answers at once with what was sampled before, and has the rest sampled by a thread."""

    def __init__(self, open_reader: Callable[[str], TopicReader]) -> None:
        self._open = open_reader
        self._sizes: dict[str, _Size] = {}
        self._asked: set[str] = set()
        self._thread: ThreadPoolExecutor | None = None
        self._lock = threading.RLock()
        """Of all that is above: the samplers of several views ask, each in a thread of its own."""

    def mean(self, topic: str, end: int) -> float | None:
        """Return the mean size in bytes of a topic's records; None if it is not known.

        `end` is the sum of its end offsets: without new ones it is not sampled again.
        """
        with self._lock:
            known = self._sizes.get(topic)
            if topic not in self._asked and (known is None or self._is_old(known, end)):
                self._asked.add(topic)
                self._thread = self._thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="sizes")
                self._thread.submit(self._sample, topic, end, self._sizes, self._asked)
            return None if known is None else known.mean

    def stop(self) -> None:
        """Sample nothing more; what is known stays."""
        with self._lock:
            thread, self._thread, self._asked = self._thread, None, set()
            if thread is not None:
                thread.shutdown(wait=False, cancel_futures=True)

    def forget(self) -> None:
        """Forget all sizes: the topics are others now."""
        with self._lock:
            self.stop()
            self._sizes = {}

    def _is_old(self, known: _Size, end: int) -> bool:
        if known.end == end and known.mean is not None:
            return False
        patience = max(_SECONDS, _PATIENCE * sum(size.took for size in self._sizes.values()))
        return time.monotonic() - known.at > patience

    def _sample(self, topic: str, end: int, sizes: dict[str, _Size], asked: set[str]) -> None:
        begun = time.monotonic()
        mean = None
        try:
            with closing(self._open(topic)) as reader:
                mean = mean_size(reader)
        except SluiceError:
            pass  # deleted meanwhile, without a leader, forbidden: its size is not known
        finally:
            ended = time.monotonic()
            with self._lock:
                sizes[topic] = _Size(mean=mean, end=end, at=ended, took=ended - begun)
                asked.discard(topic)


def mean_size(reader: TopicReader) -> float | None:
    """Return the mean size in bytes of some records from all over a topic; None if there are none."""
    sizes: list[int] = []
    for tenth in _SAMPLED_TENTHS:
        starts = {number: begin + (end - begin) * tenth // 10 for number, (begin, end) in reader.spans.items()}
        spans = {number: (at, min(at + _SAMPLE, reader.spans[number][1])) for number, at in starts.items()}
        sizes += map(_size, reader.read(spans))
        if sum(sizes) > _SAMPLE_BYTES:
            break
    return sum(sizes) / len(sizes) if sizes else None


def _size(message: Message) -> int:
    headers = message.headers() or []
    pairs = headers.items() if isinstance(headers, dict) else headers
    of_headers = sum(len(name) + len(value or b"") for name, value in pairs)
    return len(message.key() or b"") + len(message.value() or b"") + of_headers
