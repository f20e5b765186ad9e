"""Reads the partitions of a topic a window at a time, in one order of time, and no further than it has to."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from confluent_kafka import Message

Item = TypeVar("Item")
Spans = Mapping[int, tuple[int, int]]
"""First and end offset by partition."""

SETTINGS = {
    # One request at a time goes to a broker: the next window waits for the last one's, which waits at a topic's end.
    "fetch.wait.max.ms": 20,
    # Little is fetched beyond a window.
    "fetch.message.max.bytes": 2**18,
    "queued.max.messages.kbytes": 2**10,
    "fetch.queue.backoff.ms": 10,
}
"""Settings of librdkafka for the reader of a scan."""
_FIRST_WINDOW = 4
_MAX_WINDOW = 4096
_GROWTH = 4
_WINDOW_BYTES = 4 * 2**20
"""What a window of one partition should hold at most, by the size of the records read before it."""


class WindowReader(Protocol):
    """What is asked of a TopicReader."""

    def read(self, spans: Spans) -> Generator[Message]:
        """Yield the records of these spans, those of a partition in order."""
        ...


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Where a scan stops although it has not found enough; checked before each window."""

    records: float = inf
    seconds: float = inf
    size: float = inf
    """Bytes of keys and values."""
    ended: Callable[[], bool] = lambda: False
    """Whether what is found is not wanted any more."""


class TopicScan(Generic[Item]):
    """Yields what `accept` returns for records of `spans`, in the order of their times: oldest or newest first.

    Those of one partition keep their order whatever their times. `accept` returns None for a record to pass over.
    """

    def __init__(
        self,
        reader: WindowReader,
        spans: Spans,
        *,
        accept: Callable[[Message], Item | None],
        newest_first: bool,
        bounds: Bounds | None = None,
    ) -> None:
        self._reader = reader
        self._accept = accept
        self._bounds = bounds or Bounds()
        kind = _Backward if newest_first else _Forward
        self._partitions: list[_Partition[Item]] = [kind(number, *span) for number, span in sorted(spans.items())]
        self._size = 0
        self._started = monotonic()
        self.looked_at = 0
        """Number of records that were read."""
        self.stopped = False
        """Whether the bounds have ended it."""

    def take(self, limit: float = inf) -> Iterator[Item]:
        """Yield the next items, `limit` at most. Where the bounds end it, those that it has found come still."""
        self._started = monotonic()
        taken = 0
        while taken < limit and (first := max(self._partitions, key=_Partition.rank, default=None)):
            if first.found:
                taken += 1
                yield first.found.popleft()[2]
            elif first.exhausted:
                return
            elif self._is_over():
                self.stopped = True
                for partition in self._partitions:
                    partition.give_up()
            else:
                self._read_windows()

    @property
    def spans(self) -> dict[int, tuple[int, int]]:
        """What has been looked at, without what was found and not taken."""
        return {partition.number: partition.looked_at() for partition in self._partitions}

    @property
    def reached(self) -> int | None:
        """Time in milliseconds to which every partition has been looked at; None if all are at their ends."""
        reached = [partition.reached for partition in self._partitions if not partition.is_at_end]
        return None if not reached or abs(max(reached)) == inf else round(abs(max(reached)))

    def _is_over(self) -> bool:
        bounds = self._bounds
        late = monotonic() - self._started >= bounds.seconds
        return late or self.looked_at >= bounds.records or self._size >= bounds.size or bounds.ended()

    def _records_left(self) -> float:
        """Return how many records the bounds leave, at the pace so far."""
        seconds = monotonic() - self._started
        pace = self.looked_at / seconds if seconds else inf
        in_time = inf if self._bounds.seconds == inf or not self.looked_at else pace * (self._bounds.seconds - seconds)
        return min(in_time, self._bounds.records - self.looked_at)

    def _read_windows(self) -> None:
        """Read on in each partition that may hold what comes next."""
        best = max((partition.rank() for partition in self._partitions if partition.found), default=-inf)
        behind = [one for one in self._partitions if not one.found and not one.exhausted and one.rank() >= best]
        average = self._size / self.looked_at if self.looked_at else 0
        left = max(1, self._records_left() / len(behind))
        most = min(_MAX_WINDOW, max(1, _WINDOW_BYTES / average) if average else inf, left)
        windows = {one.number: one.next_window(int(most)) for one in behind}
        came: dict[int, list[tuple[int, int, Item | None]]] = {one.number: [] for one in behind}
        with closing(self._reader.read(windows)) as messages:
            for message in messages:
                self.looked_at += 1
                self._size += len(message.key() or b"") + len(message.value() or b"")
                # Not the message is kept, which may be large.
                found = message.timestamp()[1], message.offset() or 0, self._accept(message)
                came[message.partition() or 0].append(found)
        for partition in behind:
            partition.add(came[partition.number])


