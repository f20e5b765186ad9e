"""The disk of the local pipeline: how much is free, and how much the broker keeps free."""

import shutil
from dataclasses import dataclass
from pathlib import Path

_MEBIBYTE = 1 << 20
_NOTED = 4
"""A disk with less free than so many times the reserve is worth a note: a load may take the rest within a minute."""


@dataclass(frozen=True, kw_only=True)
class DiskStatus:
    """Free bytes of the disk, and those that the broker keeps free by slowing producers down."""

    folder: str
    free_bytes: int
    reserve_bytes: int

    @property
    def failure(self) -> str | None:
        """A sentence where loads are slowed down until somebody makes room."""
        if self.free_bytes > self.reserve_bytes:
            return None
        return (
            f"{self._left()}: the broker keeps {_mebibytes(self.reserve_bytes)} free, and holds loads back until there "
            "is room; the sinks go on. Make room on this disk (docs/reliability.md#overload)"
        )

    @property
    def note(self) -> str | None:
        """A sentence where little is left."""
        if not self.reserve_bytes < self.free_bytes < _NOTED * self.reserve_bytes:
            return None
        return f"{self._left()}; with {_mebibytes(self.reserve_bytes)} the broker holds loads back"

    def _left(self) -> str:
        return f"the disk of {self.folder} has {_mebibytes(self.free_bytes)} left"


def _mebibytes(size: int) -> str:
    return f"{size // _MEBIBYTE:,} MiB"


def fetch_disk_status(folder: Path, *, reserve_bytes: int) -> DiskStatus:
    """Return the status of the disk that holds `folder`."""
    return DiskStatus(folder=str(folder), free_bytes=shutil.disk_usage(folder).free, reserve_bytes=reserve_bytes)
