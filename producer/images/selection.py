"""Selection of images by camera, interval, number and size, and the count of the files it leaves out."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

DEFAULT_MAX_BYTES = 400_000_000
"""Default of --max-bytes, bytes of images per load: a session has 88 GB, the Redis of a local pipeline 512 MB."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Values of --camera, --every, --limit and --max-bytes."""

    cameras: frozenset[str] | None = None
    """Such as {"Cam0"}; None for all."""
    every: int = 1
    """Every Nth image of each camera and session, starting with the first, in the order of the source."""
    limit: int | None = None
    """Most images."""
    max_bytes: int | None = None
    """Most bytes of images."""


@dataclass(kw_only=True)
class Tally:
    """Number of files and of their bytes."""

    files: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        """Count one more file of `size` bytes."""
        self.files += 1
        self.size += size


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Files that a selection left out, by option."""

    camera: Tally = field(default_factory=Tally)
    every: Tally = field(default_factory=Tally)
    limit: Tally = field(default_factory=Tally)
    max_bytes: Tally = field(default_factory=Tally)

    def tallies(self) -> dict[str, Tally]:
        """Return the tally of each option by the option's name."""
        return {"camera": self.camera, "every": self.every, "limit": self.limit, "max-bytes": self.max_bytes}

    @property
    def files(self) -> int:
        """Total of files left out."""
        return sum(tally.files for tally in self.tallies().values())

    def as_json(self) -> dict[str, Any]:
        """Return files and bytes of each option that left files out, for --json."""
        return {
            option: {"files": tally.files, "bytes": tally.size}
            for option, tally in self.tallies().items()
            if tally.files
        }


class SelectionFilter:
    """Applies a selection to one file after another.

    For each file, call take_camera, take_nth and take_size in this order, until one returns False; each counts the file
    that it leaves out.
    """

    def __init__(self, selection: Selection) -> None:
        self.left_out = LeftOut()
        self.chosen = Tally()
        """Files chosen, whether or not they are images."""
        self._selection = selection
        self._camera_counts: Counter[tuple[str, str]] = Counter()
        self._reached: Tally | None = None

    @property
    def full(self) -> bool:
        """True once a file was left out by --limit or --max-bytes: no more files are taken."""
        return self._reached is not None

    def take_camera(self, camera: str, size: int) -> bool:
        """Return whether --camera takes images of this camera."""
        if self._selection.cameras is None or camera in self._selection.cameras:
            return True
        self.left_out.camera.add(size)
        return False

    def take_nth(self, session: str, camera: str, size: int) -> bool:
        """Return whether --every takes this file, the next one of its session and camera."""
        number = self._camera_counts[session, camera]
        self._camera_counts[session, camera] += 1
        if number % self._selection.every == 0:
            return True
        self.left_out.every.add(size)
        return False

    def take_size(self, size: int) -> bool:
        """Return whether --limit and --max-bytes take this file; once they leave one out, they take no other."""
        if self._reached is None:
            self._reached = self._limit_reached(size)
        if self._reached is not None:
            self._reached.add(size)
            return False
        self.chosen.add(size)
        return True

    def _limit_reached(self, size: int) -> Tally | None:
        limit, max_bytes = self._selection.limit, self._selection.max_bytes
        if limit is not None and self.chosen.files >= limit:
            return self.left_out.limit
        if max_bytes is not None and self.chosen.size + size > max_bytes:
            return self.left_out.max_bytes
        return None
