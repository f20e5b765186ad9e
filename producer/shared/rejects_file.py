"""The rejects file: a CSV file of the rows or images that a load rejected, with the reasons."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from producer.runtime.exit_status import SluiceError
from producer.shared.output_files import UNKNOWN_SOURCE, free_path, has_content
from producer.shared.rejects import Reject

ROWS = ("line", "reason", "row")
"""Columns of the file for rows."""
IMAGES = ("path", "reason", "bytes")
"""Columns of the file for images."""
SOURCE = "source"
"""The last column of both: the source's id, see producer/shared/output_files.py."""
_BEGINNING = 1 << 16
"""Characters of an existing file that are read to find its source: a reject has some thousand at most."""


class RejectFile:
    """Writes rejects as CSV, with a header of `columns` and the source; creates no file if there is no reject.

    A rejects file of an earlier load of the same `source` is replaced. If `path` is another source's file, or any other
    file, a numbered name beside it is chosen; but for any other file that --rejects names (`named`), SluiceError is
    raised.
    """

    def __init__(
        self, path: Path, *, columns: tuple[str, ...] = ROWS, source: str = UNKNOWN_SOURCE, named: bool = True
    ) -> None:
        self._wanted = path
        self._columns = (*columns, SOURCE)
        self._source = source
        self._named = named
        self.written = 0
        """Rejects written so far."""
        self._file: TextIO | None = None
        self.path = self._choose()
        """Path of the file."""
        self._is_old = has_content(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, rejects: Sequence[Reject]) -> None:
        """Add rejects; raises SluiceError if they cannot be written."""
        if not rejects:
            return
        try:
            if self._file is None:
                self.path = self._choose()  # another load may have written a file since
                self._file = open(self.path, "w", encoding="utf-8", newline="", opener=self._open)  # noqa: SIM115
                csv.writer(self._file, lineterminator="\n").writerow(self._columns)
                self._file.flush()  # so that no other load takes the file for an unused one
            rows = ((*reject.cells(), self._source) for reject in rejects)
            csv.writer(self._file, lineterminator="\n").writerows(rows)
        except OSError as error:
            raise self._unwritable(error) from error
        self.written += len(rejects)

    def close(self) -> None:
        """Close the file; raises SluiceError if the rejects cannot be written."""
        try:
            if self._file is not None:
                self._file.close()
        except OSError as error:
            raise self._unwritable(error) from error

    def remove_old(self) -> str | None:
        """Remove the file of an earlier load of the same source if this load, which was complete, had no rejects.

        Returns a message if it cannot be removed, else None.
        """
        if self._file is not None or not self._is_old:
            return None
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            return f"{self.path} is of an earlier load of this source and cannot be removed: {error.strerror}"
        return None

    def _open(self, path: str, flags: int) -> int:
        # A link that was put there since the name was chosen is followed only if --rejects names it.
        return os.open(path, flags if self._named else flags | os.O_NOFOLLOW, 0o666)

    def _choose(self) -> Path:
        if os.path.isdir(self._wanted):
            raise self._unwritable(IsADirectoryError(0, "it is a folder"))
        return free_path(
            self._wanted,
            source=self._source,
            source_of=self._source_of,
            named_by="--rejects" if self._named else None,
        )

    def _source_of(self, path: Path) -> str | None:
        """Return the source of an earlier rejects file; None for another file."""
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            lines = csv.reader(io.StringIO(file.read(_BEGINNING), newline=""))
        try:
            header, first = next(lines, []), next(lines, [])
        except csv.Error:
            return None
        if tuple(header) != self._columns:
            return UNKNOWN_SOURCE if tuple(header) == self._columns[:-1] else None
        return first[-1] if len(first) == len(self._columns) else UNKNOWN_SOURCE

    def _unwritable(self, error: OSError) -> SluiceError:
        return SluiceError(
            f"the rejects cannot be written to {self._wanted}: {error.strerror}; name another file with --rejects"
        )
