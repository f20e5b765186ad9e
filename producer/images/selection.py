"""Which images of a source are meant, and what that leaves out."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

DEFAULT_MAX_BYTES = 400_000_000
"""Bytes of images in one load, if the user does not say: a session has 88 GB, Redis on this machine 512 MB."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a user chose."""

    cameras: frozenset[str] | None = None
    """Such as {"Cam0"}; None for all."""
    every: int = 1
    """Every Nth image of each camera, beginning with the first, in the order of the source."""
    limit: int | None = None
    """At most so many images."""
    max_bytes: int | None = None
    """Stop before the images have more bytes than this."""


@dataclass(kw_only=True)
class Tally:
    """So many files, with so many bytes."""

    files: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        """Count one file more."""
        self.files += 1
        self.size += size


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What a selection left out, by the option that did it."""

    camera: Tally = field(default_factory=Tally)
    every: Tally = field(default_factory=Tally)
    limit: Tally = field(default_factory=Tally)
    max_bytes: Tally = field(default_factory=Tally)

    def tallies(self) -> dict[str, Tally]:
        """Return each option's tally under the option's name."""
        return {"camera": self.camera, "every": self.every, "limit": self.limit, "max-bytes": self.max_bytes}

    @property
    def files(self) -> int:
        """Files left out in all."""
        return sum(tally.files for tally in self.tallies().values())

    def as_json(self) -> dict[str, Any]:
        """Return files and bytes for each option that left something out."""
        return {
            option: {"files": tally.files, "bytes": tally.size}
            for option, tally in self.tallies().items()
            if tally.files
        }


class Chooser:
    """Applies a selection to one file after another."""

    def __init__(self, selection: Selection) -> None:
        self.left_out = LeftOut()
        self.chosen = Tally()
        """What was chosen, whether or not it turned out to be an image."""
        self._selection = selection
        self._of_camera: Counter[tuple[str, str]] = Counter()
        self._ended_by: Tally | None = None

    @property
    def full(self) -> bool:
        """Whether a file was left out by --limit or --max-bytes: nothing more will be chosen."""
        return self._ended_by is not None

    def camera(self, camera: str, size: int) -> bool:
        """Say whether images of this camera are meant."""
        if self._selection.cameras is None or camera in self._selection.cameras:
            return True
        self.left_out.camera.add(size)
        return False

    def turn(self, session: str, camera: str, size: int) -> bool:
        """Say whether it is this file's turn."""
        number = self._of_camera[session, camera]
        self._of_camera[session, camera] += 1
        if number % self._selection.every == 0:
            return True
        self.left_out.every.add(size)
        return False

    def room(self, size: int) -> bool:
        """Say whether there is room for this file; after the first one for which there is none, for no other."""
        if self._ended_by is None:
            self._ended_by = self._limit_reached(size)
        if self._ended_by is not None:
            self._ended_by.add(size)
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
