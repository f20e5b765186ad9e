"""Logs of any bytes, encoding and compression: both readings agree, or the log is refused with a sentence."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from hypothesis import strategies as st

from producer.gps.log_lines import BLOCK, read_blocks
from producer.gps.open_log import open_log
from producer.runtime.exit_status import SluiceError
from tests.unit.producer.gps.both_paths import blocks_of, fast_path, plain_path
from tests.unit.producer.gps.log_strategies import PLAIN, logs, logs_with_headers

from .hostile_strategies import damaged
from .profile import bounded, fuzz

ROW = ",".join(PLAIN).encode() + b"\n"
HEADER = b"utime,fix_mode,satellites,latitude,longitude,altitude,track,speed\n"
ENCODINGS = ("utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-32", "cp037")


def archive(data: bytes, *, name: str = "gps.csv") -> bytes:
    """A tar archive with `data` as its log."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return file.getvalue()


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("gps.csv", data)
    return file.getvalue()


PACKINGS: tuple[Callable[[bytes], bytes], ...] = (gzip.compress, bz2.compress, lzma.compress, archive, zipped)


def encoded(text: bytes, name: str) -> bytes:
    return text.decode("latin-1").encode(name, "replace")


odd_lines = st.sampled_from(
    [
        b"," * 4_095,
        b"," * 100_000,
        ROW[:-1] + b"," * 3_000,
        b"1" * 4_090 + b",3",
        b"\x00" * 2_000,
        HEADER[:-1] * 40,
        b"#" * 5_000,
        HEADER[:-1].replace(b"utime", b"utime" * 700),
        HEADER[:-1].replace(b",", b"\x00,"),
        b'"' + HEADER[:-1],
        HEADER[:-1].replace(b"speed", b"speed (" + b"(" * 3_000),
        HEADER[:-1].replace(b"speed", b"speed" + b" " * 3_000 + b"x"),
        b" ;|" * 1_300,
        b"\xff\xfe" + HEADER,
        b"\x1b]0;x\x07",
    ]
)
odd_logs = st.lists(odd_lines | st.just(ROW[:-1]), max_size=5).map(b"\n".join)
any_logs = st.one_of(
    logs,
    logs_with_headers(),
    odd_logs,
    st.binary(max_size=600),
    st.tuples(logs_with_headers(), st.sampled_from(ENCODINGS)).map(lambda given: encoded(*given)),
    st.just(HEADER + ROW * 20).flatmap(damaged),
)


@st.composite
def packed(draw: st.DrawFn) -> bytes:
    """Logs, packed up to four times, damaged at any layer."""
    data = draw(any_logs)
    for packing in draw(st.lists(st.sampled_from(PACKINGS), min_size=1, max_size=4)):
        data = packing(data)
        if draw(st.integers(0, 2)) == 0:
            data = draw(damaged(data))
    return data


def read(data: bytes) -> tuple[bytes, str]:
    """Return the log's bytes by open_log(), and the problem that ended it."""
    text = b""
    try:
        with open_log("-", env={}, stdin=io.BytesIO(data)) as source:
            while piece := source.stream.read1(1 << 20):
                text += piece
    except SluiceError as error:
        return text, str(error)
    return text, ""


@fuzz(120, log=any_logs)
def test_both_readings_of_any_bytes_agree(log: bytes) -> None:
    with bounded():
        text, problem = read(log)
        if not problem:
            assert text == log
            assert fast_path(blocks_of(text, 4_096)) == plain_path(text)


@fuzz(80, data=packed())
def test_a_packed_log_is_read_exactly_or_refused(data: bytes) -> None:
    with bounded():
        text, problem = read(data)
        assert problem or fast_path(blocks_of(text)) == plain_path(text)


@pytest.mark.parametrize(
    ("packing", "line"),
    [(gzip.compress, b"\0" * (64 << 20)), (bz2.compress, b"," * (64 << 20)), (lzma.compress, b",\n" * (4 << 20))],
    ids=["zeros", "billions of columns", "empty rows"],
)
def test_a_bomb_is_read_in_little_memory(packing: Callable[[bytes], bytes], line: bytes) -> None:
    bomb = packing(packing(line))
    refused = pytest.raises(SluiceError) if not line.strip(b"\0") else nullcontext()
    with bounded(megabytes=300, seconds=120), refused, open_log("-", env={}, stdin=io.BytesIO(bomb)) as source:
        for block in read_blocks(source.stream):
            assert len(block.data) <= 2 * BLOCK
