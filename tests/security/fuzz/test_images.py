"""Images of any bytes: accepted only if complete, and drawn or refused in little memory."""

import io
import struct
import zlib
from functools import cache

import pytest
from hypothesis import strategies as st
from PIL import Image

from producer.images.image_format import check_image
from producer.images.image_key import PathParser
from producer.images.reject_reasons import ImageReason
from sluice.proof.images.redis_images import Value
from sluice.proof.images.thumbnails import make_thumbnails
from tests.unit.producer.images.image_samples import picture

from .hostile_strategies import damaged
from .profile import bounded, fuzz
from .test_archives import NAMES


@cache
def samples() -> tuple[bytes, ...]:
    noise = Image.effect_noise((60, 40), 90)
    kinds = ({"kind": "PNG"}, {"kind": "JPEG"}, {"kind": "TIFF"}, {"kind": "TIFF", "compression": "tiff_lzw"})
    made = [picture(7, size=(60, 40), **options) for options in kinds]
    for kind, options in (("JPEG", {"progressive": True}), ("TIFF", {"compression": "tiff_adobe_deflate"})):
        file = io.BytesIO()
        noise.save(file, kind, **options)
        made.append(file.getvalue())
    return (
        *made,
        png(1 << 30, 1 << 30),
        png(60_000, 60_000),
        bitmap(1 << 30),
        tiff(1 << 31, 1 << 31),
        b"GIF89a",
        b"%PDF",
    )


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int) -> bytes:
    """A small PNG that says it is large, with texts that unpack to much more."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    bomb = zlib.compress(bytes(8 << 20), 9)
    texts = chunk(b"zTXt", b"a\0\0" + bomb) + chunk(b"iCCP", b"a\0\0" + bomb) + chunk(b"iTXt", b"a\0\1\0\0\0" + bomb)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + texts + chunk(b"IDAT", bomb) + chunk(b"IEND", b"")


def bitmap(size: int) -> bytes:
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, size, size, 1, 24, 0, 0, 0, 0, 0, 0)


def tiff(width: int, count: int) -> bytes:
    """A TIFF whose tags claim `count` values, and whose directory is its own next one."""
    entries = [(256, 4, 1, width), (257, 4, 1, width), (273, 4, count, 8), (279, 4, count, 8), (700, 1, count, 8)]
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", 8)


class OneImage:
    """A store of one image."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, keys: object) -> list[tuple[str, Value]]:
        return [("s/c/1", self._data)]


@st.composite
def images(draw: st.DrawFn) -> bytes:
    """Images of every format, damaged, with another one put before or after."""
    data = draw(damaged(draw(st.sampled_from(samples()))))
    other = draw(st.sampled_from([b"", b"", b"PK\x03\x04", b"<script>", samples()[0]]))
    return data + other if draw(st.booleans()) else other + data


@fuzz(250, data=images() | st.binary(max_size=200))
def test_any_bytes_are_checked_and_drawn_or_refused(data: bytes) -> None:
    with bounded(megabytes=700):
        reason = check_image(data)
        assert reason is None or isinstance(reason, ImageReason)
        (thumbnail,) = make_thumbnails(["s/c/1"], store=OneImage(data), wrong=frozenset())  # pyright: ignore[reportArgumentType]
    assert thumbnail.uri is None or thumbnail.uri.startswith("data:image/")


@fuzz(60, data=st.sampled_from([0, 1, 2, 3, 4, 5]), cut=st.floats(0, 1, exclude_max=True))
def test_an_image_that_is_cut_is_refused(data: int, cut: float) -> None:
    whole = samples()[data]
    assert check_image(whole) is None
    assert check_image(whole[: int(cut * len(whole))]) is not None


@pytest.mark.parametrize("sample", range(6, 10))
def test_a_bomb_is_refused_or_not_drawn(sample: int) -> None:
    with bounded(megabytes=300):
        (thumbnail,) = make_thumbnails(["s/c/1"], store=OneImage(samples()[sample]), wrong=frozenset())  # pyright: ignore[reportArgumentType]
    assert thumbnail.uri is None


@fuzz(200, name=st.sampled_from(NAMES) | st.text(max_size=30) | st.from_regex(r"[a-z.0-9-]+/\.?\.?[Cc]am\d/\d+\.\w+"))
def test_any_path_gives_a_key_of_three_plain_parts_or_a_reason(name: str) -> None:
    parts = PathParser(source_name="source").parse(name)
    if not isinstance(parts, ImageReason):
        assert not {"", ".", ".."} & set(parts.key.split("/"))
        assert parts.key.isprintable()
