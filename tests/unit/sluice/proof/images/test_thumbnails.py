import struct
import zlib
from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image

from sluice.proof.images.redis_images import NotBytes, Value
from sluice.proof.images.thumbnails import Thumbnail, choose_evenly, make_thumbnails
from tests.unit.sluice.proof.images.fake_store import START, FakeStore, key, png

KEY = key(0, 0)


def draw(value: Value) -> Thumbnail:
    (found,) = make_thumbnails([KEY], store=FakeStore({KEY: value}), wrong=frozenset())
    return found


def encoded(image: Image.Image, kind: str) -> bytes:
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def picture(thumbnail: Thumbnail) -> Image.Image:
    assert thumbnail.uri is not None, thumbnail.caption
    return Image.open(BytesIO(b64decode(thumbnail.uri.partition(",")[2])))


def keys(counts: list[int]) -> list[str]:
    return [key(camera, number) for camera, count in enumerate(counts) for number in range(count)]


def test_few_images_are_all_shown():
    assert choose_evenly(keys([2, 3])) == keys([2, 3])
    assert choose_evenly([]) == []


def test_many_images_are_chosen_evenly_over_cameras_and_time():
    chosen = choose_evenly(keys([100] * 6), count=24)
    assert len(chosen) == 24
    assert chosen == sorted(chosen)
    for camera in range(6):
        assert [name for name in chosen if f"Cam{camera}" in name] == [key(camera, n) for n in (0, 33, 66, 99)]


def test_a_camera_with_few_images_leaves_its_share_to_the_others():
    chosen = choose_evenly(keys([1, 100, 2]), count=9)
    assert [sum(f"Cam{camera}/" in name for name in chosen) for camera in range(3)] == [1, 6, 2]


def test_of_more_cameras_than_places_some_are_shown():
    chosen = choose_evenly([f"day{day:03}/Cam0/{START + n}" for day in range(100) for n in range(3)], count=4)
    assert chosen == [f"day{day:03}/Cam0/{START + 1}" for day in (0, 33, 66, 99)]


@pytest.mark.parametrize("kind", ["tiff", "png", "jpeg"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_image_is_made_small_and_keeps_its_shape(kind: str, mode: str):
    found = draw(encoded(Image.new(mode, (1616, 1232), "teal" if mode == "RGB" else 99), kind))
    assert picture(found).size == (160, 122)
    assert found.uri is not None
    assert found.uri.startswith("data:image/jpeg;base64,")
    assert found.caption == f"{kind.upper()} 1616×1232"
    assert len(found.uri) < 20_000


def test_a_small_image_is_not_made_larger():
    assert picture(draw(png(1))).size == (20, 12)


def test_sixteen_bits_are_drawn_as_eight():
    shades = Image.new("I;16", (8, 8), 0x8000)
    assert picture(draw(encoded(shades, "tiff"))).getpixel((4, 4)) == pytest.approx(128, abs=3)


def test_transparency_is_kept():
    found = picture(draw(encoded(Image.new("RGBA", (9, 9), (255, 0, 0, 0)), "png")))
    assert found.convert("RGBA").getpixel((4, 4)) == (255, 0, 0, 0)


def bomb(edge: int) -> bytes:
    """A PNG of a few bytes that claims so many pixels each way."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "not an image of a known format"),
        (b"<script>", "not an image of a known format"),
        (encoded(Image.new("RGB", (400, 400)), "tiff")[:-1000], "cannot be drawn"),
        (bomb(8_000), "8000×8000: too large to be drawn"),
        (bomb(20_000), "decompression bomb"),
        (NotBytes(why="it is no string of bytes"), "no string of bytes"),
    ],
    ids=["empty", "text", "cut", "bomb", "larger bomb", "list"],
)
def test_the_caption_says_why_an_image_has_no_thumbnail(value: Value, why: str):
    found = draw(value)
    assert found.uri is None
    assert why in found.caption


def test_images_deleted_meanwhile_are_left_out():
    assert make_thumbnails([KEY], store=FakeStore({}), wrong=frozenset()) == ()
