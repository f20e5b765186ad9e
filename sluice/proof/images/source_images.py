"""Reads the images of a source again, keeps size and SHA-256 of each, and summarizes the source."""

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
    """Size and SHA-256 of an image's bytes."""

    size: int
    """Bytes."""
    sha256: str
    """In hex."""

    @classmethod
    def of(cls, data: bytes) -> "Content":
        """Return the size and hash of `data`."""
        return cls(len(data), sha256(data).hexdigest())


@dataclass(frozen=True, kw_only=True)
class ImagesSummary:
    """Summary of a source of images."""

    name: str
    images: dict[str, Content]
    """Every image that must be in Redis, by key, sorted. Some 300 bytes of memory an image."""
    reasons: dict[ImageReason, int]
    """Files rejected, by reject reason."""
    rejects: tuple[RejectedFile, ...]
    """The first files rejected, up to a limit."""
    rejected_keys: dict[str, ImageReason]
    """Keys that rejected files would have and no image has, sorted: they must not be in Redis."""
    left_out: LeftOut
    """Files that the selection leaves out, as far as the source was read."""
    rest_unread: bool
    """True where reading an archive stopped when --limit or --max-bytes was reached."""

    @property
    def bytes(self) -> int:
        """Total bytes of the images that must be in Redis."""
        return sum(content.size for content in self.images.values())

    @property
    def rejected(self) -> int:
        """Number of rejected files."""
        return sum(self.reasons.values())

    @property
    def is_complete(self) -> bool:
        """True where no image of the cameras read was left out: any other image of them in Redis is extra."""
        left_out = self.left_out
        return not (left_out.every.files or left_out.limit.files or left_out.max_bytes.files)

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last utime, µs since the epoch."""
        found = utime_spans(self.images).values()
        return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def read_images(source: ImageSource, *, limit: int, progress: Callable[[int], None]) -> ImagesSummary:
    """Read every image once and hash it, one in memory at a time; the first `limit` rejects are listed.

    `progress` is called with the number of images read. Raises what the source raises where it is truncated.
    """
    images: dict[str, Content] = {}
    reasons: Counter[ImageReason] = Counter()
    rejects: list[RejectedFile] = []
    keys: dict[str, ImageReason] = {}
    for number, item in enumerate(source, start=1):
        if isinstance(item, RejectedFile):
            reasons[item.reason] += 1
            rejects += [item] if len(rejects) < limit else []
            keys |= {item.key: item.reason} if item.key is not None else {}
        else:
            images[item.key] = Content.of(item.data)
        progress(number)
    return ImagesSummary(
        name=source.name,
        images=dict(sorted(images.items())),
        reasons=dict(reasons.most_common()),
        rejects=tuple(rejects),
        rejected_keys={key: reason for key, reason in sorted(keys.items()) if key not in images},
        left_out=source.left_out,
        rest_unread=source.rest_unread,
    )
