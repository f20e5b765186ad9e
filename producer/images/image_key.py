"""From an image's path to its key: `<session>/<camera>/<utime>`."""

import re
from dataclasses import dataclass

from producer.images.reject_reasons import ImageReason
from producer.sources.log_source import is_day

KEY_LIMIT = 1_000
"""Longest key in bytes."""
_UTIME = re.compile(r"(\d{1,19})(?:\.[A-Za-z]+)?", re.ASCII)
_PASSED_OVER = {"", ".", "..", "/"}


@dataclass(frozen=True, kw_only=True)
class ImageName:
    """What a path says."""

    session: str
    camera: str
    utime: str | None
    """None where the file's name is not a utime."""

    @property
    def key(self) -> str:
        """The record's key."""
        return f"{self.session}/{self.camera}/{self.utime}"


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How the files of one source are named.

    The session is the date in the file's path, the last one if there are several, also among the folders above
    SOURCE; else the source's own name. The camera is the folder in which the file is.
    """

    own: str
    """The name of the folder or, without its endings, of the archive."""
    above: tuple[str, ...] = ()
    """The folders above SOURCE, from the outermost."""

    def understand(self, path: str) -> ImageName | ImageReason:
        """Understand a path inside the source, with slashes."""
        if not path.isprintable():  # what is not UTF-8 has come as surrogates, which are not printable either
            return ImageReason.PATH
        *folders, file = [self.own, *(part for part in path.split("/") if part not in _PASSED_OVER)]
        days = [part for part in (*self.above, *folders) if is_day(part)]
        utime = _UTIME.fullmatch(file)
        name = ImageName(
            session=days[-1] if days else self.own,
            camera=folders[-1] if folders else self.own,
            utime=utime[1] if utime else None,
        )
        return ImageReason.PATH if len(name.key.encode()) > KEY_LIMIT else name
