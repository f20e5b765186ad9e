"""Strict reader of a tar archive as a forward stream: damage and missing parts are errors.

Python's tarfile takes a damaged or missing header for the end of the archive.
"""

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from tarfile import BLOCKSIZE, HeaderError, ReadError, TarFile, TarInfo
from typing import IO, Self, cast

from producer.sources.function_stream import FunctionStream

_BUFFER = 1 << 16
_HEADER_LIMIT = 1 << 20
"""Most bytes that tarfile may read at once: a header, or its continuation, such as a long name."""

_NEGATIVE = "a member's header claims a negative size"


class TarReader:
    """Iterates once over the members of an archive; raises TarError if it is damaged or cut."""

    def __init__(self, stream: FunctionStream) -> None:
        self._stream = _ForwardStream(stream)
        self._tar = TarFile(fileobj=cast(IO[bytes], self._stream), tarinfo=_StrictMember, encoding="utf-8")

    def __iter__(self) -> Iterator[TarInfo]:
        """Yield the members in order, then check the bytes after the end-of-archive mark."""
        while (member := self._tar.next()) is not None:
            # tarfile keeps every member for lookups by name, which are not made here.
            cast("list[TarInfo]", self._tar.members).clear()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            if member.size < 0:  # by a PAX header
                raise ReadError(_NEGATIVE)
            yield member
        # Read to the end: gzip's checksum comes last. Only zeros are padding; anything else is a second archive.
        while data := self._stream.read(_BUFFER):
            if data.count(0) != len(data):
                raise ReadError("there is more after the archive's end: two archives in one file?")

    def read(self, member: TarInfo) -> bytes:
        """Return the content of the last yielded member."""
        with self._stream.unlimited():
            if member.issparse():  # tarfile assembles its pieces
                return self.open(member).read(member.size)
            data = self._stream.read(member.size)
        if len(data) < member.size:
            raise ReadError("unexpected end of data")
        return data

    def open(self, member: TarInfo) -> IO[bytes]:
        """Open the last yielded member for reading in chunks of at most 1 MiB."""
        return cast(IO[bytes], self._tar.extractfile(member))


class _ForwardStream:
    """A file object that seeks forward only, which is enough for tarfile.

    tarfile's own stream mode copies every byte several times; this takes a fifth of the time.
    """

    def __init__(self, stream: FunctionStream) -> None:
        self._stream = io.BufferedReader(stream, _BUFFER)
        self._position = 0
        self._limited = True
        self.last = b""
        """The bytes of the last read."""

    @contextmanager
    def unlimited(self) -> Generator[None]:
        """Lift the limit of a read's size, for the content of a member whose size has been checked."""
        self._limited = False
        yield
        self._limited = True

    def tell(self) -> int:
        return self._position

    def read(self, size: int) -> bytes:
        if size < 0:  # would be everything
            raise ReadError(_NEGATIVE)
        if self._limited and size > _HEADER_LIMIT:
            raise ReadError(f"a member's header claims {size:,} bytes")
        data = self._stream.read(size)
        self._position += len(data)
        self.last = data
        return data

    def seek(self, position: int) -> None:
        """Read forward to `position`, or to the end of the stream."""
        while self._position < position and self.read(min(position - self._position, _BUFFER)):
            pass


class _StrictMember(TarInfo):
    """A member that raises ReadError for a damaged or missing header, except the end-of-archive mark."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        if member.size < 0:
            raise HeaderError(_NEGATIVE)
        return member

    @classmethod
    def fromtarfile(cls, tarfile: TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except HeaderError as error:
            block = cast(_ForwardStream, tarfile.fileobj).last
            if len(block) == BLOCKSIZE and not any(block):  # end-of-archive mark
                raise
            problem = "a member's header is damaged" if len(block) == BLOCKSIZE else "the archive's end is missing"
            raise ReadError(problem) from error
        except (ValueError, IndexError, RecursionError) as error:  # a map of a sparse file; headers before headers
            raise ReadError("a member's header is damaged") from error
