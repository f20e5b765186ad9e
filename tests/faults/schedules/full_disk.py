"""Small file systems below the folders of the stores, which are filled and emptied; only root may mount them."""

import os
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from sluice.local.instance import Instance
from tests.faults.schedules.fault import STORES

_MEGABYTES: Mapping[str, int] = {"kafka": 4096, "mysql": 3072, "redis": 2048}
"""Sizes of the disks. Their files have holes: on the real disk they take what is written."""
_FILLER = "filler"
_SMALLEST_PIECE = 4096


class Disks:
    """A loop-mounted file system for each store of an instance."""

    def __init__(self, instance: Instance, *, folder: Path) -> None:
        self._instance, self._folder = instance, folder
        self._mounted: list[Path] = []

    def mount(self) -> None:
        """Mount them; raises CalledProcessError where that is not possible."""
        for name in STORES:
            image, target = self._folder / f"{name}.disk", self._instance.folder(name)
            with image.open("wb") as file:
                file.truncate(_MEGABYTES[name] << 20)
            _run("mkfs.ext4", "-q", "-m", "0", "-E", "nodiscard", str(image))
            _run("mount", "-o", "loop", str(image), str(target))
            self._mounted.append(target)
            # Kafka takes every folder for a partition's.
            (target / "lost+found").rmdir()

    def unmount(self) -> None:
        """Unmount them and remove their files."""
        for target in self._mounted:
            subprocess.run(["umount", "-l", str(target)], check=False, capture_output=True)
        self._mounted.clear()
        for name in STORES:
            (self._folder / f"{name}.disk").unlink(missing_ok=True)

    @contextmanager
    def full(self, name: str) -> Generator[None]:
        """Fill the disk of a store; it is empty again afterwards."""
        filler = self._instance.state / name / _FILLER
        # Kafka takes no file for a partition's; Redis and the database do not look.
        try:
            _fill(filler)
            yield
        finally:
            filler.unlink(missing_ok=True)


def _fill(path: Path) -> None:
    """Take all that is free, in pieces that become smaller."""
    with path.open("wb") as file:
        piece = 1 << 30
        at = 0
        while piece >= _SMALLEST_PIECE:
            try:
                os.posix_fallocate(file.fileno(), at, piece)
                at += piece
            except OSError:
                piece //= 2


def can_mount() -> bool:
    """Return whether this user may mount a file system."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder, suppress(OSError, subprocess.CalledProcessError):
        image, target = Path(folder) / "disk", Path(folder) / "mounted"
        with image.open("wb") as file:
            file.truncate(1 << 20)
        target.mkdir()
        _run("mkfs.ext4", "-q", str(image))
        _run("mount", "-o", "loop", str(image), str(target))
        _run("umount", str(target))
        return True
    return False


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
