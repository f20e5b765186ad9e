"""Checks that a file is a complete TIFF, PNG or JPEG image, without decoding its pixels."""

import io
import struct
import warnings
from collections.abc import Callable
from typing import cast

from PIL import Image, TiffImagePlugin

from producer.images.reject_reasons import ImageReason

FORMATS = ("TIFF", "PNG", "JPEG")
_STRIPS_AND_TILES = ((273, 279), (324, 325))
"""TIFF tags of the offsets and byte counts of an image's pieces."""
_MAX_FRAMES = 100
"""Images of one TIFF file that are checked."""
_TIFF_HEADER, _TIFF_ENTRY, _TIFF_INLINE = 8, 12, 4
_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of a value, by TIFF type number."""
_PNG_SIGNATURE, _PNG_CHUNK = 8, struct.Struct(">I4s")
_PNG_CHUNK_OVERHEAD = 12
"""Bytes of a chunk besides its content: length, type, checksum."""
_END_OF_JPEG, _START_OF_SCAN = b"\xff\xd9", 0xDA


def check_image(data: bytes) -> ImageReason | None:
    """Return the reject reason of a file that is no complete image, or None.

    Parses the header and checks that the image's pieces lie inside the file; does not decode pixels.
    """
    if not data:
        return ImageReason.EMPTY
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                is_complete = _COMPLETENESS_CHECKS[image.format or ""]
                return None if is_complete(image, data) else ImageReason.TRUNCATED
    except Image.DecompressionBombError:
        return ImageReason.TOO_MANY_PIXELS
    except Exception:  # a parser of arbitrary bytes raises a dozen kinds of exceptions
        return ImageReason.TRUNCATED if _is_cut_tiff(data) else ImageReason.NOT_AN_IMAGE


def _is_complete_tiff(image: Image.Image, data: bytes) -> bool:
    if _is_cut_tiff(data):
        return False
    tiff = cast(TiffImagePlugin.TiffImageFile, image)
    for frame in range(_MAX_FRAMES):
        try:
            tiff.seek(frame)
        except EOFError:
            return True
        except Exception:  # the directory is cut
            return False
        if not all(_are_pieces_inside(tiff.tag_v2, offsets, sizes, len(data)) for offsets, sizes in _STRIPS_AND_TILES):
            return False
    return True


def _is_cut_tiff(data: bytes) -> bool:
    """Return whether a TIFF directory, which may be the last part of a file, or a value in it lies beyond its end.

    Pillow ignores the tags that are missing then.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < _TIFF_HEADER:
        return order is not None
    (at,) = struct.unpack_from(order + "I", data, 4)
    seen: set[int] = set()
    while len(seen) < _MAX_FRAMES and at not in seen:
        seen.add(at)
        if at + 2 > len(data):
            return True
        (count,) = struct.unpack_from(order + "H", data, at)
        end = at + 2 + count * _TIFF_ENTRY
        if end + 4 > len(data):
            return True
        for _, kind, length, where in struct.iter_unpack(order + "HHII", data[at + 2 : end]):
            size = length * _TIFF_SIZES.get(kind, 1)
            if size > _TIFF_INLINE and where + size > len(data):
                return True
        (at,) = struct.unpack_from(order + "I", data, end)
        if not at:
            return False
    return False


def _are_pieces_inside(tags: TiffImagePlugin.ImageFileDirectory_v2, offsets: int, sizes: int, end: int) -> bool:
    at, lengths = _tag_values(tags, offsets), _tag_values(tags, sizes)
    # Old programs omit the byte counts.
    lengths = lengths or (1,) * len(at)
    return len(at) == len(lengths) and all(start + length <= end for start, length in zip(at, lengths, strict=True))


def _tag_values(tags: TiffImagePlugin.ImageFileDirectory_v2, tag: int) -> tuple[int, ...]:
    value = tags.get(tag, ())
    return value if isinstance(value, tuple) else (value,)


def _is_complete_png(_image: Image.Image, data: bytes) -> bool:
    at = _PNG_SIGNATURE
    while at + _PNG_CHUNK_OVERHEAD <= len(data):
        length, name = _PNG_CHUNK.unpack_from(data, at)
        at += length + _PNG_CHUNK_OVERHEAD
        if name == b"IEND":
            return at <= len(data)
    return False


def _is_complete_jpeg(_image: Image.Image, data: bytes) -> bool:
    """Find the end marker after the start of the first scan: a preview inside the header has an end marker too."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:  # noqa: PLR2004 — first byte of every marker
            at += 1
            continue
        if data[at + 1] == _START_OF_SCAN:
            return data.find(_END_OF_JPEG, at) > 0
        if data[at + 1] == 0xFF:  # noqa: PLR2004 — fill byte
            at += 1
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False


_COMPLETENESS_CHECKS: dict[str, Callable[[Image.Image, bytes], bool]] = {
    "TIFF": _is_complete_tiff,
    "PNG": _is_complete_png,
    "JPEG": _is_complete_jpeg,
    "MPO": _is_complete_jpeg,
}
