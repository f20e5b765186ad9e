"""Small pictures of images as Redis holds them, for the report."""

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
"""More are not unpacked: a small file can claim to be a picture that fills the memory."""
_QUALITY = 82
_DEEP = {"I;16", "I;16B", "I;16L", "I;16N"}


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """A small picture of one image, or the reason why there is none."""

    key: str
    camera: str
    utime: int | None
    size: int
    """Bytes of the image in Redis."""
    equal: bool
    """Whether it is what the source has."""
    uri: str | None
    """The picture as a `data:` URI; None where the bytes cannot be drawn."""
    words: str
    """Format and pixels, or why there is no picture."""


def choose(keys: Iterable[str], *, count: int = COUNT) -> list[str]:
    """Up to `count` of `keys` (sorted), evenly over cameras and, within a camera, over time."""
    cameras: dict[str, list[str]] = {}
    for key in keys:
        cameras.setdefault(camera_of(key), []).append(key)
    # Turn by turn, so that what one camera has not is there for the others.
    turns = zip_longest(*([name] * min(len(cameras[name]), count) for name in _spread(list(cameras), count)))
    taken = [name for turn in turns for name in turn if name is not None][:count]
    return [key for name in cameras for key in _spread(cameras[name], taken.count(name))]


def thumbnails(keys: Sequence[str], *, store: ImageStore, wrong: frozenset[str]) -> tuple[Thumbnail, ...]:
    """Pictures of `keys`, read back from the store; what has gone meanwhile is left out."""
    return tuple(_thumbnail(key, value, equal=key not in wrong) for key, value in store.read(keys) if value is not None)


def _spread(items: list[str], count: int) -> list[str]:
    """So many of `items`, evenly, the first and the last among them."""
    if count >= len(items):
        return items
    if count == 1:
        return [items[len(items) // 2]]
    return [items[index * (len(items) - 1) // (count - 1)] for index in range(count)]


def _thumbnail(key: str, value: Value, *, equal: bool) -> Thumbnail:
    data = value if isinstance(value, bytes) else b""
    try:
        uri, words = _draw(data) if not isinstance(value, NotBytes) else (None, value.why)
    except Exception as error:  # a decoder that meets broken bytes may raise anything: one picture less, no more
        uri, words = None, f"not to be drawn: {_why(error)}"
    return Thumbnail(
        key=key, camera=camera_of(key), utime=utime_of(key), size=len(data), equal=equal, uri=uri, words=words
    )


def _draw(data: bytes) -> tuple[str | None, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's on what it mends by itself
        with Image.open(BytesIO(data)) as image:
            words = f"{image.format} {image.width}×{image.height}"
            if image.width * image.height > MAX_PIXELS:
                return None, f"{words}: too large to be drawn"
            image.draft("RGB", (2 * EDGE, 2 * EDGE))
            small = _eight_bits(image)
            small.thumbnail((EDGE, EDGE), reducing_gap=2.0)
            return _uri(ImageOps.exif_transpose(small)), words


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode in _DEEP:
        return image.convert("I").point(lambda level: level / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in {"1", "L"} else "RGB")


def _uri(image: Image.Image) -> str:
    file = BytesIO()
    kind = "png" if image.mode == "RGBA" else "jpeg"
    image.save(file, kind, quality=_QUALITY, optimize=True)
    return f"data:image/{kind};base64,{b64encode(file.getvalue()).decode()}"


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and "cannot identify" in str(error):
        return "no image that is known here"
    return str(error) or type(error).__name__
