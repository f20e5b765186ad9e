"""The files of a tar archive, one after another as they come in a stream."""

import io
import tarfile
from collections.abc import Callable, Iterator
from typing import IO, Self, cast

from producer.entries import Entry, Refused
from producer.image_names import printable
from producer.image_reasons import ImageReason
from producer.unpack import Tap

_BUFFER = 1 << 16
_HEADER_LIMIT = 1 << 20
"""Bytes of a header that continues another one; a long name is a few of them."""
_CONTINUED = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


def files_in_tar(tap: Tap) -> Iterator[Entry | Refused]:
    """Yield the files of an archive in its order; raises tarfile.TarError where it is damaged or cut."""
    stream = _Forward(tap)
    tar = tarfile.TarFile(fileobj=cast(IO[bytes], stream), tarinfo=_Member, encoding="utf-8")
    while (member := tar.next()) is not None:
        # The library remembers every member it has passed, for a search that is not made here.
        cast("list[tarfile.TarInfo]", tar.members).clear()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        if member.isreg():
            yield Entry(name=member.name, size=member.size, read=_reader(tar, member, stream))
        elif not member.isdir():
            yield Refused(name=printable(member.name), reason=ImageReason.NOT_A_FILE, size=member.size)
    _check_end(stream)


def _check_end(stream: "_Forward") -> None:
    """Read what follows the mark of the end: gzip's checksum comes last, and a second archive is no padding."""
    while data := stream.read(_BUFFER):
        if data.count(0) != len(data):
            raise tarfile.ReadError("there is more after the archive's end: two archives in one file?")


def _reader(tar: tarfile.TarFile, member: tarfile.TarInfo, stream: "_Forward") -> Callable[[], bytes]:
    def read() -> bytes:
        if member.issparse():
            return cast(IO[bytes], tar.extractfile(member)).read(member.size)
        data = stream.read(member.size)
        if len(data) < member.size:
            raise tarfile.ReadError("unexpected end of data")
        return data

    return read


class _Forward:
    """A stream in which one can go forward, which is all that tarfile does.

    Its own stream mode copies every byte several times: this takes a fifth of the time.
    """

    def __init__(self, tap: Tap) -> None:
        self._stream = io.BufferedReader(tap, _BUFFER)
        self._position = 0

    def tell(self) -> int:
        return self._position

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        return data

    def seek(self, position: int) -> None:
        """Go on to `position`, or to the end if that comes before."""
        while self._position < position and self.read(min(position - self._position, _BUFFER)):
            pass


class _Member(tarfile.TarInfo):
    """A member whose header must be right: the library takes a damaged or missing one for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            member = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):  # the mark of the end
                raise
            what = "a member's header is damaged" if len(buf) == tarfile.BLOCKSIZE else "the archive's end is missing"
            raise tarfile.ReadError(what) from error
        if member.type in _CONTINUED and member.size > _HEADER_LIMIT:
            raise tarfile.ReadError(f"a member's header claims {member.size:,} bytes")
        if member.size < 0:
            raise tarfile.ReadError(f"a member claims {member.size:,} bytes")
        return member
