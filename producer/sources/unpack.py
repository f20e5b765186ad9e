"""What is packed, told by its first bytes and read as a stream: gzip, bzip2, xz, tar."""

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO

from producer.runtime.exit_status import SluiceError
from producer.sources.file_formats import HEAD, is_empty_tar, is_tar, packing, refuse_unreadable
from producer.sources.function_stream import FunctionStream
from producer.sources.tar_archive import Tar

READ_ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError)
"""What reading a damaged file or a broken connection can raise."""
LOG_NAME = "gps.csv"
_LOG_NAMES = frozenset(LOG_NAME + ending for ending in ("", ".gz", ".bz2", ".xz"))
_BUFFER = 1 << 18
_LISTED = 10
_LAYERS = 3
_XZ_MEMORY = 256 << 20
"""Bytes of memory that unpacking may take; the strongest setting of xz needs 65 MiB."""
_SPOOL_MEMORY = 16 << 20


class Tap(FunctionStream):
    """A stream whose first bytes can be looked at before it is read, and which knows how far it was read."""

    def __init__(self, read: Callable[[int], bytes | None]) -> None:
        super().__init__(self._take)
        self._read = read
        self._head = b""
        self._position = 0

    def position(self) -> int:
        """Bytes read so far."""
        return self._position

    def head(self, size: int = HEAD) -> bytes:
        """Return the first `size` bytes, or all there are, without taking them."""
        while len(self._head) < size and (more := self._read(size - len(self._head))):
            self._head += more
        return self._head[:size]

    def _take(self, wanted: int) -> bytes:
        data = self._head[:wanted] or self._read(wanted) or b""
        self._head = self._head[wanted:]
        self._position += len(data)
        return data


class _Streams:
    """Unpacks bzip2 or xz; several streams one after another are one content, as with gzip.

    The library's own readers pass over what follows a stream and is none.
    """

    def __init__(self, tap: Tap, new: "Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]") -> None:
        self._tap = tap
        self._new = new
        self._stream = new()
        self._packed = b""

    def read(self, wanted: int) -> bytes:
        """Return up to `wanted` bytes, none at the end; raises EOFError where the end is missing."""
        while not self._stream.eof or self._next():
            if self._stream.needs_input and not self._packed:
                self._packed = self._tap.read(_BUFFER)
                if not self._packed:
                    raise EOFError("the end of what is packed is missing")
            packed, self._packed = self._packed, b""
            if data := self._stream.decompress(packed, wanted):
                return data
        return b""

    def _next(self) -> bool:
        """Begin the next stream if there is one; zeros between them are padding."""
        packed = self._stream.unused_data.lstrip(b"\0")
        while not packed:
            more = self._tap.read(_BUFFER)
            if not more:
                return False
            packed = more.lstrip(b"\0")
        self._stream, self._packed = self._new(), packed
        return True


def _unpacker(kind: str, tap: Tap) -> Callable[[int], bytes]:
    if kind == "gzip":
        # read1, not read: where the file is cut, what was unpacked before is still handed over.
        return gzip.GzipFile(fileobj=io.BufferedReader(tap, _BUFFER)).read1
    if kind == "bzip2":
        return _Streams(tap, bz2.BZ2Decompressor).read
    return _Streams(tap, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)).read


def unzipped(raw: FunctionStream, *, name: str) -> Tap:
    """Return the content of `raw`, unpacked if it is packed by gzip, bzip2 or xz (whatever its name says).

    Raises SluiceError, with `name` in it, for what is packed or encoded otherwise.
    """
    tap = Tap(raw.read)
    for _ in range(_LAYERS):
        kind = packing(tap.head())
        if kind is None:
            refuse_unreadable(tap.head(), name=name)
            return tap
        tap = Tap(_unpacker(kind, tap))
    raise SluiceError(f"{name} is packed {_LAYERS} times over; unpack it first")


def is_archive(tap: Tap) -> bool:
    """Say whether a tar archive begins here."""
    return is_tar(tap.head())


def is_empty_archive(tap: Tap) -> bool:
    """Say whether a tar archive begins here with the mark of its end."""
    return is_empty_tar(tap.head())


def find_log(tap: Tap, *, archive: str, ask_for: str = "::member") -> tuple[IO[bytes], int]:
    """Return the one member called gps.csv, packed or not, and its size in bytes; SluiceError if there is not just one.

    The archive is read to its end for that, and only once: the member is kept in a temporary file meanwhile, which
    the caller closes. `ask_for` says how a member is named.
    """
    names: list[str] = []
    logs: list[tuple[str, int]] = []
    with ExitStack() as stack:
        kept = stack.enter_context(SpooledTemporaryFile(_SPOOL_MEMORY, prefix="sluice-log-"))
        tar = Tar(tap)
        for member in tar:
            if not member.isreg():
                continue
            names.append(_plain(member))
            if PurePosixPath(names[-1]).name in _LOG_NAMES:
                logs.append((names[-1], member.size))
                if len(logs) == 1:
                    _keep(tar.open(member), kept, name=archive)
        if len(logs) == 1:
            kept.seek(0)
            stack.pop_all()  # the caller closes it
            return kept, logs[0][1]
    found = f"{len(logs)} members called {LOG_NAME}" if logs else f"no member called {LOG_NAME}"
    raise SluiceError(
        f"{archive} has {found}, so say which one with {ask_for}; {_choice([name for name, _ in logs] or names)}"
    )


def _keep(log: IO[bytes], kept: "SpooledTemporaryFile[bytes]", *, name: str) -> None:
    while data := log.read(_BUFFER):
        try:
            kept.write(data)
        except OSError as error:
            raise SluiceError(
                f"the log in {name} cannot be kept in a temporary file while the rest of the archive is looked "
                f"through: {error.strerror}. Point TMPDIR to a folder with room, or name the log: ::member"
            ) from error


def open_member(tap: Tap, member: str, *, archive: str) -> tuple[IO[bytes], int]:
    """Return the member's content and its size in bytes; SluiceError if it is not in the archive."""
    if not is_archive(tap):
        raise SluiceError(f"{archive}: there is no tar archive to take {member} from")
    names: list[str] = []
    tar = Tar(tap)
    for info in tar:
        if _plain(info) == member.removeprefix("./") and info.isreg():
            return tar.open(info), info.size
        names.append(_plain(info))
    raise SluiceError(f"{archive} has no member {member}; {_choice(names)}")


def _plain(member: tarfile.TarInfo) -> str:
    return member.name.removeprefix("./")


def _choice(names: list[str]) -> str:
    tables = [name for name in names if name.endswith((".csv", ".csv.gz"))] or names
    if not tables:
        return "it is empty"
    more = f"\n  … and {len(tables) - _LISTED} more" if len(tables) > _LISTED else ""
    return "its members are" + "".join(f"\n  {name}" for name in tables[:_LISTED]) + more
