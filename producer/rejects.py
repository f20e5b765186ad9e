"""The file of the rows that were not loaded."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from exits import Exit, SluiceError
from producer.gps import Reject

_COLUMNS = ["line", "reason", "row"]
_SHOWN = 1_000


class RejectFile:
    """Writes rejects as CSV: line number, reason, row. There is a file only if there is a reject.

    A file that an earlier load left is replaced; any other file is left alone, and SluiceError raised.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = 0
        self._file: TextIO | None = None
        self._check()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, rejects: list[Reject]) -> None:
        """Add rejects; raises SluiceError if they cannot be written."""
        if not rejects:
            return
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="")
                csv.writer(self._file, lineterminator="\n").writerow(_COLUMNS)
            rows = ((reject.line_number, reject.reason.value, shown(reject)) for reject in rejects)
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

    def remove_old(self) -> None:
        """Remove the file of an earlier load if this one had nothing to write to it."""
        if self._file is None:
            self.path.unlink(missing_ok=True)

    def _check(self) -> None:
        """Refuse to replace a file that is something else: it may be the log itself."""
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                first = file.readline(_SHOWN)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unwritable(error) from error
        if first and first.strip() != ",".join(_COLUMNS):
            raise SluiceError(
                f"{self.path} is there and holds no rejects; name another file with --rejects", status=Exit.USAGE
            )

    def _unwritable(self, error: OSError) -> SluiceError:
        return SluiceError(
            f"the rejects cannot be written to {self.path}: {error.strerror}; name another file with --rejects"
        )


def shown(reject: Reject) -> str:
    """Return the row as text: what is not UTF-8 escaped with backslashes, a long row cut."""
    text = reject.row[:_SHOWN].decode(errors="backslashreplace")
    return text if reject.length <= _SHOWN else f"{text}… ({reject.length:,} bytes)"
