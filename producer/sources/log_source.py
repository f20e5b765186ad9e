"""Where a log comes from: named on the command line, read as a stream."""

import io
import os
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.file_formats import refuse_no_log
from producer.sources.function_stream import FunctionStream
from producer.sources.stored_bytes import StoredBytes, descriptor, is_remote, open_stored_bytes
from producer.sources.unpack import READ_ERRORS, Tap, find_log, is_archive, open_member, unzipped

NCLT_URL = "https://s3.us-east-2.amazonaws.com/nclt.perl.engin.umich.edu/"
"""Where `nclt:` finds the public data set; the variable SLUICE_NCLT_URL names another place."""
SOURCES = (
    "a file or a pipe, - for standard input, packed (.gz, .bz2, .xz) or not, archive.tar.gz::member, an http(s):// or "
    "gs:// URL, or nclt:2012-11-16"
)
STDIN_NAME = "SLUICE_STDIN_NAME"
"""The variable that says what standard input is called, where a source is sent from elsewhere."""
_BUFFER = 1 << 20
_SUFFIXES = re.compile(r"(\.(csv|gz|bz2|xz|tgz|tbz2?|txz|tar|txt))+$", re.IGNORECASE)


class SourceCutError(SluiceError):
    """The source could not be read to its end; what came before the break has been handed over."""

    def __init__(self, message: str, *, is_cut: bool = True) -> None:
        super().__init__(message, status=Exit.INCOMPLETE)
        self.is_cut = is_cut
        """Whether what is stored is cut or damaged, so that it will be so again; False for a connection that broke."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open source."""

    name: str
    """For messages: without the password or the signature that a URL may carry."""
    stream: io.BufferedReader
    """The log itself, unpacked. Reading raises SourceCutError where the source ends early."""
    size: int | None
    """Bytes that position() will count up to, if that is known."""
    position: Callable[[], int]
    """Bytes read so far: of the member in an archive, of the compressed file in a .gz."""


@dataclass(frozen=True, kw_only=True)
class Location:
    """A source as it is named, before it is opened."""

    name: str
    base_name: str
    """What files about this source are named after."""
    path: str
    member: str | None = None


def locate(spec: str, *, env: Mapping[str, str]) -> Location:
    """Understand what the user wrote; raises SluiceError for a session that is not a date."""
    if spec.startswith("nclt:"):
        return _session(spec, env)
    path, _, member = spec.partition("::")
    if os.path.lexists(spec):
        path, member = spec, ""
    base = base_name(path, env=env)
    return Location(
        name=shown_path(path, env=env) + (f"::{member}" if member else ""),
        base_name=f"{base}-{stem(member)}" if member else base,
        path=path,
        member=member or None,
    )


@contextmanager
def open_source(
    spec: str, *, env: Mapping[str, str], stdin: BinaryIO | None = None, raw: StoredBytes | None = None
) -> Generator[Source]:
    """Open `spec` (see SOURCES), once, for reading from its beginning.

    `stdin` is what `-` reads; `raw` is the source where it has been opened already. Raises SluiceError where there is
    no such source or it is no log, and SourceCutError, then and while reading, where what is packed is cut, an archive
    is damaged or a connection drops.
    """
    location = locate(spec, env=env)
    with ExitStack() as stack:
        try:
            if raw is None:
                raw = stack.enter_context(open_stored_bytes(location.path, name=location.name, env=env, stdin=stdin))
            tap, size, position = _log(location, raw, stack)
            refuse_no_log(tap.head(), name=location.name)
        except READ_ERRORS as error:
            raise cut_short(location.name, raw.position() if raw else 0, error) from error
        stream = _guarded(tap, name=location.name, position=position)
        yield Source(name=location.name, stream=stream, size=size, position=position)


def _log(location: Location, raw: StoredBytes, stack: ExitStack) -> tuple[Tap, int | None, Callable[[], int]]:
    """Return the log itself, and how its reading is measured: packed, by its bytes as they are stored."""
    tap = unzipped(raw, name=location.name)
    if location.member is not None:
        file, size = open_member(tap, location.member, archive=location.name.partition("::")[0])
    elif is_archive(tap):
        # -::member would be taken for an option.
        ask_for = "/dev/stdin::member" if location.path == "-" else "::member"
        file, size = find_log(tap, archive=location.name, ask_for=ask_for)
    else:
        return tap, raw.size, raw.position
    member = Tap(stack.enter_context(file).read)
    log = unzipped(member, name=location.name)
    if is_archive(log):
        raise SluiceError(f"{location.name} has an archive in the archive, which is not looked into; unpack it first")
    return log, size, member.position


def _guarded(tap: Tap, *, name: str, position: Callable[[], int]) -> io.BufferedReader:
    """Turn what can go wrong while reading into one error that says how far the source was read."""

    def read(size: int) -> bytes | None:
        try:
            return tap.read(size)
        except READ_ERRORS as error:
            raise cut_short(name, position(), error) from error

    return io.BufferedReader(FunctionStream(read), _BUFFER)


def cut_short(name: str, position: int, error: BaseException) -> SourceCutError:
    """Return the error for a source that `error` ended after `position` bytes."""
    cause = str(error) or type(error).__name__
    return SourceCutError(
        f"{name} could not be read to its end: {cause} ({position:,} bytes were read)",
        is_cut=not isinstance(error, ConnectionError),
    )


def _session(spec: str, env: Mapping[str, str]) -> Location:
    day, member = session_day(spec)
    member = member or "gps.csv"
    return Location(
        name=spec,
        base_name=f"nclt-{day}-{stem(member)}",
        path=f"{data_set(env)}/sensor_data/{day}_sen.tar.gz",
        member=f"{day}/{member}",
    )


def session_day(spec: str) -> tuple[str, str]:
    """Return the date and what follows it in nclt:DATE/…; raises SluiceError if it is no date."""
    day, _, rest = spec.removeprefix("nclt:").partition("/")
    if not is_day(day):
        raise SluiceError(f"{spec}: {day!r} is not the date of a session; write nclt:2012-11-16", status=Exit.USAGE)
    return day, rest


def is_day(text: str) -> bool:
    """Say whether this is a date as the data set writes it, 2012-11-16."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def data_set(env: Mapping[str, str]) -> str:
    """Return where the data set is, without a slash at its end."""
    return (env.get("SLUICE_NCLT_URL") or NCLT_URL).rstrip("/")


def base_name(path: str, *, env: Mapping[str, str]) -> str:
    """Return what files about a source are named after."""
    if path == "-" or descriptor(path) is not None:
        return stem((path == "-" and env.get(STDIN_NAME)) or "stdin")
    return stem(urlsplit(path).path if is_remote(path) else path)


def stem(path: str) -> str:
    """Return a file's name without what says how it is packed."""
    name = PurePosixPath(path).name
    return _SUFFIXES.sub("", name) or name or "source"


def shown_path(path: str, *, env: Mapping[str, str]) -> str:
    """Return a path for messages: of a URL neither password nor signature."""
    if path == "-":
        return env.get(STDIN_NAME) or "standard input"
    if not is_remote(path):
        return path
    url = urlsplit(path)
    return urlunsplit((url.scheme, url.netloc.rpartition("@")[2], url.path, "", ""))
