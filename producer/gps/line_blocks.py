"""Cuts a stream into blocks of whole lines."""

import io
import time
from collections.abc import Iterator
from typing import NamedTuple

from producer.runtime.exit_status import SluiceError

LINE_LIMIT = 4096
"""Longest line taken for a row, in bytes without the newline. A longer one is never held in memory."""
BLOCK = 1 << 19
"""Bytes of a block: some thousand rows, so that all that is made of them stays in the processor's cache."""
_SLOW_SECONDS = 0.1
"""A piece that takes longer to come is handed over at once."""


class Block(NamedTuple):
    """Whole lines, each with its line end."""

    data: bytes
    overlong: int | None = None
    """If given, `data` is the beginning of one line of so many bytes that it was not kept."""


def read_blocks(stream: io.BufferedReader, *, size: int = BLOCK) -> Iterator[Block]:
    """Yield all lines of the stream, about `size` bytes at a time; lines far too long come by themselves.

    The last line is given a line end if it has none. Where reading fails, what was read before is yielded
    first, except for a line that has only begun: cut numbers are numbers too.
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


def _chunks(stream: io.BufferedReader, size: int) -> Iterator[bytes]:
    """Yield what comes, in pieces of `size` bytes; less where it comes slowly, as from a live receiver."""
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
