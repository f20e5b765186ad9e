"""Fixes in the order of their utime, however many there are and however the source orders them."""

import heapq
import struct
from collections.abc import Iterator
from contextlib import suppress
from operator import itemgetter
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, Self, cast

from exits import SluiceError
from producer.gps import GpsFix

RUN_ROWS = 100_000
"""Fixes held in memory, about 40 MB of them. More are sorted on disk, 54 bytes each."""
_FLOATS = 5
_FIX = struct.Struct("<qBiB5d")
"""utime, fix mode, satellites, a bit for each null, the numbers: bit for bit what the source says."""
_READ_ROWS = 1_000
_utime = itemgetter(0)


class SortedFixes:
    """Takes fixes in any order and gives them back by utime, as often as asked. Use it in a `with`."""

    def __init__(self, *, run_rows: int = RUN_ROWS) -> None:
        self._run_rows = run_rows
        self._run: list[GpsFix] = []
        self._file: BinaryIO | None = None
        self._ends: list[int] = [0]
        """Where each run on disk ends, in fixes."""

    def add(self, fix: GpsFix) -> None:
        """Take one more fix."""
        self._run.append(fix)
        if len(self._run) >= self._run_rows:
            self._write_run()

    def __len__(self) -> int:
        return self._ends[-1] + len(self._run)

    def __iter__(self) -> Iterator[GpsFix]:
        """All fixes by utime; none may be added meanwhile, and only one pass may be under way."""
        self._run.sort(key=_utime)
        spans = zip(self._ends, self._ends[1:], strict=False)
        return heapq.merge(*(self._read(begin, end) for begin, end in spans), self._run, key=_utime)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk: what was not written is not needed either
                self._file.close()

    def _write_run(self) -> None:
        self._run.sort(key=_utime)
        try:
            if self._file is None:
                self._file = cast(BinaryIO, TemporaryFile(prefix="sluice-proof-"))  # noqa: SIM115 __exit__ closes it
            self._file.seek(self._ends[-1] * _FIX.size)
            for begin in range(0, len(self._run), _READ_ROWS):
                self._file.write(b"".join(map(_pack, self._run[begin : begin + _READ_ROWS])))
            self._file.flush()
        except OSError as error:
            raise SluiceError(
                f"the rows cannot be sorted in a temporary file: {error}. Point TMPDIR to a folder with "
                f"{_FIX.size} bytes of room for each row"
            ) from error
        self._ends.append(self._ends[-1] + len(self._run))
        self._run = []

    def _read(self, begin: int, end: int) -> Iterator[GpsFix]:
        file = self._file
        assert file is not None  # noqa: S101 there are spans only after a run was written
        for at in range(begin, end, _READ_ROWS):
            rows = min(_READ_ROWS, end - at)
            # Runs share the file: each read goes to its own place.
            file.seek(at * _FIX.size)
            yield from map(_unpack, _FIX.iter_unpack(file.read(rows * _FIX.size)))


def _pack(fix: GpsFix) -> bytes:
    numbers = fix[-_FLOATS:]
    nulls = sum(1 << place for place, number in enumerate(numbers) if number is None)
    return _FIX.pack(*fix[:3], nulls, *(0.0 if number is None else number for number in numbers))


def _unpack(fields: tuple[int, int, int, int, float, float, float, float, float]) -> GpsFix:
    utime, fix_mode, satellites, nulls, *numbers = fields
    if not nulls:
        return GpsFix(utime, fix_mode, satellites, *numbers)
    return GpsFix(utime, fix_mode, satellites, *(None if nulls >> place & 1 else n for place, n in enumerate(numbers)))
