"""Lists the files of a folder or a tar archive of images, without checking their content."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tarfile import TarInfo

from producer.images.reject_reasons import ImageReason
from producer.runtime.terminal import escape_line
from producer.sources.decompress import PeekableStream
from producer.sources.tar_archive import TarReader


@dataclass(frozen=True, kw_only=True)
class RejectedFile:
    """A file that is not loaded, and why."""

    name: str
    """Path inside the source, for display: unprintable characters are escaped."""
    reason: ImageReason
    size: int
    """Bytes."""
    key: str | None = None
    """Key that the file would have; None if its path gives none, or another image of the source has that key."""

    def cells(self) -> tuple[str, str, int]:
        """Return the file's row in the rejects file."""
        return self.name, self.reason.value, self.size


@dataclass(frozen=True, kw_only=True)
class ImageFile:
    """A regular file of a source, not read yet."""

    name: str
    """Path inside the source; bytes that are not UTF-8 are surrogates."""
    size: int
    """Bytes."""
    read: Callable[[], bytes]
    """Returns the content; must be called before the next file is taken from the iterator. Raises UnreadableError if
    only this file cannot be read, and READ_ERRORS if the archive cannot."""


class UnreadableError(Exception):
    """A file of a folder cannot be read."""


def reject(file: ImageFile, reason: ImageReason, *, key: str | None = None) -> RejectedFile:
    """Return `file` as rejected for `reason`."""
    return RejectedFile(name=escape_line(file.name), reason=reason, size=file.size, key=key)


def list_folder(folder: Path) -> Iterator[ImageFile | RejectedFile]:
    """Yield the files of a folder, recursively, sorted by name in each folder. Links are rejected, not followed."""
    return _walk(os.fspath(folder), "")


def list_archive(stream: PeekableStream) -> Iterator[ImageFile | RejectedFile]:
    """Yield the files of a tar archive in its order; raises TarError if it is damaged or cut."""
    tar = TarReader(stream)
    for member in tar:
        if member.isreg():
            yield ImageFile(name=member.name, size=member.size, read=_member_reader(tar, member))
        elif not member.isdir():
            yield RejectedFile(name=escape_line(member.name), reason=ImageReason.NOT_A_FILE, size=member.size)


def _member_reader(tar: TarReader, member: TarInfo) -> Callable[[], bytes]:
    return lambda: tar.read(member)


def _walk(folder: str, prefix: str) -> Iterator[ImageFile | RejectedFile]:
    """Yield the files of `folder`; `prefix` is its path inside the source, with a slash at the end."""
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError:
        yield RejectedFile(name=escape_line(prefix) or ".", reason=ImageReason.UNREADABLE, size=0)
        return
    for entry in entries:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, name + "/")
        elif entry.is_file(follow_symlinks=False):
            yield _stat_file(entry, name)
        else:
            yield RejectedFile(name=escape_line(name), reason=ImageReason.NOT_A_FILE, size=0)


def _stat_file(entry: "os.DirEntry[str]", name: str) -> ImageFile | RejectedFile:
    try:
        size = entry.stat(follow_symlinks=False).st_size
    except OSError:
        return RejectedFile(name=escape_line(name), reason=ImageReason.UNREADABLE, size=0)
    return ImageFile(name=name, size=size, read=lambda: _read(entry.path, size))


def _read(path: str, size: int) -> bytes:
    """Read the `size` bytes that the file had when it was listed; a file that has shrunk is a truncated image."""
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError as error:
        raise UnreadableError from error
