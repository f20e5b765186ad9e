"""The utimes that a load has already taken: an exact answer in flat memory."""

import bisect
import os
import sqlite3
import tempfile

import numpy as np
import numpy.typing as npt

from producer.runtime.exit_status import SluiceError

_PAGE = 1024
"""Utimes in a page of the file: what one look-up reads."""
_PENDING = 65_536
"""Utimes kept in memory until they are written: half a megabyte."""
_BYTES = 8


class UtimeSet:
    """Remembers utimes on disk, 8 bytes each.

    A log rises, so nearly every utime is above all before it: those are appended to a file that is sorted by
    itself, and one that is not above the last is looked for in it by binary search. Those that come late
    go to a table on disk. The files have no name: they vanish with the process, however it ends.
    """

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile(prefix="sluice-seen-", buffering=0)  # noqa: SIM115 — lives as long as self
        except OSError as error:
            raise _no_room(error) from error
        self._written = 0
        self._page_starts: list[int] = []
        self._pending: list[npt.NDArray[np.int64]] = []
        self._pending_count = 0
        self._singles: list[int] = []
        self._last = -1
        self._late: sqlite3.Connection | None = None

    def add(self, utime: int) -> bool:
        """Remember one utime; returns whether it is new."""
        if utime > self._last:
            self._last = utime
            self._singles.append(utime)
            if len(self._singles) >= _PAGE:
                self._keep_singles()
            return True
        return not self._in_rising(utime) and self._add_late(utime)

    def add_rising(self, utimes: npt.NDArray[np.int64]) -> bool:
        """Remember all of them if they rise from above the last one; else returns False and remembers none."""
        if not len(utimes):
            return True
        if utimes[0] <= self._last or not bool((utimes[1:] > utimes[:-1]).all()):
            return False
        self._keep_singles()
        self._keep(utimes)
        self._last = int(utimes[-1])
        return True

    def close(self) -> None:
        """Give back the disk space."""
        self._file.close()
        if self._late is not None:
            self._late.close()

    def _keep_singles(self) -> None:
        if self._singles:
            self._keep(np.array(self._singles, dtype=np.int64))
            self._singles.clear()

    def _keep(self, utimes: npt.NDArray[np.int64]) -> None:
        self._pending.append(utimes)
        self._pending_count += len(utimes)
        if self._pending_count >= _PENDING:
            self._write()

    def _write(self) -> None:
        for utimes in self._pending:
            first = -self._written % _PAGE
            self._page_starts += utimes[first::_PAGE].tolist()
            view = memoryview(utimes.tobytes())
            try:
                while view:
                    view = view[os.write(self._file.fileno(), view) :]
            except OSError as error:
                raise _no_room(error) from error
            self._written += len(utimes)
        self._pending.clear()
        self._pending_count = 0

    def _in_rising(self, utime: int) -> bool:
        self._keep_singles()
        self._write()
        page = bisect.bisect_right(self._page_starts, utime) - 1
        if page < 0:
            return False
        data = os.pread(self._file.fileno(), _PAGE * _BYTES, page * _PAGE * _BYTES)
        utimes = memoryview(data).cast("q")
        at = bisect.bisect_left(utimes, utime)
        return at < len(utimes) and utimes[at] == utime

    def _add_late(self, utime: int) -> bool:
        if self._late is None:
            self._late = _late_table()
        try:
            return self._late.execute("INSERT OR IGNORE INTO late VALUES (?)", (utime,)).rowcount == 1
        except sqlite3.OperationalError as error:
            raise _no_room(error) from error


def _no_room(error: Exception) -> SluiceError:
    return SluiceError(
        f"the utimes seen so far cannot be kept in temporary files: {error}. Point TMPDIR to a folder "
        "with 8 bytes of room for each row, 24 where the rows are in no order."
    )


def _late_table() -> sqlite3.Connection:
    """Open a table in a private file that SQLite removes itself; 16 MB of it stay in memory."""
    late = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16000"):
        late.execute(f"PRAGMA {pragma}")
    late.execute("CREATE TABLE late (utime INTEGER PRIMARY KEY)")
    late.execute("BEGIN")  # never committed: nobody else reads it, and each commit would cost
    return late
