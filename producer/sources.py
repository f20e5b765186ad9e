"""Where a log comes from: named on the command line, read as a stream."""

import io
import re
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

from exits import Exit, SluiceError
from producer.pull import Pull
from producer.raw import Raw, is_remote, open_raw
from producer.unpack import READ_ERRORS, Tap, find_log, is_archive, open_member, unzipped

NCLT_URL = "https://s3.us-east-2.amazonaws.com/nclt.perl.engin.umich.edu/"
"""Where `nclt:` finds the public data set; the variable SLUICE_NCLT_URL names another place."""
SOURCES = "a file, - for standard input, a .gz, archive.tar.gz::member, an http(s):// or gs:// URL, or nclt:2012-11-16"
STDIN_NAME = "SLUICE_STDIN_NAME"
"""The variable that says what standard input is called, where a source is sent from elsewhere."""
_BUFFER = 1 << 20
_SUFFIXES = re.compile(r"(\.(csv|gz|tgz|tar|txt))+$", re.IGNORECASE)


class SourceCutError(SluiceError):
    """The source could not be read to its end; what came before the break has been handed over."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=Exit.INCOMPLETE)


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
    if Path(spec).exists():
        path, member = spec, ""
    base = base_name(path, env=env)
    return Location(
        name=shown_path(path, env=env) + (f"::{member}" if member else ""),
        base_name=f"{base}-{stem(member)}" if member else base,
        path=path,
        member=member or None,
    )


@contextmanager
def open_source(spec: str, *, env: Mapping[str, str], stdin: BinaryIO | None = None) -> Generator[Source]:
    """Open `spec` (see SOURCES) for reading from its beginning.

    `stdin` is what `-` reads. Raises SluiceError where there is no such source, and SourceCutError, then
    and while reading, where a .gz is cut, an archive is damaged or a connection drops.
    """
    location = locate(spec, env=env)
    with ExitStack() as stack:
        try:
            member = location.member or _log_in_archive(location, env=env)
            raw = stack.enter_context(_open(location, env=env, stdin=stdin))
            tap, size = unzipped(raw), raw.size
            if member is not None:
                tap, size = open_member(tap, member, archive=location.name.partition("::")[0])
        except READ_ERRORS as error:
            raise cut_short(location.name, 0, error) from error
        # A .gz is measured by its compressed bytes, whose number is known; a member by its own.
        position = raw.position if member is None else tap.position
        stream = _guarded(tap, name=location.name, position=position)
        yield Source(name=location.name, stream=stream, size=size, position=position)


def _guarded(tap: Tap, *, name: str, position: Callable[[], int]) -> io.BufferedReader:
    """Turn what can go wrong while reading into one error that says how far the source was read."""

    def read(size: int) -> bytes | None:
        try:
            return tap.read(size)
        except READ_ERRORS as error:
            raise cut_short(name, position(), error) from error

    return io.BufferedReader(Pull(read), _BUFFER)


def cut_short(name: str, position: int, error: BaseException) -> SourceCutError:
    """Return the error for a source that `error` ended after `position` bytes."""
    cause = str(error) or type(error).__name__
    return SourceCutError(f"{name} could not be read to its end: {cause} ({position:,} bytes were read)")


def _open(location: Location, *, env: Mapping[str, str], stdin: BinaryIO | None) -> Raw:
    return open_raw(location.path, name=location.name, env=env, stdin=stdin or sys.stdin.buffer)


def _log_in_archive(location: Location, *, env: Mapping[str, str]) -> str | None:
    """Name the one gps.csv of an archive, which is read through for that; None for what is no archive."""
    if location.path == "-":
        return None
    with _open(location, env=env, stdin=None) as raw:
        tap = unzipped(raw)
        return find_log(tap, archive=location.name) if is_archive(tap) else None


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
    if path == "-":
        return stem(env.get(STDIN_NAME) or "stdin")
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
