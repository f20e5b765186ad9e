"""Compares the images of a source with those in Redis by their SHA-256; finds rejected and extra ones in Redis."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from producer.images.image_key import camera_of, session_of, utime_of, utime_spans
from producer.images.reject_reasons import ImageReason
from producer.runtime.terminal import escape_line
from sluice.proof.images.redis_images import ImageStore, NotBytes
from sluice.proof.images.source_images import Content
from sluice.proof.shared.comparison import Comparison, CountedList


@dataclass(frozen=True, kw_only=True)
class DifferentImage:
    """An image whose key Redis has with other bytes, or with a time to live."""

    key: str
    source: Content
    stored: Content | None
    """None where the value in Redis is no string of bytes."""
    expires: bool = False
    """True where the key has a time to live: Redis will delete it."""


class RejectedImage(NamedTuple):
    """A file of the source that a load rejects, and whose key Redis has."""

    key: str
    reason: ImageReason


@dataclass(frozen=True, kw_only=True)
class CameraCounts:
    """Result of comparing the images of one camera."""

    name: str
    """Session and camera."""
    images: int
    size: int
    """Bytes in the source."""
    equal: int
    missing: int
    different: int
    span: tuple[int, int] | None
    """First and last utime, µs since the epoch."""


@dataclass(frozen=True, kw_only=True)
class ImageComparison(Comparison[str, DifferentImage]):
    """Result of comparing all images of a source with Redis; those missing are listed by key."""

    missing_bytes: int
    wrong: frozenset[str]
    """Keys of all different images."""
    present: tuple[str, ...]
    """Keys of the source that Redis has, equal or not, sorted."""
    cameras: tuple[CameraCounts, ...]


def compare_images(
    images: Mapping[str, Content], store: ImageStore, *, limit: int, progress: Callable[[int], None]
) -> ImageComparison:
    """Read every image of `images` (sorted by key) back and compare; the first `limit` of each kind are listed.

    `progress` is called with the number of images compared.
    """
    missing: list[str] = []
    different: list[DifferentImage] = []
    wrong: set[str] = set()
    expiring = frozenset(store.expiring(images))
    for number, (key, value) in enumerate(store.read(images), start=1):
        if value is None:
            missing.append(key)
        elif (stored := _content(value)) != images[key] or key in expiring:
            wrong.add(key)
            if len(different) < limit:
                expires = key in expiring
                different.append(DifferentImage(key=key, source=images[key], stored=stored, expires=expires))
        progress(number)
    absent = frozenset(missing)
    return ImageComparison(
        compared=len(images),
        missing=CountedList(count=len(missing), first=tuple(missing[:limit])),
        missing_bytes=sum(images[key].size for key in missing),
        different=CountedList(count=len(wrong), first=tuple(different)),
        wrong=frozenset(wrong),
        present=tuple(key for key in images if key not in absent),
        cameras=_cameras(images, missing=absent, different=wrong),
    )


def find_rejected(rejected: Mapping[str, ImageReason], store: ImageStore, *, limit: int) -> CountedList[RejectedImage]:
    """Return the keys of `rejected` files that Redis has, whatever their session and camera."""
    there = list(store.present(rejected))
    return CountedList(count=len(there), first=tuple(RejectedImage(key, rejected[key]) for key in there[:limit]))


def find_extra(
    images: Mapping[str, Content], store: ImageStore, *, limit: int, rejected: Collection[str] = ()
) -> CountedList[str]:
    """Return the extra keys: of the source's sessions and cameras, between the session's first and last utime.

    Keys of `rejected` files are not among them: see find_rejected(). A key that another program has written can hold
    any bytes: it is listed as printable text.
    """
    key_range = KeyRange(images)
    extra: set[str] = set()
    for session in key_range.sessions:
        for key in store.scan(f"{session}/"):
            if key in key_range and key not in images and key not in rejected:
                extra.add(key)
    return CountedList(count=len(extra), first=tuple(map(escape_line, sorted(extra)[:limit])))


class KeyRange:
    """Range of the keys of `images`: their sessions and cameras, and each session's first to last utime."""

    def __init__(self, images: Iterable[str]) -> None:
        self._cameras = {camera_of(key) for key in images}
        self._spans = utime_spans(images)

    @property
    def sessions(self) -> list[str]:
        """Sessions of the images."""
        return list(self._spans)

    def __contains__(self, key: str) -> bool:
        utime = utime_of(key)
        if utime is None or camera_of(key) not in self._cameras:
            return False
        first, last = self._spans.get(session_of(key), (0, -1))
        return first <= utime <= last


def _content(value: bytes | NotBytes) -> Content | None:
    return Content.of(value) if isinstance(value, bytes) else None


def _cameras(
    images: Mapping[str, Content], *, missing: frozenset[str], different: set[str]
) -> tuple[CameraCounts, ...]:
    count, size = Counter(map(camera_of, images)), Counter[str]()
    for key, content in images.items():
        size[camera_of(key)] += content.size
    lost, wrong = Counter(map(camera_of, missing)), Counter(map(camera_of, different))
    times: dict[str, list[int]] = {name: [] for name in count}
    for key in images:
        utime = utime_of(key)
        times[camera_of(key)] += [] if utime is None else [utime]
    return tuple(
        CameraCounts(
            name=name,
            images=count[name],
            size=size[name],
            equal=count[name] - lost[name] - wrong[name],
            missing=lost[name],
            different=wrong[name],
            span=(min(times[name]), max(times[name])) if times[name] else None,
        )
        for name in sorted(count)
    )
