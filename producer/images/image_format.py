"""Tells images from other files, without decoding them."""

import io
import struct
import warnings
from collections.abc import Callable
from typing import cast

from PIL import Image, TiffImagePlugin

from producer.images.reject_reasons import ImageReason

FORMATS = ("TIFF", "PNG", "JPEG")
_STRIPS_AND_TILES = ((273, 279), (324, 325))
"""TIFF's tags for where the pieces of an image are and how many bytes each has."""
_FRAMES = 100
"""Images of one TIFF that are looked at."""
_TIFF_HEADER, _TIFF_ENTRY, _TIFF_INLINE = 8, 12, 4
_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of a value, by the number of its type."""
_PNG_SIGNATURE, _PNG_CHUNK = 8, struct.Struct(">I4s")
_PNG_AROUND = 12
"""Bytes of a chunk that are not its content: length, name, checksum."""
_END_OF_JPEG, _START_OF_SCAN = b"\xff\xd9", 0xDA


def refuse(data: bytes) -> ImageReason | None:
    """Return why this is no whole image, or None if it seems to be one.

    The header is parsed and the image's pieces must be inside the file; its pixels are not decoded.
    """
    if not data:
        return ImageReason.EMPTY
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                whole = _WHOLE[image.format or ""]
                return None if whole(image, data) else ImageReason.TRUNCATED
    except Image.DecompressionBombError:
        return ImageReason.TOO_MANY_PIXELS
    except Exception:  # what a parser says to bytes that are anything: a dozen kinds of errors
        return ImageReason.TRUNCATED if _is_cut_tiff(data) else ImageReason.NOT_AN_IMAGE


def _whole_tiff(image: Image.Image, data: bytes) -> bool:
    tiff = cast(TiffImagePlugin.TiffImageFile, image)
    for frame in range(_FRAMES):
        try:
            tiff.seek(frame)
        except EOFError:
            return True
        except Exception:  # a directory that is cut
            return False
        if not all(_pieces_inside(tiff.tag_v2, offsets, sizes, len(data)) for offsets, sizes in _STRIPS_AND_TILES):
            return False
    return True


def _is_cut_tiff(data: bytes) -> bool:
    """Say whether the directory, which may be at the end of a file, or a value in it lies beyond that end."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < _TIFF_HEADER:
        return order is not None
    (at,) = struct.unpack_from(order + "I", data, 4)
    if at + 2 > len(data):
        return True
    (count,) = struct.unpack_from(order + "H", data, at)
    if at + 2 + count * _TIFF_ENTRY + 4 > len(data):
        return True
    for number in range(count):
        _, kind, length, where = struct.unpack_from(order + "HHII", data, at + 2 + number * _TIFF_ENTRY)
        size = length * _TIFF_SIZES.get(kind, 1)
        if size > _TIFF_INLINE and where + size > len(data):
            return True
    return False


def _pieces_inside(tags: TiffImagePlugin.ImageFileDirectory_v2, offsets: int, sizes: int, end: int) -> bool:
    at, lengths = _numbers(tags, offsets), _numbers(tags, sizes)
    # Old writers leave the sizes out.
    lengths = lengths or (1,) * len(at)
    return len(at) == len(lengths) and all(start + length <= end for start, length in zip(at, lengths, strict=True))


def _numbers(tags: TiffImagePlugin.ImageFileDirectory_v2, tag: int) -> tuple[int, ...]:
    value = tags.get(tag, ())
    return value if isinstance(value, tuple) else (value,)


def _whole_png(_image: Image.Image, data: bytes) -> bool:
    at = _PNG_SIGNATURE
    while at + _PNG_AROUND <= len(data):
        length, name = _PNG_CHUNK.unpack_from(data, at)
        at += length + _PNG_AROUND
        if name == b"IEND":
            return at <= len(data)
    return False


def _whole_jpeg(_image: Image.Image, data: bytes) -> bool:
    """Look for the end after the first scan's beginning: a preview inside the header has an end of its own."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:  # noqa: PLR2004 — what every marker begins with
            at += 1
            continue
        if data[at + 1] == _START_OF_SCAN:
            return data.find(_END_OF_JPEG, at) > 0
        if data[at + 1] == 0xFF:  # noqa: PLR2004 — filling
            at += 1
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False


_WHOLE: dict[str, Callable[[Image.Image, bytes], bool]] = {
    "TIFF": _whole_tiff,
    "PNG": _whole_png,
    "JPEG": _whole_jpeg,
    "MPO": _whole_jpeg,
}
