"""The files of a tar archive, one after another as they come in a stream."""

import io
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from tarfile import BLOCKSIZE, HeaderError, ReadError, TarFile, TarInfo
from typing import IO, Self, cast

from producer.images.entries import Entry, Refused
from producer.images.names import printable
from producer.images.reasons import ImageReason
from producer.unpack import Tap

_BUFFER = 1 << 16
_HEADER_LIMIT = 1 << 20
"""Bytes that tarfile may ask for at once: for a header, or what continues one, such as a long name."""


def files_in_tar(tap: Tap) -> Iterator[Entry | Refused]:
    """Yield the files of an archive in its order; raises TarError where it is damaged or cut."""
    stream = _Forward(tap)
    tar = TarFile(fileobj=cast(IO[bytes], stream), tarinfo=_Member, encoding="utf-8")
    while (member := tar.next()) is not None:
        # The library remembers every member it has passed, for a search that is not made here.
        cast("list[TarInfo]", tar.members).clear()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        if member.isreg():
            yield Entry(name=member.name, size=member.size, read=_reader(tar, member, stream))
        elif not member.isdir():
            yield Refused(name=printable(member.name), reason=ImageReason.NOT_A_FILE, size=member.size)
    _check_end(stream)


def _check_end(stream: "_Forward") -> None:
    """Read what follows the mark of the end: gzip's checksum comes last, and a second archive is no padding."""
    while data := stream.read(_BUFFER):
        if data.count(0) != len(data):
            raise ReadError("there is more after the archive's end: two archives in one file?")


def _reader(tar: TarFile, member: TarInfo, stream: "_Forward") -> Callable[[], bytes]:
    def read() -> bytes:
        with stream.of_any_size():
            if member.issparse():  # it is in pieces, which the library finds
                return cast(IO[bytes], tar.extractfile(member)).read(member.size)
            data = stream.read(member.size)
        if len(data) < member.size:
            raise ReadError("unexpected end of data")
        return data

    return read


class _Forward:
    """A stream in which one can go forward, which is all that tarfile does.

    Its own stream mode copies every byte several times: this takes a fifth of the time.
    """

    def __init__(self, tap: Tap) -> None:
        self._stream = io.BufferedReader(tap, _BUFFER)
        self._position = 0
        self._limited = True
        self.last = b""
        """What was read last."""

    @contextmanager
    def of_any_size(self) -> Generator[None]:
        """Let a member's content be read, whose size has been judged."""
        self._limited = False
        yield
        self._limited = True

    def tell(self) -> int:
        return self._position

    def read(self, size: int) -> bytes:
        if self._limited and size > _HEADER_LIMIT:
            raise ReadError(f"a member's header claims {size:,} bytes")
        data = self._stream.read(size)
        self._position += len(data)
        self.last = data
        return data

    def seek(self, position: int) -> None:
        """Go on to `position`, or to the end if that comes before."""
        while self._position < position and self.read(min(position - self._position, _BUFFER)):
            pass


class _Member(TarInfo):
    """A member whose header must be right: the library takes a damaged or missing one for the archive's end."""

    @classmethod
    def fromtarfile(cls, tarfile: TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except HeaderError as error:
            block = cast(_Forward, tarfile.fileobj).last
            if len(block) == BLOCKSIZE and not any(block):  # the mark of the end
                raise
            what = "a member's header is damaged" if len(block) == BLOCKSIZE else "the archive's end is missing"
            raise ReadError(what) from error
