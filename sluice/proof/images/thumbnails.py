"""Thumbnails of images as Redis holds them, for the report: chosen evenly, decoded, scaled, as data: URIs."""

import warnings
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import zip_longest

from PIL import Image, ImageOps

from producer.images.image_key import camera_of, utime_of
from sluice.proof.images.redis_images import ImageStore, NotBytes, Value

COUNT = 24
EDGE = 160
"""Pixels of a thumbnail's longer side."""
MAX_PIXELS = 50_000_000
"""Larger images are not decoded: a small file can declare a size that fills the memory."""
_QUALITY = 82
_SIXTEEN_BIT_MODES = {"I;16", "I;16B", "I;16L", "I;16N"}


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """A thumbnail of one image, or the reason why there is none."""

    key: str
    camera: str
    utime: int | None
    size: int
    """Bytes of the image in Redis."""
    equal: bool
    """True where Redis has the bytes of the source."""
    uri: str | None
    """The thumbnail as a `data:` URI; None where the bytes cannot be decoded."""
    caption: str
    """Format and pixels, or why there is no thumbnail."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image decoded, scaled and encoded anew."""

    data: bytes | None = None
    """None where the bytes cannot be decoded."""
    media_type: str = ""
    caption: str
    """Format and pixels of the image, or why it is not drawn."""


def choose_evenly(keys: Iterable[str], *, count: int = COUNT) -> list[str]:
    """Return up to `count` of `keys` (sorted), evenly over cameras and, within a camera, over time."""
    cameras: dict[str, list[str]] = {}
    for key in keys:
        cameras.setdefault(camera_of(key), []).append(key)
    # Round robin: a camera with few images leaves its share to the others.
    turns = zip_longest(*([name] * min(len(cameras[name]), count) for name in _spread(list(cameras), count)))
    taken = [name for turn in turns for name in turn if name is not None][:count]
    return [key for name in cameras for key in _spread(cameras[name], taken.count(name))]


def make_thumbnails(keys: Sequence[str], *, store: ImageStore, wrong: frozenset[str]) -> tuple[Thumbnail, ...]:
    """Return thumbnails of `keys`, read back from the store; keys deleted meanwhile are left out."""
    return tuple(_thumbnail(key, value, equal=key not in wrong) for key, value in store.read(keys) if value is not None)


def _spread(items: list[str], count: int) -> list[str]:
    """Return `count` of `items`, evenly, the first and the last among them."""
    if count >= len(items):
        return items
    if count == 1:
        return [items[len(items) // 2]]
    return [items[index * (len(items) - 1) // (count - 1)] for index in range(count)]


def _thumbnail(key: str, value: Value, *, equal: bool) -> Thumbnail:
    picture = draw_picture(value)
    return Thumbnail(
        key=key,
        camera=camera_of(key),
        utime=utime_of(key),
        size=len(value) if isinstance(value, bytes) else 0,
        equal=equal,
        uri=f"data:{picture.media_type};base64,{b64encode(picture.data).decode()}" if picture.data else None,
        caption=picture.caption,
    )


def draw_picture(value: Value, *, edge: int = EDGE) -> Picture:
    """Return an image of Redis decoded, scaled to `edge` pixels at most and encoded anew; it raises nothing."""
    if isinstance(value, NotBytes):
        return Picture(caption=value.why)
    try:
        return _draw(value or b"", edge)
    except Exception as error:  # a decoder of broken bytes may raise anything: it costs one thumbnail only
        return Picture(caption=f"cannot be drawn: {_why(error)}")


def _draw(data: bytes, edge: int) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, on files that it repairs by itself
        with Image.open(BytesIO(data)) as image:
            caption = f"{image.format} {image.width}×{image.height}"
            if image.width * image.height > MAX_PIXELS:
                return Picture(caption=f"{caption}: too large to be drawn")
            image.draft("RGB", (2 * edge, 2 * edge))
            small = _eight_bits(image)
            small.thumbnail((edge, edge), reducing_gap=2.0)
            return _encoded(ImageOps.exif_transpose(small), caption)


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode in _SIXTEEN_BIT_MODES:
        return image.convert("I").point(lambda level: level / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in {"1", "L"} else "RGB")


def _encoded(image: Image.Image, caption: str) -> Picture:
    file = BytesIO()
    kind = "png" if image.mode == "RGBA" else "jpeg"
    image.save(file, kind, quality=_QUALITY, optimize=True)
    return Picture(data=file.getvalue(), media_type=f"image/{kind}", caption=caption)


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and "cannot identify" in str(error):
        return "not an image of a known format"
    return str(error) or type(error).__name__
