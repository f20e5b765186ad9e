"""The file of what was not loaded."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TextIO

from exits import Exit, SluiceError

ROWS = ("line", "reason", "row")
IMAGES = ("path", "reason", "bytes")
_FIRST_LINE = 1_000


class Rejected(Protocol):
    """Something that was not loaded."""

    def cells(self) -> tuple[object, ...]:
        """Return its line of the file."""
        ...


class RejectFile:
    """Writes rejects as CSV, with a header of `columns`. There is a file only if there is a reject.

    A file that an earlier load left is replaced; any other file is left alone, and SluiceError raised.
    """

    def __init__(self, path: Path, *, columns: tuple[str, ...] = ROWS) -> None:
        self.path = path
        self._columns = columns
        self.written = 0
        self._file: TextIO | None = None
        self._check()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, rejects: Sequence[Rejected]) -> None:
        """Add rejects; raises SluiceError if they cannot be written."""
        if not rejects:
            return
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="")
                csv.writer(self._file, lineterminator="\n").writerow(self._columns)
            csv.writer(self._file, lineterminator="\n").writerows(reject.cells() for reject in rejects)
        except OSError as error:
            raise self._unwritable(error) from error
        self.written += len(rejects)

    def close(self) -> None:
        """End the file."""
        try:
            if self._file is not None:
                self._file.close()
        except OSError as error:
            raise self._unwritable(error) from error

    def remove_old(self) -> None:
        """Remove the file of an earlier load if this one had nothing to write to it; raises SluiceError if it stays."""
        # Without a file nothing is asked for: to unlink in a read-only file system fails whether or not it is there.
        if self._file is None and self.path.exists():
            try:
                self.path.unlink(missing_ok=True)
            except OSError as error:
                raise self._unremovable(error.strerror) from error

    def _check(self) -> None:
        """Refuse to replace a file that is something else: it may be the log itself."""
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                first = file.readline(_FIRST_LINE)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unwritable(error) from error
        if first and first.strip() != ",".join(self._columns):
            raise SluiceError(
                f"{self.path} is there and holds no rejects; name another file with --rejects", status=Exit.USAGE
            )
        if not os.access(self.path.absolute().parent, os.W_OK):
            raise self._unremovable("its folder is not writable")

    def _unremovable(self, why: str | None) -> SluiceError:
        return SluiceError(
            f"{self.path} holds the rejects of an earlier load and cannot be removed: {why}; name another file with "
            "--rejects",
            status=Exit.USAGE,
        )

    def _unwritable(self, error: OSError) -> SluiceError:
        return SluiceError(
            f"the rejects cannot be written to {self.path}: {error.strerror}; name another file with --rejects"
        )
