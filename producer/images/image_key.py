"""Key of an image, `<session>/<camera>/<utime>`: derives it from a file's path, and parses it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from producer.images.reject_reasons import ImageReason
from producer.sources.nclt_dataset import is_date

KEY_LIMIT = 1_000
"""Most bytes of a key."""
_UTIME = re.compile(r"(\d{1,19})(?:\.[A-Za-z]+)?", re.ASCII)
_IGNORED_PARTS = {"", ".", "..", "/"}


@dataclass(frozen=True, kw_only=True)
class PathParts:
    """Parts of an image's key, as found in a file's path."""

    session: str
    camera: str
    utime: str | None
    """None if the file's name is not a utime: then the file has no key."""

    @property
    def key(self) -> str:
        """The record's key."""
        return f"{self.session}/{self.camera}/{self.utime}"


@dataclass(frozen=True, kw_only=True)
class PathParser:
    """Parses the paths of one source's files.

    The session is the date in the path, the last one if there are several, the folders above SOURCE included; without
    a date, it is the source's own name. The camera is the folder that the file is in. The utime is the file's name.
    """

    source_name: str
    """Name of the folder, or of the archive without its extensions."""
    parent_folders: tuple[str, ...] = ()
    """The folders above SOURCE, from the outermost."""

    def parse(self, path: str) -> PathParts | ImageReason:
        """Parse a path inside the source, separated by slashes; returns the reject reason if no key can be made."""
        if not path.isprintable():  # bytes that are not UTF-8 are surrogates here, which are not printable either
            return ImageReason.PATH
        *folders, file = [self.source_name, *(part for part in path.split("/") if part not in _IGNORED_PARTS)]
        dates = [part for part in (*self.parent_folders, *folders) if is_date(part)]
        utime = _UTIME.fullmatch(file)
        parts = PathParts(
            session=dates[-1] if dates else self.source_name,
            camera=folders[-1] if folders else self.source_name,
            utime=utime[1] if utime else None,
        )
        return ImageReason.PATH if len(parts.key.encode()) > KEY_LIMIT else parts


def session_of(key: str) -> str:
    """Return the session of a key, such as `2012-11-16`."""
    return camera_of(key).rpartition("/")[0]


def camera_of(key: str) -> str:
    """Return session and camera of a key, such as `2012-11-16/Cam5`: each session has cameras of its own."""
    return key.rpartition("/")[0]


def utime_of(key: str) -> int | None:
    """Return the utime of a key, in µs since the epoch: when the image was taken; None if it ends in no number."""
    last = key.rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() else None


def utime_spans(keys: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return the first and the last utime of each session."""
    spans: dict[str, tuple[int, int]] = {}
    for key in keys:
        utime = utime_of(key)
        if utime is not None:
            session = session_of(key)
            first, last = spans.get(session, (utime, utime))
            spans[session] = (min(first, utime), max(last, utime))
    return spans
