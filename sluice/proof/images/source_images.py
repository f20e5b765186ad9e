"""Reads the images of a source again and keeps of each its size and its hash."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from producer.images.image_files import RejectedFile
from producer.images.image_key import utime_spans
from producer.images.image_source import ImageSource
from producer.images.reject_reasons import ImageReason
from producer.images.selection import LeftOut


class Content(NamedTuple):
    """What tells one image's bytes from another's."""

    size: int
    """Bytes."""
    sha256: str
    """In hex."""

    @classmethod
    def of(cls, data: bytes) -> "Content":
        """The size and the hash of `data`."""
        return cls(len(data), sha256(data).hexdigest())


@dataclass(frozen=True, kw_only=True)
class ImagesSummary:
    """What a source holds."""

    name: str
    images: dict[str, Content]
    """Every image that must be in Redis, by key, sorted. Some 300 bytes of memory an image."""
    reasons: dict[ImageReason, int]
    """Images refused for each reason."""
    refused: tuple[RejectedFile, ...]
    """The first images refused, up to a limit."""
    refused_keys: dict[str, ImageReason]
    """Keys that files refused would have and no image has, sorted: what must not be in Redis."""
    left_out: LeftOut
    """What the selection leaves out, as far as the source was read."""
    rest_unread: bool
    """True where an archive was not read on when --limit or --max-bytes was reached."""

    @property
    def bytes(self) -> int:
        """Bytes of all images that must be in Redis."""
        return sum(content.size for content in self.images.values())

    @property
    def rejected(self) -> int:
        """Images refused."""
        return sum(self.reasons.values())

    @property
    def whole(self) -> bool:
        """True where nothing of the cameras read was left out: what else Redis holds of them is extra."""
        left_out = self.left_out
        return not (left_out.every.files or left_out.limit.files or left_out.max_bytes.files)

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last utime, µs since the epoch."""
        found = utime_spans(self.images).values()
        return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def read_images(source: ImageSource, *, limit: int, progress: Callable[[int], None]) -> ImagesSummary:
    """Read every image once and hash it, one in memory at a time; `limit` of those refused are listed.

    `progress` is called with the number of images read. Raises what the source raises where it is cut.
    """
    images: dict[str, Content] = {}
    reasons: Counter[ImageReason] = Counter()
    refused: list[RejectedFile] = []
    keys: dict[str, ImageReason] = {}
    for number, item in enumerate(source, start=1):
        if isinstance(item, RejectedFile):
            reasons[item.reason] += 1
            refused += [item] if len(refused) < limit else []
            keys |= {item.key: item.reason} if item.key is not None else {}
        else:
            images[item.key] = Content.of(item.data)
        progress(number)
    return ImagesSummary(
        name=source.name,
        images=dict(sorted(images.items())),
        reasons=dict(reasons.most_common()),
        refused=tuple(refused),
        refused_keys={key: reason for key, reason in sorted(keys.items()) if key not in images},
        left_out=source.left_out,
        rest_unread=source.rest_unread,
    )
