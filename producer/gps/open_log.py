"""Opens a GPS log as a stream of text bytes: from a file, a pipe, a URL or a tar archive, decompressed."""

import io
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from producer.gps.log_in_archive import find_log, open_member
from producer.runtime.exit_status import SluiceError
from producer.sources.decompress import PeekableStream, decompress
from producer.sources.file_formats import check_is_log, is_tar
from producer.sources.function_stream import FunctionStream
from producer.sources.log_location import LogLocation, locate_log
from producer.sources.source_errors import READ_ERRORS, source_cut_error
from producer.sources.stored_bytes import StoredBytes, open_stored_bytes

_BUFFER = 1 << 20


@dataclass(frozen=True, kw_only=True)
class LogSource:
    """An open GPS log."""

    name: str
    """Name for messages: no password or signature of a URL."""
    stream: io.BufferedReader
    """The log's text, decompressed. Reading raises SourceCutError where the source ends early."""
    size: int | None
    """Value that position() reaches at the end, if known."""
    position: Callable[[], int]
    """Returns the bytes read so far: of the member of an archive, else of the file as stored (compressed)."""


@contextmanager
def open_log(
    spec: str, *, env: Mapping[str, str], stdin: BinaryIO | None = None, raw: StoredBytes | None = None
) -> Generator[LogSource]:
    """Open SOURCE `spec` (see LOG_SOURCES in producer/sources/log_location.py) and yield the log.

    The source is opened once and read forward. `stdin` is the stream for `-`; `raw` is the source if it is open
    already. Raises SluiceError if there is no such source or it is not a log; SourceCutError, on opening and while
    reading, if compressed data is cut, an archive is damaged or a connection breaks.
    """
    location = locate_log(spec, env=env)
    with ExitStack() as stack:
        try:
            if raw is None:
                raw = stack.enter_context(open_stored_bytes(location.path, name=location.name, env=env, stdin=stdin))
            log, size, position = _open_text(location, raw, stack)
            check_is_log(log.peek(), name=location.name)
        except READ_ERRORS as error:
            raise source_cut_error(location.name, raw.position() if raw else 0, error) from error
        stream = _converting_errors(log, name=location.name, position=position)
        yield LogSource(name=location.name, stream=stream, size=size, position=position)


def _open_text(
    location: LogLocation, raw: StoredBytes, stack: ExitStack
) -> tuple[PeekableStream, int | None, Callable[[], int]]:
    """Return the log's text, and its `size` and `position` as LogSource has them."""
    content = decompress(raw, name=location.name)
    if location.member is not None:
        file, size = open_member(content, location.member, archive=location.name.partition("::")[0])
    elif is_tar(content.peek()):
        # -::member would be taken for an option.
        member_syntax = "/dev/stdin::member" if location.path == "-" else "::member"
        file, size = find_log(content, archive=location.name, member_syntax=member_syntax)
    else:
        return content, raw.size, raw.position
    member = PeekableStream(stack.enter_context(file).read)
    log = decompress(member, name=location.name)
    if is_tar(log.peek()):
        raise SluiceError(f"{location.name} has an archive in the archive, which is not looked into; unpack it first")
    return log, size, member.position


def _converting_errors(log: PeekableStream, *, name: str, position: Callable[[], int]) -> io.BufferedReader:
    """Return `log` as a buffered stream that raises SourceCutError, with the position, for any error in reading."""

    def read(size: int) -> bytes | None:
        try:
            return log.read(size)
        except READ_ERRORS as error:
            raise source_cut_error(name, position(), error) from error

    return io.BufferedReader(FunctionStream(read), _BUFFER)
