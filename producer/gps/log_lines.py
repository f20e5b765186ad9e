"""Lines of a log: read in blocks of whole lines, or one by one. Overlong lines are never held in memory."""

import io
import time
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from producer.runtime.exit_status import SluiceError

LINE_LIMIT = 4096
"""Longest line that can be a row, in bytes without the line end."""
BLOCK = 1 << 19
"""Bytes of a block: some thousand rows, so that everything made from them stays in the processor's cache."""
_SLOW_SECONDS = 0.1
"""A piece that takes longer to arrive is yielded at once."""


class Block(NamedTuple):
    """Whole lines, each with its line end."""

    data: bytes
    overlong: int | None = None
    """If given, the length in bytes of one overlong line, of which `data` is the beginning."""


def read_blocks(stream: io.BufferedReader, *, size: int = BLOCK) -> Iterator[Block]:
    """Yield all lines of the stream, about `size` bytes at a time; overlong lines come by themselves.

    The last line is given a line end if it has none. Where reading fails, what was read before is yielded
    first, except for a line that has only begun: a number that is cut is a number too.
    """
    tail, overlong = b"", 0
    for chunk in _chunks(stream, size):
        data = tail + chunk
        if overlong:
            end = data.find(b"\n")
            overlong += len(chunk) if end < 0 else end - LINE_LIMIT
            if end < 0:
                continue
            yield Block(data[:LINE_LIMIT], overlong)
            data, overlong = data[end + 1 :], 0
        end = data.rfind(b"\n") + 1
        if end:
            yield Block(data[:end])
        tail = data[end:]
        if len(tail) > LINE_LIMIT:
            overlong, tail = len(tail), tail[:LINE_LIMIT]
    if overlong:
        yield Block(tail, overlong)
    elif tail:
        yield Block(tail + b"\n")


def read_lines(stream: BinaryIO) -> Iterator[tuple[bytes, int | None]]:
    """Yield each line with its line end, and None; of an overlong line the beginning, and its length in bytes."""
    while line := stream.readline(LINE_LIMIT + 1):
        if len(line) > LINE_LIMIT and not line.endswith(b"\n"):
            yield line[:LINE_LIMIT], len(line) + _skip_line(stream)
        else:
            yield line, None


def _skip_line(stream: BinaryIO) -> int:
    """Read to the end of the line; returns the bytes skipped, without the line end."""
    skipped = 0
    while rest := stream.readline(65_536):
        if rest.endswith(b"\n"):
            return skipped + len(rest) - 1
        skipped += len(rest)
    return skipped


def _chunks(stream: io.BufferedReader, size: int) -> Iterator[bytes]:
    """Yield the stream in pieces of `size` bytes; smaller ones where it arrives slowly, as from a live receiver."""
    pieces: list[bytes] = []
    missing = size
    while True:
        begun = time.monotonic()
        try:
            piece = stream.read1(missing)
        except SluiceError:
            yield b"".join(pieces)
            raise
        pieces.append(piece)
        missing -= len(piece)
        if not piece or not missing or time.monotonic() - begun > _SLOW_SECONDS:
            yield b"".join(pieces)
            pieces, missing = [], size
        if not piece:
            return
