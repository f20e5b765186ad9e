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
_SPOOL_MEMORY = 16 << 20


def find_log(stream: PeekableStream, *, archive: str, member_syntax: str = "::member") -> tuple[IO[bytes], int]:
    """Return the only member called gps.csv (or .gz, .bz2, .xz) and its size in bytes.

    Raises SluiceError if there is none or more than one; `member_syntax` is the syntax that its message proposes. The
    archive is read once, to its end; meanwhile the member is kept in a temporary file, which the caller closes.
    """
    names: list[str] = []
    logs: list[tuple[str, int]] = []
    with ExitStack() as stack:
        kept = stack.enter_context(SpooledTemporaryFile(_SPOOL_MEMORY, prefix="sluice-log-"))
        tar = TarReader(stream)
        for member in tar:
            if not member.isreg():
                continue
            names.append(_member_path(member))
            if PurePosixPath(names[-1]).name in _LOG_NAMES:
                logs.append((names[-1], member.size))
                if len(logs) == 1:
                    _copy(tar.open(member), kept, archive=archive)
        if len(logs) == 1:
            kept.seek(0)
            stack.pop_all()  # the caller closes it
            return kept, logs[0][1]
    count = f"{len(logs)} members called {LOG_NAME}" if logs else f"no member called {LOG_NAME}"
    raise SluiceError(
        f"{archive} has {count}, so say which one with {member_syntax}; "
        f"{_list_members([name for name, _ in logs] or names)}"
    )


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
    names: list[str] = []
    tar = TarReader(stream)
    for info in tar:
        if _member_path(info) == member.removeprefix("./") and info.isreg():
            return tar.open(info), info.size
        names.append(_member_path(info))
    raise SluiceError(f"{archive} has no member {member}; {_list_members(names)}")


def _member_path(member: tarfile.TarInfo) -> str:
    return member.name.removeprefix("./")


def _list_members(names: list[str]) -> str:
    """Return the end of an error message: the first names, those of CSV files if there are any."""
    tables = [name for name in names if name.endswith((".csv", ".csv.gz"))] or names
    if not tables:
        return "it is empty"
    more = f"\n  … and {len(tables) - _LISTED_MEMBERS} more" if len(tables) > _LISTED_MEMBERS else ""
    return "its members are" + "".join(f"\n  {name}" for name in tables[:_LISTED_MEMBERS]) + more
