"""Gzip and tar, told by their first bytes and read as streams."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, cast

from exits import SluiceError
from producer.pull import Pull

READ_ERRORS = (OSError, EOFError, zlib.error, tarfile.TarError)
"""What reading a damaged file or a broken connection can raise."""
LOG_NAME = "gps.csv"
_GZIP = b"\x1f\x8b"
_TAR = b"ustar"
_TAR_AT = 257
_TAR_BLOCK = 512
_BUFFER = 1 << 18
_LISTED = 10


class Tap(Pull):
    """A stream whose first bytes can be looked at before it is read, and which knows how far it was read."""

    def __init__(self, read: Callable[[int], bytes | None]) -> None:
        super().__init__(self._take)
        self._read = read
        self._head = b""
        self._position = 0

    def position(self) -> int:
        """Bytes read so far."""
        return self._position

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes, or all there are, without taking them."""
        while len(self._head) < size and (more := self._read(size - len(self._head))):
            self._head += more
        return self._head[:size]

    def _take(self, wanted: int) -> bytes:
        data = self._head[:wanted] or self._read(wanted) or b""
        self._head = self._head[wanted:]
        self._position += len(data)
        return data


def unzipped(raw: Pull) -> Tap:
    """Return the content of `raw`, decompressed if it is gzip (whatever its name says)."""
    tap = Tap(raw.read)
    if tap.head(len(_GZIP)) != _GZIP:
        return tap
    # read1, not read: where the file is cut, what was unpacked before is still handed over.
    return Tap(gzip.GzipFile(fileobj=io.BufferedReader(tap, _BUFFER)).read1)


def is_archive(tap: Tap) -> bool:
    """Say whether a tar archive begins here."""
    return tap.head(_TAR_AT + len(_TAR))[_TAR_AT:] == _TAR


def is_empty_archive(tap: Tap) -> bool:
    """Say whether a tar archive begins here with the mark of its end."""
    return tap.head(_TAR_BLOCK) == bytes(_TAR_BLOCK)


def find_log(tap: Tap, *, archive: str) -> str:
    """Read an archive through for the one member called gps.csv; SluiceError if there is not just one."""
    names = [_plain(member) for member in _open_tar(tap) if member.isfile()]
    logs = [name for name in names if PurePosixPath(name).name == LOG_NAME]
    if len(logs) == 1:
        return logs[0]
    found = f"{len(logs)} members called {LOG_NAME}" if logs else f"no member called {LOG_NAME}"
    raise SluiceError(f"{archive} has {found}, so say which one with ::member; {_choice(logs or names)}")


def open_member(tap: Tap, member: str, *, archive: str) -> tuple[Tap, int]:
    """Return the member's content and its size in bytes; SluiceError if it is not in the archive."""
    if not is_archive(tap):
        raise SluiceError(f"{archive}: there is no tar archive to take {member} from")
    names: list[str] = []
    tar = _open_tar(tap)
    for info in tar:
        if _plain(info) == member.removeprefix("./") and info.isfile():
            return Tap(cast(IO[bytes], tar.extractfile(info)).read), info.size
        names.append(_plain(info))
    raise SluiceError(f"{archive} has no member {member}; {_choice(names)}")


def _open_tar(tap: Tap) -> tarfile.TarFile:
    return tarfile.open(fileobj=tap, mode="r|", bufsize=_BUFFER)


def _plain(member: tarfile.TarInfo) -> str:
    return member.name.removeprefix("./")


def _choice(names: list[str]) -> str:
    tables = [name for name in names if name.endswith((".csv", ".csv.gz"))] or names
    if not tables:
        return "it is empty"
    more = f"\n  … and {len(tables) - _LISTED} more" if len(tables) > _LISTED else ""
    return "its members are" + "".join(f"\n  {name}" for name in tables[:_LISTED]) + more
