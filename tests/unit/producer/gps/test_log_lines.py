import io
import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producer.gps.log_lines import LINE_LIMIT, Block, read_blocks
from producer.sources.function_stream import FunctionStream
from producer.sources.source_errors import SourceCutError


def stream(*pieces: bytes, cut: bool = False) -> io.BufferedReader:
    """A stream that comes in these pieces."""
    left = list(pieces)

    def pull(wanted: int) -> bytes:
        if not left:
            if cut:
                raise SourceCutError("cut")
            return b""
        piece = left.pop(0)
        if piece[wanted:]:
            left.insert(0, piece[wanted:])
        return piece[:wanted]

    return io.BufferedReader(FunctionStream(pull))


def lines(blocks: Iterator[Block]) -> list[bytes | int]:
    """All lines; of one that is too long, its length."""
    found: list[bytes | int] = []
    for block in blocks:
        assert block.data.endswith(b"\n") or block.overlong
        found += [block.overlong] if block.overlong else block.data.splitlines(keepends=True)
    return found


texts = st.text("ab", max_size=9).map(str.encode) | st.integers(LINE_LIMIT - 2, 3 * LINE_LIMIT).map(lambda n: b"x" * n)


@settings(max_examples=200, deadline=None)
@given(
    texts=st.lists(texts, max_size=6),
    last=st.sampled_from([b"", b"\n"]),
    size=st.integers(1, 9_000),
    piece=st.integers(1, 9_000),
)
def test_all_lines_come_in_order_however_the_stream_is_cut(
    texts: list[bytes], last: bytes, size: int, piece: int
) -> None:
    log = b"\n".join(texts) + last
    expected = [line + b"\n" for line in log.removesuffix(b"\n").split(b"\n")] if log.strip(b"\n") or log else []
    found = lines(read_blocks(stream(*(log[at : at + piece] for at in range(0, len(log), piece))), size=size))
    assert [len(line) - 1 if isinstance(line, bytes) else line for line in found] == [
        len(line) - 1 for line in expected
    ]
    assert [line for line in found if isinstance(line, bytes) and len(line) <= LINE_LIMIT] == [
        line for line in expected if len(line) <= LINE_LIMIT
    ]


def test_an_incomplete_line_is_dropped_when_the_source_is_cut() -> None:
    blocks = read_blocks(stream(b"1,2\n3,4\n5,0.0", cut=True))
    assert next(blocks).data == b"1,2\n3,4\n"
    with pytest.raises(SourceCutError):
        next(blocks)


def test_slow_input_is_yielded_before_a_block_is_full() -> None:
    reading, writing = os.pipe()
    blocks = read_blocks(io.BufferedReader(io.FileIO(reading)))
    more = threading.Timer(0.3, lambda: os.write(writing, b"3,4\n5"))
    os.write(writing, b"1,2\n")
    more.start()
    assert next(blocks).data == b"1,2\n3,4\n"
    os.close(writing)
    assert next(blocks).data == b"5\n"


def test_an_endless_line_is_not_held_in_memory() -> None:
    (block,) = read_blocks(stream(*[b"7" * 100_000] * 50))
    assert (len(block.data), block.overlong) == (LINE_LIMIT, 5_000_000)
