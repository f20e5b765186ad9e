"""The files of a source of images, and those of a folder one after another."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from producer.images.reject_reasons import ImageReason
from producer.runtime.terminal import visible_line


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A file that is not loaded."""

    name: str
    """Its path inside the source, for people: unprintable characters escaped."""
    reason: ImageReason
    size: int
    key: str | None = None
    """The key that the file would have; None where its name says none, or an image of the same source has it."""

    def cells(self) -> tuple[str, str, int]:
        """Return what the rejects file says about it."""
        return self.name, self.reason.value, self.size


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A regular file of a source."""

    name: str
    """Its path inside the source; what is not UTF-8 as surrogates."""
    size: int
    read: Callable[[], bytes]
    """Returns its content, if it is called before the next entry is taken. Raises UnreadableError where only this
    file cannot be read, and READ_ERRORS where the archive cannot be."""


class UnreadableError(Exception):
    """A file of a folder cannot be read."""


def refused(entry: Entry, reason: ImageReason, *, key: str | None = None) -> Refused:
    """Return the refusal of a file; `key` where its name says one."""
    return Refused(name=visible_line(entry.name), reason=reason, size=entry.size, key=key)


def files_in(folder: Path) -> Iterator[Entry | Refused]:
    """Yield the files of a folder and those inside it, sorted by name in each; no link is followed."""
    return _walk(os.fspath(folder), "")


def _walk(folder: str, inside: str) -> Iterator[Entry | Refused]:
    try:
        with os.scandir(folder) as found:
            listed = sorted(found, key=lambda entry: entry.name)
    except OSError:
        yield Refused(name=visible_line(inside) or ".", reason=ImageReason.UNREADABLE, size=0)
        return
    for entry in listed:
        name = inside + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, name + "/")
        elif entry.is_file(follow_symlinks=False):
            yield _file(entry, name)
        else:
            yield Refused(name=visible_line(name), reason=ImageReason.NOT_A_FILE, size=0)


def _file(entry: "os.DirEntry[str]", name: str) -> Entry | Refused:
    try:
        size = entry.stat(follow_symlinks=False).st_size
    except OSError:
        return Refused(name=visible_line(name), reason=ImageReason.UNREADABLE, size=0)
    return Entry(name=name, size=size, read=lambda: _read(entry.path, size))


def _read(path: str, size: int) -> bytes:
    """Read as many bytes as the file had when it was listed; a byte less shows as a truncated image."""
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError as error:
        raise UnreadableError from error
