"""Compares the source's images with those of Redis, byte for byte by their SHA-256."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from producer.images.image_key import camera_of, session_of, utime_of, utime_spans
from producer.images.reject_reasons import ImageReason
from producer.runtime.terminal import escape_line
from sluice.proof.images.redis_images import ImageStore, NotBytes
from sluice.proof.images.source_images import Content
from sluice.proof.shared.counted_list import CountedList


@dataclass(frozen=True, kw_only=True)
class DifferentImage:
    """An image that is there with other bytes, or not to stay."""

    key: str
    source: Content
    stored: Content | None
    """None where what Redis holds under the key is no string of bytes."""
    expires: bool = False
    """True where Redis will delete it by itself."""


class RefusedImage(NamedTuple):
    """A file of the source that is refused, and whose key Redis has all the same."""

    key: str
    reason: ImageReason


@dataclass(frozen=True, kw_only=True)
class Camera:
    """What came of one camera's images."""

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
class ImageComparison:
    """What came of comparing all images of a source with Redis: compared = equal + missing + different."""

    compared: int
    missing: CountedList[str]
    """Keys of the source that Redis does not have."""
    missing_bytes: int
    different: CountedList[DifferentImage]
    wrong: frozenset[str]
    """Keys of all that is different."""
    present: tuple[str, ...]
    """Keys of the source that Redis has, equal or not, sorted."""
    cameras: tuple[Camera, ...]

    @property
    def equal(self) -> int:
        """Images of which Redis holds every byte."""
        return self.compared - self.missing.count - self.different.count

    @property
    def all_there(self) -> bool:
        """True if there was something to compare and all of it is in Redis, equal."""
        return self.compared > 0 and self.compared == self.equal

    @property
    def none_there(self) -> bool:
        """True if there was something to compare and none of it is in Redis."""
        return self.compared > 0 and self.compared == self.missing.count


def compare_images(
    images: Mapping[str, Content], store: ImageStore, *, limit: int, progress: Callable[[int], None]
) -> ImageComparison:
    """Read every image of `images` (sorted by key) back and compare; of each kind the first `limit` are listed.

    `progress` is called with the number of images compared now and then.
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


def find_refused(refused: Mapping[str, ImageReason], store: ImageStore, *, limit: int) -> CountedList[RefusedImage]:
    """Which of the keys of refused files Redis has, wherever they lie."""
    there = list(store.present(refused))
    return CountedList(count=len(there), first=tuple(RefusedImage(key, refused[key]) for key in there[:limit]))


def find_extra(
    images: Mapping[str, Content], store: ImageStore, *, limit: int, refused: Collection[str] = ()
) -> CountedList[str]:
    """Keys of the source's sessions and cameras, between a session's first and last utime, that the source has not.

    Keys of `refused` files are not among them: they are looked for by themselves. Another's key can hold anything: it
    is listed as printable text.
    """
    between = Between(images)
    found: set[str] = set()
    for session in between.sessions:
        for key in store.scan(f"{session}/"):
            if key in between and key not in images and key not in refused:
                found.add(key)
    return CountedList(count=len(found), first=tuple(map(escape_line, sorted(found)[:limit])))


class Between:
    """Keys of the sessions and cameras of `images`, between the first and the last utime of the session."""

    def __init__(self, images: Iterable[str]) -> None:
        self._cameras = {camera_of(key) for key in images}
        self._spans = utime_spans(images)

    @property
    def sessions(self) -> list[str]:
        """The sessions."""
        return list(self._spans)

    def __contains__(self, key: str) -> bool:
        utime = utime_of(key)
        if utime is None or camera_of(key) not in self._cameras:
            return False
        first, last = self._spans.get(session_of(key), (0, -1))
        return first <= utime <= last


def _content(value: bytes | NotBytes) -> Content | None:
    return Content.of(value) if isinstance(value, bytes) else None


def _cameras(images: Mapping[str, Content], *, missing: frozenset[str], different: set[str]) -> tuple[Camera, ...]:
    count, size = Counter(map(camera_of, images)), Counter[str]()
    for key, content in images.items():
        size[camera_of(key)] += content.size
    lost, wrong = Counter(map(camera_of, missing)), Counter(map(camera_of, different))
    times: dict[str, list[int]] = {name: [] for name in count}
    for key in images:
        utime = utime_of(key)
        times[camera_of(key)] += [] if utime is None else [utime]
    return tuple(
        Camera(
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
