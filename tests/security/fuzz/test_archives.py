"""Tar archives of any members and headers: read exactly or refused, in little memory, and nothing is written."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import strategies as st

from producer.gps.open_log import open_log
from producer.images.image_source import Image
from producer.images.open_images import open_images
from producer.images.selection import Selection
from producer.runtime.exit_status import SluiceError
from tests.unit.producer.images.image_samples import picture

from .hostile_strategies import damaged
from .profile import bounded, fuzz
from .test_gps_logs import ROW

NAMES = (
    *("2012-11-16/Cam0/1353099678000000.tiff", "2012-11-16/lb3/Cam0/1353099678000001.tiff", "gps.csv", "./gps.csv"),
    *("../gps.csv", "../../etc/passwd", "/etc/gps.csv", "/2012-11-16/Cam0/1353099678000002.tiff", "a/../gps.csv", ""),
    *("2012-11-16/Cam0/../Cam1/1353099678000003.tiff", "2012-11-16/Cam0/1353099678000000.tiff\x1b[2J", "x" * 300),
    *("2012-11-16/Cam0/\u00e9.tiff", "2012-11-16/Cam0/\udce9.tiff", "2012-11-16/Cam 0/13530996780000049999999.png"),
)
KINDS = b"0157AxgLKSV2346\x00Z"
SIZES = (0, 1, 511, 512, 513, 1 << 20, (1 << 33) - 1, 1 << 40, 1 << 62, -1, -512, -(1 << 40))
PAX = (
    *({}, {"size": "-1"}, {"size": "99999999999999"}, {"size": "1e9"}, {"size": "x"}, {"path": "../gps.csv"}),
    *({"path": "a\x00b"}, {"linkpath": "/etc/passwd"}, {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
    *({"GNU.sparse.size": "9999999999999", "GNU.sparse.map": "0,1"}, {"GNU.sparse.map": "0,-1,x"}, {"mtime": "nan"}),
    *({"GNU.sparse.realsize": "9999999999999", "GNU.sparse.name": "gps.csv"}, {"hdrcharset": "BINARY"}),
)
CONTENTS = (b"", ROW * 3, picture(), b"\0" * 700, b"x" * 512, b"-1 path=../x\n", b"99999999 path=x\n")


def number(value: int, width: int) -> bytes:
    """A number field of a header: octal where it fits, else base 256, also of a negative number."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    return bytes([0x80 if value >= 0 else 0xFF]) + (value % (1 << 8 * (width - 1))).to_bytes(width - 1, "big")


def header(name: str, size: int, kind: int, link: str = "") -> bytes:
    """A header block with its checksum, whatever its fields say."""
    encoded = name.encode("utf-8", "surrogateescape")[:100]
    block = bytearray(512)
    fields = {0: encoded, 100: b"0000644\0", 124: number(size, 12), 136: number(1_353_099_678, 12), 156: bytes([kind])}
    for at, field in {**fields, 157: link.encode()[:100], 257: b"ustar\x0000"}.items():
        block[at : at + len(field)] = field
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + sum(block[156:]) + 8 * 32)
    return bytes(block)


def pax(fields: dict[str, str]) -> bytes:
    lines = b""
    for name, value in fields.items():
        rest = f" {name}={value}\n".encode()
        length = len(rest) + 1
        length = len(rest) + len(str(len(rest) + len(str(length))))
        lines += str(length).encode() + rest
    return header("x", len(lines), ord("x")) + padded(lines)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


@st.composite
def members(draw: st.DrawFn) -> bytes:
    """A member: mostly with its own size, sometimes with any size, kind and PAX header."""
    content = draw(st.sampled_from(CONTENTS))
    size = draw(st.just(len(content)) | st.just(len(content)) | st.sampled_from(SIZES))
    kind = draw(st.just(ord("0")) | st.sampled_from(sorted(KINDS)))
    before = pax(draw(st.sampled_from(PAX))) if draw(st.integers(0, 3)) == 0 else b""
    link = draw(st.sampled_from(["", "/etc/passwd", "../x"]))
    return before + header(draw(st.sampled_from(NAMES)), size, kind, link) + padded(content)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    data = b"".join(draw(st.lists(members(), min_size=1, max_size=4)))
    data += bytes(1024) if draw(st.integers(0, 4)) else b""
    return draw(damaged(data)) if draw(st.integers(0, 3)) == 0 else data


def read_log_or_raise(data: bytes, spec: str = "-") -> bytes:
    with open_log(spec, env={}, stdin=io.BytesIO(data)) as source:
        text = b""
        while piece := source.stream.read1(1 << 20):
            text += piece
            assert len(text) <= len(data), "more than the archive holds"
        return text


def read_log(data: bytes, spec: str = "-") -> bytes | None:
    """Return the log in an archive; None if it is refused."""
    try:
        return read_log_or_raise(data, spec)
    except SluiceError:
        return None


def read_images(data: bytes) -> list[Image] | None:
    """Return the images in an archive; None if it is refused or ends early."""
    try:
        with open_images("-", env={}, stdin=io.BytesIO(data), selection=Selection()) as source:
            return [item for item in source if isinstance(item, Image)]
    except SluiceError:
        return None


@fuzz(150, data=archives())
def test_any_archive_is_read_exactly_or_refused(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with bounded(megabytes=400):
        text, images = read_log(data), read_images(data)
    assert text is None or text in data
    for image in images or []:
        assert image.data in data
        assert image.key.count("/") == 2
        assert ".." not in image.key
        assert not image.key.startswith("/")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [1 << 45, -1, -512, -(1 << 62)])
@pytest.mark.parametrize("kind", [b"0", b"S", b"L", b"x"])
def test_a_size_that_is_a_lie_takes_no_memory(size: int, kind: bytes) -> None:
    for name in ("gps.csv", NAMES[0]):
        data = header(name, size, kind[0]) + padded(ROW) * 40 + bytes(1024)
        with bounded(megabytes=200, seconds=10):
            assert not read_log(data)
            assert not read_images(data)


def test_a_sparse_log_is_refused_before_its_holes_are_written() -> None:
    for fields in ({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)},):
        content = padded(b"1\n0\n512\n") + padded(ROW)
        data = pax({**fields, "GNU.sparse.name": "gps.csv"}) + header("gps.csv", len(content), ord("0")) + content
        with bounded(megabytes=200, seconds=20):
            assert read_log(data + bytes(1024)) is None
            assert not read_images(data + bytes(1024))


def test_names_of_very_many_members_take_no_memory() -> None:
    name = header("././@LongLink", 1_000_000, ord("L")) + padded(b"d" * 999_999 + b"\0") + header("d", 0, ord("0"))
    packed = gzip.compress(name, 1) * 200 + gzip.compress(bytes(1024))
    with bounded(megabytes=100), pytest.raises(SluiceError, match="and 190 more") as raised:
        read_log_or_raise(packed)
    assert len(str(raised.value)) < 10_000


def test_a_log_in_an_archive_is_read_exactly() -> None:
    data = header("gps.csv", len(ROW), ord("0")) + padded(ROW) + header("../x", 0, ord("2"), "/etc") + bytes(1024)
    assert read_log(data) == ROW