class _Partition(Generic[Item]):
    """A partition: what was found in it and not taken yet, and how far it has been looked at."""

    def __init__(self, number: int, begin: int, end: int) -> None:
        self.number = number
        self.begin, self.end = begin, max(begin, end)
        self.found: deque[tuple[int, int, Item]] = deque()
        self.reached: float = inf
        """Rank of the last record that was looked at: of those to come, none should have a higher one."""
        self._window = _FIRST_WINDOW
        self._given_up = False

    @property
    def exhausted(self) -> bool:
        """Whether nothing more is read."""
        return self._given_up or self.is_at_end

    @property
    def is_at_end(self) -> bool:
        """Whether all has been looked at."""
        return self.begin >= self.end

    def give_up(self) -> None:
        """Read no more."""
        self._given_up = True

    def rank(self) -> float:
        """Return the rank of what comes next: the highest of all partitions comes first."""
        if self.found:
            return self.rank_of(self.found[0][0])
        return -inf if self.exhausted else self.reached

    def next_window(self, most: int) -> tuple[int, int]:
        """Return the span to read next, and count it as looked at."""
        size = min(self._window, most)
        self._window = min(_MAX_WINDOW, self._window * _GROWTH)
        return self._advance(size)

    def add(self, window: list[tuple[int, int, Item | None]]) -> None:
        """Add the records of a window: time, offset, and what was accepted."""
        for time, offset, item in self.in_order(window):
            self.reached = self.rank_of(time)
            if item is not None:
                self.found.append((time, offset, item))

    def rank_of(self, time: int) -> float:
        raise NotImplementedError

    def in_order(self, window: list[Any]) -> list[Any]:
        raise NotImplementedError

    def looked_at(self) -> tuple[int, int]:
        raise NotImplementedError

    def _advance(self, size: int) -> tuple[int, int]:
        raise NotImplementedError


class _Backward(_Partition[Item]):
    """From the end to the beginning: newest first."""

    def __init__(self, number: int, begin: int, end: int) -> None:
        super().__init__(number, begin, end)
        self._last = self.end

    def rank_of(self, time: int) -> float:
        return time

    def in_order(self, window: list[Any]) -> list[Any]:
        return window[::-1]

    def looked_at(self) -> tuple[int, int]:
        return (self.found[0][1] + 1 if self.found else self.end), self._last

    def _advance(self, size: int) -> tuple[int, int]:
        window = max(self.begin, self.end - size), self.end
        self.end = window[0]
        return window


class _Forward(_Partition[Item]):
    """From the beginning to the end: oldest first."""

    def __init__(self, number: int, begin: int, end: int) -> None:
        super().__init__(number, begin, end)
        self._first = begin

    def rank_of(self, time: int) -> float:
        return -time

    def in_order(self, window: list[Any]) -> list[Any]:
        return window

    def looked_at(self) -> tuple[int, int]:
        return self._first, (self.found[0][1] if self.found else self.begin)

    def _advance(self, size: int) -> tuple[int, int]:
        window = self.begin, min(self.begin + size, self.end)
        self.begin = window[1]
        return window
