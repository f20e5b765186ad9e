"""The file of what was not loaded."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TextIO

from producer.runtime.exit_status import SluiceError
from producer.shared.output_files import UNKNOWN_SOURCE, free_path, has_content

ROWS = ("line", "reason", "row")
IMAGES = ("path", "reason", "bytes")
SOURCE = "source"
"""The last column: where the row or the file is from."""
_BEGINNING = 1 << 16
"""Characters of an earlier file that are looked at: a reject has some thousand at most."""


class Rejected(Protocol):
    """Something that was not loaded."""

    def cells(self) -> tuple[object, ...]:
        """Return its line of the file."""
        ...


class RejectFile:
    """Writes rejects as CSV, with a header of `columns` and the source. There is a file only if there is a reject.

    A file that an earlier load of the same `source` left is replaced. Where another load's is, or something else,
    a numbered name is chosen beside it; SluiceError is raised for something else that --rejects has named (`named`).
    """

    def __init__(
        self, path: Path, *, columns: tuple[str, ...] = ROWS, source: str = UNKNOWN_SOURCE, named: bool = True
    ) -> None:
        self._wanted = path
        self._columns = (*columns, SOURCE)
        self._source = source
        self._named = named
        self.written = 0
        self._file: TextIO | None = None
        self.path = self._choose()
        """Where the rejects go."""
        self._is_old = has_content(self.path)

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
                self.path = self._choose()  # another load may have come before
                self._file = self.path.open("w", encoding="utf-8", newline="")
                csv.writer(self._file, lineterminator="\n").writerow(self._columns)
                self._file.flush()  # an empty file is nobody's
            rows = ((*reject.cells(), self._source) for reject in rejects)
            csv.writer(self._file, lineterminator="\n").writerows(rows)
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

    def remove_old(self) -> str | None:
        """Remove the file of an earlier load of the same source if this one, which was complete, had no rejects.

        Returns what is to be said where it cannot be removed.
        """
        if self._file is not None or not self._is_old:
            return None
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            return f"{self.path} is of an earlier load of this source and cannot be removed: {error.strerror}"
        return None

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
        """Return the source of an earlier load's file; None where it is no file of rejects."""
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
