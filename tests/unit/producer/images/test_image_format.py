import io
import struct
import warnings
import zlib
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from producer.images.image_format import check_image
from producer.images.reject_reasons import ImageReason

from .image_samples import picture

WHOLE = {
    "TIFF": picture(size=(40, 30)),
    "TIFF, packed": picture(size=(40, 30), compression="tiff_lzw"),
    "PNG": picture(kind="PNG", size=(40, 30)),
    "JPEG": picture(kind="JPEG", size=(40, 30)),
    "JPEG, progressive": picture(kind="JPEG", size=(40, 30), progressive=True),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_complete_image_is_accepted_and_a_truncated_one_rejected(kind: str) -> None:
    data = WHOLE[kind]
    assert check_image(data) is None
    for end in chain(range(1, min(len(data), 400)), range(400, len(data), 97), [len(data) - 1]):
        assert check_image(data[:end]) in {ImageReason.NOT_AN_IMAGE, ImageReason.TRUNCATED}, end
    assert check_image(data[:-1]) is ImageReason.TRUNCATED


def test_several_images_in_one_tiff_must_all_be_there() -> None:
    packed = io.BytesIO()
    frames = [Pillow.new("RGB", (20, 20), (n, n, n)) for n in range(3)]
    frames[0].save(packed, "TIFF", save_all=True, append_images=frames[1:])
    data = packed.getvalue()
    assert check_image(data) is None
    assert check_image(data[:-600]) is ImageReason.TRUNCATED


def test_tiles_are_checked_too() -> None:
    tags = {256: 32, 257: 32, 258: 8, 259: 1, 262: 1, 277: 1, 322: 32, 323: 32, 324: 200, 325: 1_024}
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    data = head + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()) + bytes(4)
    data = data.ljust(200, b"\0") + bytes(1_024)
    assert check_image(data) is None
    assert check_image(data[:-1]) is ImageReason.TRUNCATED


def test_a_preview_inside_a_jpeg_is_not_taken_for_its_end() -> None:
    preview, whole = WHOLE["JPEG"], WHOLE["JPEG"]
    segment = b"Exif\0\0" + preview
    data = whole[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + whole[2:]
    assert check_image(data) is None
    assert check_image(data[:-2]) is ImageReason.TRUNCATED


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_bytes_after_the_end_are_accepted(kind: str) -> None:
    assert check_image(WHOLE[kind] + bytes(100)) is None


@pytest.mark.parametrize(
    "data", [b"1353099678298235,3,0,0.7\n", b"\0" * 500, b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"]
)
def test_a_file_that_is_no_image_is_rejected(data: bytes) -> None:
    assert check_image(data) is ImageReason.NOT_AN_IMAGE


def test_other_formats_are_rejected() -> None:
    assert check_image(picture(kind="BMP")) is ImageReason.NOT_AN_IMAGE
    assert check_image(picture(kind="GIF")) is ImageReason.NOT_AN_IMAGE


def test_a_file_without_bytes_is_rejected_as_empty() -> None:
    assert check_image(b"") is ImageReason.EMPTY


def test_a_decompression_bomb_is_rejected_and_large_images_cause_no_warning(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def claiming(width: int, height: int) -> bytes:
        data = bytearray(WHOLE["PNG"])
        data[16:24] = struct.pack(">II", width, height)
        data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
        return bytes(data)

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert check_image(claiming(60_000, 60_000)) is ImageReason.TOO_MANY_PIXELS
        assert check_image(claiming(10_000, 10_000)) is None
    assert not warned
    assert capfd.readouterr() == ("", "")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=8))
def test_damaged_images_raise_and_print_nothing(kind: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE[kind])
    for at, value in changes:
        data[at % len(data)] = value
    with warnings.catch_warnings(record=True) as warned:
        check_image(bytes(data))
    assert not warned
