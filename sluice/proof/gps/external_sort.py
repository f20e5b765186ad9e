"""External merge sort of fixes and rejected rows by utime: in memory, beyond RUN_ROWS in a temporary file."""

import heapq
import struct
from collections.abc import Iterator
from contextlib import suppress
from operator import itemgetter
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, BinaryIO, Generic, NamedTuple, Self, TypeVar, cast

from producer.gps.parse_row import GpsFix
from producer.gps.reject_reasons import RowReason
from producer.runtime.exit_status import SluiceError

RUN_ROWS = 100_000
"""Rows held in memory, about 40 MB of fixes. More are sorted on disk."""
_FLOATS = 5
_FIX = struct.Struct("<qBiB5d")
"""utime, fix mode, satellites, a bit for each null, the five doubles unchanged."""
_REJECT = struct.Struct("<qqB")
_REASONS = tuple(RowReason)
_REASON_NUMBER = {reason: number for number, reason in enumerate(_REASONS)}
_READ_ROWS = 1_000
_utime = itemgetter(0)
Item = TypeVar("Item", bound=tuple[Any, ...])


class RejectedRow(NamedTuple):
    """A row of the source that a load rejects, with its utime."""

    utime: int
    """µs since the epoch; as written in the row, even if out of range."""
    line_number: int
    reason: RowReason


class _ExternalSorter(Generic[Item]):
    """Takes tuples in any order; iterates over them by their first field, any number of times. Use it in a `with`."""

    _layout: struct.Struct

    def __init__(self, *, run_rows: int = RUN_ROWS) -> None:
        self._run_rows = run_rows
        self._run: list[Item] = []
        self._file: BinaryIO | None = None
        self._ends: list[int] = [0]
        """Position where each run on disk ends, in items."""

    def add(self, item: Item) -> None:
        """Add an item."""
        self._run.append(item)
        if len(self._run) >= self._run_rows:
            self._write_run()

    def __len__(self) -> int:
        return self._ends[-1] + len(self._run)

    def __iter__(self) -> Iterator[Item]:
        """Iterate in order; nothing may be added meanwhile. Several iterations may run at once."""
        self._run.sort(key=_utime)
        spans = zip(self._ends, self._ends[1:], strict=False)
        return heapq.merge(*(self._read(begin, end) for begin, end in spans), self._run, key=_utime)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk: the rest of the buffer is not needed
                self._file.close()

    def _write_run(self) -> None:
        self._run.sort(key=_utime)
        try:
            if self._file is None:
                self._file = cast(BinaryIO, TemporaryFile(prefix="sluice-proof-"))  # noqa: SIM115 __exit__ closes it
            self._file.seek(self._ends[-1] * self._layout.size)
            for begin in range(0, len(self._run), _READ_ROWS):
                self._file.write(b"".join(map(self._pack, self._run[begin : begin + _READ_ROWS])))
            self._file.flush()
        except OSError as error:
            raise SluiceError(
                f"the rows cannot be sorted in a temporary file: {error}. Point TMPDIR to a folder with "
                f"{self._layout.size} bytes of room for each row"
            ) from error
        self._ends.append(self._ends[-1] + len(self._run))
        self._run = []

    def _read(self, begin: int, end: int) -> Iterator[Item]:
        file = self._file
        assert file is not None  # noqa: S101 there are spans only after a run was written
        for at in range(begin, end, _READ_ROWS):
            rows = min(_READ_ROWS, end - at)
            # Runs and iterations share the file: each read seeks its own position.
            file.seek(at * self._layout.size)
            yield from map(self._unpack, self._layout.iter_unpack(file.read(rows * self._layout.size)))

    @staticmethod
    def _pack(item: Item) -> bytes:
        raise NotImplementedError

    @staticmethod
    def _unpack(fields: tuple[Any, ...]) -> Item:
        raise NotImplementedError


class SortedFixes(_ExternalSorter[GpsFix]):
    """Fixes in ascending order of utime, 54 bytes each on disk."""

    _layout = _FIX

    @staticmethod
    def _pack(item: GpsFix) -> bytes:
        numbers = item[-_FLOATS:]
        nulls = sum(1 << bit for bit, number in enumerate(numbers) if number is None)
        return _FIX.pack(*item[:3], nulls, *(0.0 if number is None else number for number in numbers))

    @staticmethod
    def _unpack(fields: tuple[Any, ...]) -> GpsFix:
        utime, fix_mode, satellites, nulls, *numbers = fields
        if not nulls:
            return GpsFix(utime, fix_mode, satellites, *numbers)
        known = (None if nulls >> bit & 1 else number for bit, number in enumerate(numbers))
        return GpsFix(utime, fix_mode, satellites, *known)


class SortedRejects(_ExternalSorter[RejectedRow]):
    """Rejected rows in ascending order of utime, 17 bytes each on disk."""

    _layout = _REJECT

    @staticmethod
    def _pack(item: RejectedRow) -> bytes:
        return _REJECT.pack(item.utime, item.line_number, _REASON_NUMBER[item.reason])

    @staticmethod
    def _unpack(fields: tuple[Any, ...]) -> RejectedRow:
        utime, line_number, reason = fields
        return RejectedRow(utime, line_number, _REASONS[reason])
