"""Takes a GPS log from a tar archive: the member named by the user, or the only gps.csv."""

import tarfile
from contextlib import ExitStack
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO

from producer.runtime.exit_status import SluiceError
from producer.sources.decompress import PeekableStream
from producer.sources.file_formats import is_tar
from producer.sources.tar_archive import TarReader

LOG_NAME = "gps.csv"
_LOG_NAMES = frozenset(LOG_NAME + extension for extension in ("", ".gz", ".bz2", ".xz"))
_BUFFER = 1 << 18
_LISTED_MEMBERS = 10
_SHOWN_CHARACTERS = 200
"""Of a name of a member; it can have a million."""
_SPOOL_MEMORY = 16 << 20


def find_log(stream: PeekableStream, *, archive: str, member_syntax: str = "::member") -> tuple[IO[bytes], int]:
    """Return the only member called gps.csv (or .gz, .bz2, .xz) and its size in bytes.

    Raises SluiceError if there is none or more than one; `member_syntax` is the syntax that its message proposes. The
    archive is read once, to its end; meanwhile the member is kept in a temporary file, which the caller closes.
    """
    members, logs = _Names(), _Names()
    size = 0
    with ExitStack() as stack:
        kept = stack.enter_context(SpooledTemporaryFile(_SPOOL_MEMORY, prefix="sluice-log-"))
        tar = TarReader(stream)
        for member in tar:
            if not member.isreg():
                continue
            members.add(name := _member_path(member))
            if PurePosixPath(name).name in _LOG_NAMES:
                logs.add(name)
                if logs.count == 1:
                    size = member.size
                    _copy(_open(tar, member, archive=archive), kept, archive=archive)
        if logs.count == 1:
            kept.seek(0)
            stack.pop_all()  # the caller closes it
            return kept, size
    count = f"{logs.count} members called {LOG_NAME}" if logs.count else f"no member called {LOG_NAME}"
    listed = logs.listed or members.listed or "it is empty"
    raise SluiceError(f"{archive} has {count}, so say which one with {member_syntax}; {listed}")


def _open(tar: TarReader, member: tarfile.TarInfo, *, archive: str) -> IO[bytes]:
    if member.issparse():  # A header of a few bytes can claim terabytes of zeros.
        raise SluiceError(f"{archive}: {_shown(_member_path(member))} is stored as a sparse file; unpack it first")
    return tar.open(member)


def _copy(log: IO[bytes], kept: "SpooledTemporaryFile[bytes]", *, archive: str) -> None:
    while data := log.read(_BUFFER):
        try:
            kept.write(data)
        except OSError as error:
            raise SluiceError(
                f"the log in {archive} cannot be kept in a temporary file while the rest of the archive is looked "
                f"through: {error.strerror}. Point TMPDIR to a folder with room, or name the log: ::member"
            ) from error


def open_member(stream: PeekableStream, member: str, *, archive: str) -> tuple[IO[bytes], int]:
    """Return the content of `member` and its size in bytes; raises SluiceError if it is not in the archive."""
    if not is_tar(stream.peek()):
        raise SluiceError(f"{archive}: there is no tar archive to take {member} from")
    names = _Names()
    tar = TarReader(stream)
    for info in tar:
        if _member_path(info) == member.removeprefix("./") and info.isreg():
            return _open(tar, info, archive=archive), info.size
        names.add(_member_path(info))
    raise SluiceError(f"{archive} has no member {member}; {names.listed or 'it is empty'}")


def _member_path(member: tarfile.TarInfo) -> str:
    return member.name.removeprefix("./")


def _shown(name: str) -> str:
    return name if len(name) <= _SHOWN_CHARACTERS else f"{name[:_SHOWN_CHARACTERS]}…"


class _Names:
    """The first names of an archive's members, for a message, and their number: there can be any number of them."""

    def __init__(self) -> None:
        self.count = 0
        self._tables = 0
        self._first: dict[bool, list[str]] = {True: [], False: []}

    def add(self, name: str) -> None:
        is_table = name.endswith((".csv", ".csv.gz"))
        self.count += 1
        self._tables += is_table
        if len(first := self._first[is_table]) < _LISTED_MEMBERS:
            first.append(_shown(name))

    @property
    def listed(self) -> str:
        """The end of an error message: the first names, those of CSV files if there are any; empty without a name."""
        names, count = (self._first[True], self._tables) if self._tables else (self._first[False], self.count)
        more = f"\n  … and {count - len(names)} more" if count > len(names) else ""
        return "its members are" + "".join(f"\n  {name}" for name in names) + more if names else ""
