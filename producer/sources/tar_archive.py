"""A tar archive, read forward as a stream, in which nothing damaged or missing is passed over."""

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from tarfile import BLOCKSIZE, HeaderError, ReadError, TarFile, TarInfo
from typing import IO, Self, cast

from producer.sources.function_stream import FunctionStream

_BUFFER = 1 << 16
_HEADER_LIMIT = 1 << 20
"""Bytes that tarfile may ask for at once: for a header, or what continues one, such as a long name."""


class Tar:
    """Iterates once over the members of an archive; raises TarError where it is damaged or cut."""

    def __init__(self, stream: FunctionStream) -> None:
        self._stream = _Forward(stream)
        self._tar = TarFile(fileobj=cast(IO[bytes], self._stream), tarinfo=_Member, encoding="utf-8")

    def __iter__(self) -> Iterator[TarInfo]:
        """Yield the members in order, and look at what follows the mark of the end."""
        while (member := self._tar.next()) is not None:
            # The library remembers every member it has passed, for a search that is not made here.
            cast("list[TarInfo]", self._tar.members).clear()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            yield member
        # gzip's checksum comes last, and a second archive is no padding.
        while data := self._stream.read(_BUFFER):
            if data.count(0) != len(data):
                raise ReadError("there is more after the archive's end: two archives in one file?")

    def read(self, member: TarInfo) -> bytes:
        """Return the content of the member that was yielded last."""
        with self._stream.of_any_size():
            if member.issparse():  # it is in pieces, which the library finds
                return self.open(member).read(member.size)
            data = self._stream.read(member.size)
        if len(data) < member.size:
            raise ReadError("unexpected end of data")
        return data

    def open(self, member: TarInfo) -> IO[bytes]:
        """Open the member that was yielded last, to be read from its beginning in small pieces."""
        return cast(IO[bytes], self._tar.extractfile(member))


class _Forward:
    """A stream in which one can go forward, which is all that tarfile does.

    Its own stream mode copies every byte several times: this takes a fifth of the time.
    """

    def __init__(self, stream: FunctionStream) -> None:
        self._stream = io.BufferedReader(stream, _BUFFER)
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
