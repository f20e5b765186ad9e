"""The files of a source of images, one after another: of a folder or of a tar archive that is read as a stream."""

import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self, cast

from producer.image_names import printable
from producer.image_reasons import ImageReason
from producer.unpack import Tap

_BUFFER = 1 << 20
_HEADER_LIMIT = 1 << 20
"""Bytes of a header that continues another one; a name is a few of them."""
_CONTINUED = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A file that is not loaded."""

    name: str
    """Its path inside the source, for people: unprintable characters escaped."""
    reason: ImageReason
    size: int

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


def refused(entry: Entry, reason: ImageReason) -> Refused:
    """Return the refusal of a file."""
    return Refused(name=printable(entry.name), reason=reason, size=entry.size)


def files_in(folder: Path) -> Iterator[Entry | Refused]:
    """Yield the files of a folder and those inside it, sorted by name in each; no link is followed."""
    return _walk(os.fspath(folder), "")


def _walk(folder: str, inside: str) -> Iterator[Entry | Refused]:
    try:
        with os.scandir(folder) as found:
            listed = sorted(found, key=lambda entry: entry.name)
    except OSError:
        yield Refused(name=printable(inside) or ".", reason=ImageReason.UNREADABLE, size=0)
        return
    for entry in listed:
        name = inside + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, name + "/")
        elif entry.is_file(follow_symlinks=False):
            yield _file(entry, name)
        else:
            yield Refused(name=printable(name), reason=ImageReason.NOT_A_FILE, size=0)


def _file(entry: "os.DirEntry[str]", name: str) -> Entry | Refused:
    try:
        size = entry.stat(follow_symlinks=False).st_size
    except OSError:
        return Refused(name=printable(name), reason=ImageReason.UNREADABLE, size=0)
    return Entry(name=name, size=size, read=lambda: _read(entry.path, size))


def _read(path: str, size: int) -> bytes:
    """Read as many bytes as the file had when it was listed; a byte less shows as a truncated image."""
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError as error:
        raise UnreadableError from error


def files_in_tar(tap: Tap) -> Iterator[Entry | Refused]:
    """Yield the files of an archive in its order; raises tarfile.TarError where it is damaged or cut."""
    with tarfile.open(fileobj=tap, mode="r|", bufsize=_BUFFER, tarinfo=_Member, encoding="utf-8") as tar:
        yield from _members(tar)


def _members(tar: tarfile.TarFile) -> Iterator[Entry | Refused]:
    while (member := tar.next()) is not None:
        # The library remembers every member it has passed, for a search that is not made here.
        cast("list[tarfile.TarInfo]", tar.members).clear()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        if member.isreg():
            yield Entry(name=member.name, size=member.size, read=_reader(tar, member))
        elif not member.isdir():
            yield Refused(name=printable(member.name), reason=ImageReason.NOT_A_FILE, size=member.size)


def _reader(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        # With the size: without it the content is put together from small pieces, which takes ten times as long.
        return cast(IO[bytes], tar.extractfile(member)).read(member.size)

    return read


class _Member(tarfile.TarInfo):
    """A member whose header must be right: the library takes a damaged or missing one for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            member = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):  # the mark of the end
                raise
            what = "a member's header is damaged" if buf else "the archive's end is missing"
            raise tarfile.ReadError(what) from error
        if member.type in _CONTINUED and member.size > _HEADER_LIMIT:
            raise tarfile.ReadError(f"a member's header claims {member.size:,} bytes")
        return member
