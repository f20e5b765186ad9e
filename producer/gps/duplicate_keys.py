"""Set of the utimes already loaded (exact, constant memory), to reject duplicates."""

import bisect
import os
import sqlite3
import tempfile

import numpy as np
import numpy.typing as npt

from producer.runtime.exit_status import SluiceError

_PAGE = 1024
"""Utimes in a page of the file; a look-up reads one page."""
_PENDING = 65_536
"""Utimes kept in memory until they are written: 512 KiB."""
_BYTES = 8


class UtimeSet:
    """Set of utimes on disk, 8 bytes each.

    Utimes of a log rise, so nearly every one is above all before it: those are appended to a file, which is thereby
    sorted. One that is not above the last (a late one) is looked up in the file by binary search; if it is new, it goes
    to an SQLite table on disk. The files have no name, so they vanish when the process ends.
    """

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile(prefix="sluice-seen-", buffering=0)  # noqa: SIM115 — lives as long as self
        except OSError as error:
            raise _disk_error(error) from error
        self._written = 0
        self._page_starts: list[int] = []
        self._pending: list[npt.NDArray[np.int64]] = []
        self._pending_count = 0
        self._singles: list[int] = []
        self._last = -1
        self._late: sqlite3.Connection | None = None

    def add(self, utime: int) -> bool:
        """Add one utime; returns whether it is new."""
        if utime > self._last:
            self._last = utime
            self._singles.append(utime)
            if len(self._singles) >= _PAGE:
                self._flush_singles()
            return True
        return not self._in_rising(utime) and self._add_late(utime)

    def add_rising(self, utimes: npt.NDArray[np.int64]) -> bool:
        """Add all utimes if they rise, beginning above the last one; else adds none and returns False."""
        if not len(utimes):
            return True
        if utimes[0] <= self._last or not bool((utimes[1:] > utimes[:-1]).all()):
            return False
        self._flush_singles()
        self._append(utimes)
        self._last = int(utimes[-1])
        return True

    def close(self) -> None:
        """Close the files, which frees the disk space."""
        self._file.close()
        if self._late is not None:
            self._late.close()

    def _flush_singles(self) -> None:
        if self._singles:
            self._append(np.array(self._singles, dtype=np.int64))
            self._singles.clear()

    def _append(self, utimes: npt.NDArray[np.int64]) -> None:
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
                raise _disk_error(error) from error
            self._written += len(utimes)
        self._pending.clear()
        self._pending_count = 0

    def _in_rising(self, utime: int) -> bool:
        self._flush_singles()
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
            raise _disk_error(error) from error


def _disk_error(error: Exception) -> SluiceError:
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
