"""Notes of the proofs made: a small file that each proof adds its verdict to, and the console shows."""

import errno
import fcntl
import json
import os
import stat
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import format_json

NOTES = 100
"""Notes that are kept; the oldest make room."""
MAX_CHARACTERS = 2_000
"""Of a sentence in a note."""
MAX_REASONS = 10
_MAX_BYTES = 16 << 20
_FILE, _LOCK = "notes.json", ".lock"
_OTHERS = 0o077


@dataclass(frozen=True, kw_only=True)
class ProofNote:
    """What is noted of a proof that has ended."""

    identity: str
    source: str
    """Name of the source, without secrets."""
    status: int
    """Exit status of the command."""
    headline: str
    """The verdict, or why there is none."""
    reasons: list[str]
    counts: str
    ended: str
    """ISO 8601, UTC."""
    seconds: float
    report: str | None
    """Path of the report; None where none was written."""
    stamp: list[int]
    """Size and time of the report's file: another proof may have written over it."""

    @classmethod
    def make(
        cls,
        *,
        source: str,
        status: Exit,
        headline: str,
        seconds: float,
        reasons: tuple[str, ...] = (),
        counts: str = "",
        report: Path | None = None,
    ) -> Self:
        """Return the note of a proof that ends now."""
        return cls(
            identity=uuid.uuid4().hex,
            source=source[:MAX_CHARACTERS],
            status=int(status),
            headline=headline[:MAX_CHARACTERS],
            reasons=[reason[:MAX_CHARACTERS] for reason in reasons[:MAX_REASONS]],
            counts=counts,
            ended=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=round(seconds, 1),
            report=str(report.absolute()) if report else None,
            stamp=stamp_of(report) if report else [],
        )


class ProofNotes:
    """The notes in a folder, which only its owner can read; its file holds the newest NOTES of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make_folder(self) -> Path:
        """Return the folder, created where it is missing; raises SluiceError if it is not this user's own.

        It may be in a folder that others can write to, such as /tmp.
        """
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise SluiceError(f"{self.folder} cannot be used: {error.strerror}") from error
        self._check_folder()
        return self.folder

    def read(self) -> list[ProofNote]:
        """Return the notes, the newest first; none where the file is missing or damaged.

        Raises SluiceError as make_folder() does: what another user has noted is no proof.
        """
        if not os.path.lexists(self.folder):
            return []
        self._check_folder()
        try:
            found: Any = json.loads(read_file(self.folder / _FILE, limit=_MAX_BYTES, flags=os.O_NOFOLLOW))
        except (OSError, ValueError, RecursionError):
            return []
        notes = [_parse(entry) for entry in (found if isinstance(found, list) else [])]
        return [note for note in reversed(notes) if note is not None]

    def _check_folder(self) -> None:
        try:
            found = os.lstat(self.folder)
        except OSError as error:
            raise SluiceError(f"{self.folder} cannot be used: {error.strerror}") from error
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
            raise SluiceError(
                f"{self.folder} is not a folder that only you can use, so no proofs are noted or shown: remove it, or, "
                "if another user has made it, set TMPDIR to a folder of your own"
            )

    def add(self, note: ProofNote) -> None:
        """Add a note; raises SluiceError where it cannot be written. Several programs may do so at once."""
        self.make_folder()
        try:
            with self._locked():
                notes = [note, *self.read()]
                self._write(notes[:NOTES])
                for old in notes[NOTES:]:
                    self._remove_report(old)
        except OSError as error:
            raise SluiceError(f"{self.folder} cannot be written: {error.strerror}") from error

    @contextmanager
    def _locked(self) -> Generator[None]:
        descriptor = os.open(self.folder / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, notes: list[ProofNote]) -> None:
        fresh = self.folder / f".{_FILE}.new"
        fresh.unlink(missing_ok=True)  # of a program that was killed; it would keep its mode
        text = format_json([asdict(note) for note in reversed(notes)], only_ascii=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
        fresh.replace(self.folder / _FILE)

    def _remove_report(self, note: ProofNote) -> None:
        """Remove a report that is in this folder; one that the user named stays."""
        if note.report and Path(note.report).parent == self.folder.absolute():
            with suppress(OSError):
                Path(note.report).unlink()


def read_file(path: Path, *, limit: int, flags: int = 0) -> bytes:
    """Return the first `limit` bytes of a file; raises OSError, also for what is no regular one."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no file", str(path))
        return file.read(limit)


def stamp_of(path: Path) -> list[int]:
    """Return size and time of a file; empty where there is none."""
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]


def _parse(entry: Any) -> ProofNote | None:
    """Return a note; None for what another version has written."""
    names = {field.name for field in fields(ProofNote)}
    if not isinstance(entry, Mapping) or not names <= entry.keys():
        return None
    return ProofNote(**{name: entry[name] for name in names})
